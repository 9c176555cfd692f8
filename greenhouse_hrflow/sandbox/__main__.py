"""``python -m greenhouse_hrflow.sandbox``: the sandbox in the foreground, until Ctrl-C."""

from __future__ import annotations

import argparse
import shlex
import signal
import sys
import threading
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from types import FrameType
from typing import Any, get_args

from pydantic import ValidationError

from greenhouse_hrflow.sandbox.contract import (
    NO_CONTRACT,
    BadContract,
    Contract,
    read_contract,
    wrong_in,
)
from greenhouse_hrflow.sandbox.modes import NullText, PutMode, TokenField
from greenhouse_hrflow.sandbox.moments import read_moment
from greenhouse_hrflow.sandbox.server.sandbox import Sandbox

_OF_GREENHOUSE = ("rate_limit", "token_lifetime", "token_field", "single_active_token")
_OF_HRFLOW = ("put_mode", "null_text")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m greenhouse_hrflow.sandbox", description=__doc__
    )
    add = parser.add_argument
    add("--port", type=int, default=0, help="0 takes a free one")
    add("--people", type=int, default=300, help="how many candidates")
    add("--seed", type=int, default=1, help="which candidates")
    add("--started-on", type=_moment, metavar="MOMENT", help="ISO-8601; newest change, default now")
    add("--latency", type=float, default=0.0, help="seconds before every answer")
    add("--contract", type=Path, metavar="FILE", help="behave like the account that it is of")
    modes = parser.add_argument_group("in the place of what the contract says")
    for name in (*_OF_GREENHOUSE, *_OF_HRFLOW):
        modes.add_argument(f"--{name.replace('_', '-')}", **_MODES[name], default=None)
    return parser


_MODES: dict[str, dict[str, Any]] = {
    "put_mode": {"choices": get_args(PutMode), "help": "what a PUT to HrFlow does"},
    "null_text": {"choices": get_args(NullText), "help": "of a PUT to HrFlow"},
    "rate_limit": {"type": int, "help": "requests a window to Harvest"},
    "token_lifetime": {"type": float, "help": "seconds"},
    "token_field": {"choices": get_args(TokenField), "help": "how a token names its end"},
    "single_active_token": {"action": "store_true", "help": "a mint revokes the token before"},
}


def _followed(options: dict[str, Any]) -> Contract:
    """The contract, with the modes that the command line names; it takes them out of the options.

    Raises:
        BadContract: the file is none, or a mode cannot be.
    """
    path: Path | None = options.pop("contract")
    contract = read_contract(path) if path else NO_CONTRACT
    given = {name: options.pop(name) for name in _MODES}
    greenhouse = {name: given[name] for name in _OF_GREENHOUSE if given[name] is not None}
    hrflow = {name: given[name] for name in _OF_HRFLOW if given[name] is not None}
    try:
        return replace(
            contract,
            greenhouse=replace(contract.greenhouse, **greenhouse),
            hrflow=replace(contract.hrflow, **hrflow),
        )
    except ValidationError as error:
        raise BadContract(f"An option is not possible: {wrong_in(error)}.") from None


def _moment(text: str) -> datetime:
    try:
        return read_moment(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def main(arguments: list[str] | None = None) -> int:
    """Serve until SIGINT or SIGTERM; the first lines printed can be given to a shell's eval."""
    ended = threading.Event()

    def end(number: int, frame: FrameType | None) -> None:
        ended.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, end)
    options = vars(_parser().parse_args(arguments))
    try:
        followed = _followed(options)
    except BadContract as problem:
        print(problem, file=sys.stderr)
        return 1
    modes = {name: getattr(followed, name) for name in ("greenhouse", "hrflow", "shapes")}
    with Sandbox(**options, **modes, control=True) as sandbox:
        environment = sandbox.environment()
        if followed.greenhouse.version:
            environment["GREENHOUSE_HARVEST_VERSION"] = followed.greenhouse.version
        for name, value in environment.items():
            print(f"export {name}={shlex.quote(value)}")
        print(f"# {sandbox.url}/sandbox tells the counts; Ctrl-C ends it.", flush=True)
        ended.wait()
    return 0


if __name__ == "__main__":
    sys.exit(main())
