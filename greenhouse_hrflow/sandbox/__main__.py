"""``python -m greenhouse_hrflow.sandbox``: the sandbox in the foreground, until Ctrl-C."""

from __future__ import annotations

import argparse
import shlex
import signal
import threading
from datetime import datetime
from types import FrameType
from typing import get_args

from greenhouse_hrflow.sandbox.greenhouse.tokens import TokenField
from greenhouse_hrflow.sandbox.hrflow.rules import NullText
from greenhouse_hrflow.sandbox.hrflow.store import PutMode
from greenhouse_hrflow.sandbox.moments import read_moment
from greenhouse_hrflow.sandbox.server.sandbox import Sandbox


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m greenhouse_hrflow.sandbox", description=__doc__
    )
    add = parser.add_argument
    add("--port", type=int, default=0, help="0 takes a free one")
    add("--people", type=int, default=300, help="how many candidates")
    add("--seed", type=int, default=1, help="which candidates")
    add("--started-on", type=_moment, metavar="MOMENT", help="ISO-8601; newest change, default now")
    add(
        "--put-mode", choices=get_args(PutMode), default="replace", help="what a PUT to HrFlow does"
    )
    add("--null-text", choices=get_args(NullText), default="refuse", help="of a PUT to HrFlow")
    add("--latency", type=float, default=0.0, help="seconds before every answer")
    add("--rate-limit", type=int, help="requests a window to Harvest, default unlimited")
    add("--token-lifetime", type=float, default=3600.0, help="seconds")
    add("--token-field", choices=get_args(TokenField), default="expires_at")
    add("--single-active-token", action="store_true", help="a mint revokes the token before")
    return parser


def _moment(text: str) -> datetime:
    try:
        return read_moment(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def main(arguments: list[str] | None = None) -> None:
    """Serve until SIGINT or SIGTERM; the first lines printed can be given to a shell's eval."""
    ended = threading.Event()

    def end(number: int, frame: FrameType | None) -> None:
        ended.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, end)
    options = vars(_parser().parse_args(arguments))
    with Sandbox(**options, control=True) as sandbox:
        for name, value in sandbox.environment().items():
            print(f"export {name}={shlex.quote(value)}")
        print(f"# {sandbox.url}/sandbox tells the counts; Ctrl-C ends it.", flush=True)
        ended.wait()


if __name__ == "__main__":
    main()
