"""By what a mended logic or format is known: a hash of what the user's functions are made of.

Those who were refused are pushed again when it is another one. It sees the functions' own code,
their defaults and what they enclose, and the functions of the same package that they call; not what
they read from a file or a service. Another version of Python may give another hash: then those who
were refused are pushed once more, and that is all.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator
from types import CodeType, FunctionType, ModuleType
from typing import Any

from greenhouse_hrflow.profiles.user_functions import unwrapped

_PLAIN = (str, bytes, int, float, complex, bool, type(None))


def functions_fingerprint(functions: Iterable[Callable[..., Any]], more: Iterable[str] = ()) -> str:
    """A hash of these functions, 16 hex digits.

    Args:
        more: what else decides what they give, such as the fields that may be edited.
    """
    seen: set[int] = set()
    parts = [part for function in functions for part in _parts(function, seen)]
    text = json.dumps([parts, sorted(more)])
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _parts(given: Any, seen: set[int]) -> Iterator[str]:
    """What a function is made of, in an order that is the same in every process."""
    function = unwrapped(given)
    if id(function) in seen:
        return
    seen.add(id(function))
    if not isinstance(function, FunctionType):
        yield from _parts_of_object(function, seen)
        return
    yield from _parts_of_code(function.__code__)
    yield from _values(function.__defaults__ or ())
    yield from _values((function.__kwdefaults__ or {}).items())
    for cell in function.__closure__ or ():
        try:
            content = cell.cell_contents
        except ValueError:
            # It is filled only when the function around it has come so far.
            continue
        yield from _part_of_value(content, function, seen)
    for name in sorted(_names(function.__code__)):
        if name in function.__globals__:
            yield from _part_of_value(function.__globals__[name], function, seen)


def _parts_of_object(given: Any, seen: set[int]) -> Iterator[str]:
    """A method, a callable object or a class: its name, and the function that is called."""
    yield f"{type(given).__module__}.{type(given).__qualname__}"
    bound = getattr(given, "__func__", None) or type(given).__call__
    if isinstance(bound, FunctionType):
        yield from _parts(bound, seen)


def _parts_of_code(code: CodeType) -> Iterator[str]:
    yield code.co_code.hex()
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _parts_of_code(constant)
        else:
            yield from _values([constant])


def _part_of_value(value: Any, user: FunctionType, seen: set[int]) -> Iterator[str]:
    """What a function uses: a function of the same package whole, a plain value as it is."""
    if isinstance(value, FunctionType) and _package(value) == _package(user):
        yield from _parts(value, seen)
    elif isinstance(value, (*_PLAIN, tuple, list, set, frozenset, dict)):
        yield from _values([value])
    elif not isinstance(value, ModuleType):
        yield str(getattr(value, "__qualname__", type(value).__qualname__))


def _values(values: Iterable[Any]) -> Iterator[str]:
    """Plain values as texts; of others the type, since their text may hold where they lie."""
    for value in values:
        if isinstance(value, _PLAIN):
            yield repr(value)
        elif isinstance(value, (set, frozenset)):
            # Their order differs from process to process.
            yield from sorted(_values(value))
        elif isinstance(value, dict):
            yield from _values(value.items())
        elif isinstance(value, (tuple, list)):
            yield from _values(value)
        else:
            yield type(value).__qualname__


def _names(code: CodeType) -> set[str]:
    """The names that a function, or one within it, may look up."""
    inner = (const for const in code.co_consts if isinstance(const, CodeType))
    return set(code.co_names).union(*map(_names, inner))


def _package(function: FunctionType) -> str:
    return (function.__module__ or "").partition(".")[0]
