"""`Link` headers, as RFC 8288 lets them be written: the address of a relation, such as `next`.

requests' own parser ends a link at any comma or semicolon, even inside an address or a quoted text,
and takes `rel="Next"` for another relation. A list would then end early and seem complete.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_TARGET = re.compile(r"[\s,]*<([^>]*)>")
# A name, and perhaps a value: quoted, with escapes, or else everything up to the next separator.
_PARAMETER = re.compile(
    r'\s*;\s*(?P<name>[^\s=;,"<>]*)\s*(?:=\s*(?:"(?P<quoted>(?:[^"\\]|\\.)*)"?|(?P<plain>[^;,]*)))?'
)
_ESCAPED = re.compile(r"\\(.)")


def target_of(header: str, relation: str) -> str | None:
    """The first address that the header gives for this relation, verbatim; None without one."""
    for target, relations in _links(header):
        if target and relation.casefold() in relations.casefold().split():
            return target
    return None


def _links(header: str) -> Iterator[tuple[str, str]]:
    """Each address with its relations; of several `rel` parameters the first counts."""
    end = 0
    while target := _TARGET.match(header, end):
        end = target.end()
        relations: str | None = None
        while parameter := _PARAMETER.match(header, end):
            end = parameter.end()
            if relations is None and parameter["name"].casefold() == "rel":
                relations = _parameter_value(parameter)
        yield target[1].strip(), relations or ""
        # What is not in the grammar is skipped, up to the next link.
        comma = header.find(",", end)
        end = len(header) if comma < 0 else comma


def _parameter_value(parameter: re.Match[str]) -> str:
    quoted = parameter["quoted"]
    if quoted is not None:
        return _ESCAPED.sub(r"\1", quoted)
    return (parameter["plain"] or "").strip().strip("'")
