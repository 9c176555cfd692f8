"""Calling what a user wrote (a logic, a format, a callback), and naming the place where it failed.

What a failure costs is decided by the caller.
"""

from __future__ import annotations

import inspect
import signal
from collections.abc import Callable
from functools import partial
from pathlib import PurePath
from traceback import walk_tb
from types import CodeType
from typing import Any

_LONGEST_NAME = 100


class UserFunctionFailed(Exception):
    """A user's function raised something that is no interrupt.

    Attributes:
        what: the exception's type, the function, and its file and line: safe to show anywhere.
        text: the exception's own text, which may quote a candidate: for the stored report alone.
    """

    def __init__(self, what: str, text: str | None) -> None:
        super().__init__(what)
        self.what = what
        self.text = text


def call(function: Callable[..., Any], *arguments: Any) -> Any:
    """Call a user's function.

    Raises:
        UserFunctionFailed: it raised anything, a SystemExit too. An interrupt of the run passes.
    """
    try:
        return function(*arguments)
    except BaseException as error:
        if _is_interrupt(error):
            raise
        what = f"{_short(type(error).__name__)} at {_raised_in(function, error)}"
        failure = UserFunctionFailed(what, _text_of(error))
    # Outside of the handler: the original, with all that its frames hold, is not kept by this one.
    raise failure


def place_of(function: Callable[..., Any]) -> str:
    """A function's name, and the file and line where it begins."""
    code = _code_of(function)
    return _place(function, code.co_filename, code.co_firstlineno) if code else _name_of(function)


def _raised_in(function: Callable[..., Any], error: BaseException) -> str:
    """The function's name, and the innermost line of its own file that the exception came through.

    Where in a library it was raised says little; the user's own line that called it says where to
    look.
    """
    # The first of the frames is `call` itself.
    frames = [(f.f_code.co_filename, line) for f, line in walk_tb(error.__traceback__)][1:]
    if not frames:
        return _name_of(function)
    code = _code_of(function)
    in_own_file = [frame for frame in frames if code is not None and frame[0] == code.co_filename]
    return _place(function, *(in_own_file[-1] if in_own_file else frames[0]))


def _is_interrupt(error: BaseException) -> bool:
    """Whether the exception ends the run from outside: Ctrl-C, or what a signal's handler raised.

    Python calls a handler in the midst of whatever runs, a user's function too. Dagster, and many
    hosts, terminate a run by a signal.
    """
    if isinstance(error, KeyboardInterrupt):
        return True
    if isinstance(error, Exception):
        return False
    handlers = [signal.getsignal(number) for number in signal.valid_signals()]
    codes = {getattr(handler, "__code__", None) for handler in handlers}
    return any(frame.f_code in codes for frame, _ in walk_tb(error.__traceback__))


def unwrapped(function: Any) -> Any:
    """The function behind partials, and behind decorators that name it (`functools.wraps`)."""
    while isinstance(function, partial):
        function = function.func
    try:
        return inspect.unwrap(function)
    except Exception:  # noqa: BLE001 - an object may answer to every attribute, without an end
        return function


def _code_of(function: Callable[..., Any]) -> CodeType | None:
    """The code of a function, a method or a callable object; None where it is not in Python."""
    inner = unwrapped(function)
    for callable_ in (inner, type(inner).__call__):
        code = getattr(callable_, "__code__", None)
        if isinstance(code, CodeType):
            return code
    return None


def _name_of(function: Callable[..., Any]) -> str:
    inner = unwrapped(function)
    name = getattr(inner, "__qualname__", None)
    if not isinstance(name, str):
        name = type(inner).__qualname__
    return _short(name.rpartition("<locals>.")[2])


def _place(function: Callable[..., Any], file: str, line: int) -> str:
    return f"{_name_of(function)} ({_short(PurePath(file).name)}:{line})"


def _text_of(error: BaseException) -> str | None:
    try:
        return str(error) or None
    except Exception:  # noqa: BLE001 - its own __str__ is the user's too
        return None


def _short(name: str) -> str:
    return name[:_LONGEST_NAME]
