"""`Link` headers, as RFC 8288 lets them be written: to whom a header links by a relation.

requests' own parser ends a link at any comma or semicolon, in an address or a quoted text too, and
takes `rel="Next"` for another relation: then the walk over a list would end early, and look whole.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_TARGET = re.compile(r"[\s,]*<([^>]*)>")
# A name, and perhaps a value: quoted, with its escapes, or all up to the next separator.
_PARAMETER = re.compile(
    r'\s*;\s*(?P<name>[^\s=;,"<>]*)\s*(?:=\s*(?:"(?P<quoted>(?:[^"\\]|\\.)*)"?|(?P<plain>[^;,]*)))?'
)
_ESCAPED = re.compile(r"\\(.)")


def target_of(header: str, relation: str) -> str | None:
    """The first address that the header links to as this relation, as it is written there."""
    for target, relations in _links(header):
        if target and relation.casefold() in relations.casefold().split():
            return target
    return None


def _links(header: str) -> Iterator[tuple[str, str]]:
    """Each address with its `rel`, of which the first counts where there are several."""
    end = 0
    while target := _TARGET.match(header, end):
        end = target.end()
        relations: str | None = None
        while parameter := _PARAMETER.match(header, end):
            end = parameter.end()
            if relations is None and parameter["name"].casefold() == "rel":
                relations = _value(parameter)
        yield target[1].strip(), relations or ""
        # What no grammar knows is passed over, to the next link.
        comma = header.find(",", end)
        end = len(header) if comma < 0 else comma


def _value(parameter: re.Match[str]) -> str:
    quoted = parameter["quoted"]
    if quoted is not None:
        return _ESCAPED.sub(r"\1", quoted)
    return (parameter["plain"] or "").strip().strip("'")
