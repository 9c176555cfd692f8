"""Modes of the sandbox's APIs at random: each field takes each of its choices."""

from __future__ import annotations

import random
from dataclasses import fields
from typing import Any, Literal, TypeVar, get_args, get_origin, get_type_hints

from greenhouse_hrflow.sandbox import GreenhouseModes, HrFlowModes
from greenhouse_hrflow.sandbox.greenhouse.lists import LISTS

Modes = TypeVar("Modes", bound=GreenhouseModes | HrFlowModes)

NUMBERS: dict[str, list[Any]] = {
    "token_lifetime": [60.0, 3600.0],
    "most_per_page": [2, 100, 500],
    "rate_limit": [None, 50],
    "rate_window": [None, 2.0],
    "rate_others": [0, 10],
    "list_limit": [30, 100, 1000],
    "longest_metadata": [None, 100],
}
"""Of fields that take any number, those that are tried."""


def random_modes(rng: random.Random, modes: type[Modes], **fixed: Any) -> Modes:
    """Modes, each field by chance but for those that are given."""
    hints = get_type_hints(modes)
    chosen = {each.name: _choice(rng, each.name, hints[each.name]) for each in fields(modes)}
    return modes(**chosen | fixed)


def _choice(rng: random.Random, name: str, hint: Any) -> Any:
    if name in NUMBERS:
        return rng.choice(NUMBERS[name])
    if name == "scopes":
        return rng.choice([None, tuple(rng.sample(list(LISTS), 9))])
    if name == "dates":
        return tuple(rng.sample(("local", "date", "offset", "zulu"), rng.randint(0, 4)))
    return rng.choice(get_args(hint) if get_origin(hint) is Literal else (True, False))
