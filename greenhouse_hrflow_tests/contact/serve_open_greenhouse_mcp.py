"""Serves open-greenhouse-mcp over stdin and stdout, at a sandbox instead of Greenhouse.

Run by the Python of the client's own environment, which has nothing of this project: its two
addresses are constants that no setting of it changes, so they are set before its server starts.
"""

from __future__ import annotations

import importlib
import os


def main() -> None:
    """Serve until stdin ends."""
    client = importlib.import_module("greenhouse_mcp.client")
    client.__dict__["HARVEST_BASE"] = f"{os.environ['GREENHOUSE_BASE_URL']}/v3"
    client.__dict__["TOKEN_URL"] = os.environ["GREENHOUSE_TOKEN_URL"]
    importlib.import_module("greenhouse_mcp.server").main()


if __name__ == "__main__":
    main()
