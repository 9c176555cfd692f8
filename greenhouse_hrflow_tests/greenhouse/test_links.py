"""The next page in every spelling of a `Link` header that RFC 8288 allows, and full pages."""

from __future__ import annotations

import logging
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from greenhouse_hrflow.greenhouse.link_header import target_of
from greenhouse_hrflow_tests.greenhouse.account import STAMP, row
from greenhouse_hrflow_tests.greenhouse.conftest import Read
from greenhouse_hrflow_tests.support.stand_in import Asked, Reply, StandIn

SPELLINGS = [
    '<{}>; rel="next"',
    '<{}>; rel="Next"',
    "<{}>; REL=NEXT",
    "<{}>;rel=next",
    "<{}> ; rel = next ; title=x",
    '<{}>; rel = "next"',
    '<{}>; title="a, b; rel=prev <x>"; rel="next"',
    '<{}>; title="say \\"rel=prev\\""; rel="next"',
    "<{}>; title*=UTF-8''n%c3%a4sta; rel=next",
    '<{}>; rel="prefetch  next"',
    '<{}>; rel="next https://example.com/rels/page"',
    "<{}>; rel=next; rel=prev",
    '<{}>; crossorigin; rel="next"',
    "<{}>; rel='next'",
    '<{}>; rel="next',
    ', ,<{}>; rel="next",',
    '<https://elsewhere.invalid/?a=1,2;b=3>; rel="prev", <{}>; rel="next"',
    '<https://elsewhere.invalid/>; rel="first",<{}>;rel="next"',
    "<https://elsewhere.invalid/>; rel=prev; rel=next, <{}>; rel=next",
    '<https://elsewhere.invalid/>; title="x\\", <y>; rel=next"; rel=first, <{}>; rel=next',
    '<https://elsewhere.invalid/>; rev="next", <{}>; rel=next',
]
TARGETS = [
    "{url}{path}?cursor=a,b;c=d",
    "{path}?cursor=a,b;c=d",
    "?cursor=a,b;c=d",
    "//{host}{path}?cursor=a,b;c=d",
    "./{name}?cursor=a,b;c=d",
    "?cursor=a,b;c=d&then=http://x.invalid/",
]


class TwoPages(StandIn):
    """A list of candidates, of v3 or v1, on two pages, the second behind this link."""

    def __init__(self, link: str, target: str, rows: int = 1) -> None:
        super().__init__(self._reply)
        self._link, self._target = link, target
        self._first_page = [row(number, updated_at=STAMP) for number in range(1, rows + 1)]

    def _reply(self, asked: Asked) -> Reply:
        if asked.path == "/token":
            return Reply({"access_token": "t"})
        if not asked.path.endswith("/candidates"):
            return Reply([])
        if "ids" in asked.query:
            wanted = map(int, asked.query["ids"].split(","))
            return Reply([row(number, updated_at=STAMP) for number in wanted])
        if "cursor" in asked.query or asked.query.get("page") == "2":
            return Reply([row(1000, updated_at=STAMP)])
        names = {"url": self.url, "host": self.url.removeprefix("http://"), "path": asked.path}
        target = self._target.format(**names, name=asked.path.rsplit("/", 1)[-1])
        return Reply(self._first_page, headers={"Link": self._link.format(target)})


@pytest.mark.parametrize("link", SPELLINGS)
def test_every_spelling_leads_to_the_next_page(link: str, read: Read) -> None:
    with TwoPages(link, TARGETS[0]) as server:
        assert set(read(server.url)) == {1, 1000}
        assert set(read(server.url, "v1")) == {1, 1000}


@pytest.mark.parametrize("target", TARGETS)
def test_every_target_is_resolved_against_the_request(target: str, read: Read) -> None:
    with TwoPages('<{}>; rel="next"', target) as server:
        assert set(read(server.url)) == {1, 1000}


@pytest.mark.parametrize(
    "link", ["", "next", "<>; rel=next", '<{}>; rel="next-page"', "<{}>; title=next", "<{}", ";,;"]
)
def test_a_header_without_a_next_link_ends_the_list(link: str, read: Read) -> None:
    with TwoPages(link, TARGETS[0]) as server:
        assert set(read(server.url)) == {1}
        assert set(read(server.url, "v1")) == {1}


@pytest.mark.parametrize("version", ["v3", "v1"])
@pytest.mark.parametrize(("rows", "is_logged"), [(499, False), (500, True)])
def test_a_full_page_without_a_next_one_is_logged(
    version: str, rows: int, is_logged: bool, read: Read, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING), TwoPages("", "", rows) as server:
        assert len(read(server.url, version)) == rows
    warnings = [text for text in caplog.messages if "no link to a next page" in text]
    assert len(warnings) == int(is_logged)


token = st.text("abcdefghijklmnopqrstuvwxyz-", min_size=1, max_size=6)
blank = st.sampled_from(["", " ", "\t", "  "])
quoted = st.text("ab ,;<>=\\\"'next", max_size=8).map(
    lambda text: '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
)
target = st.text("abc/?=&,;:%.~'\"", min_size=1, max_size=12).filter(lambda text: text.strip())


@st.composite
def links(draw: Any) -> tuple[str, list[tuple[str, bool]]]:
    """A `Link` header, and each of its targets with whether that is the next page."""
    parts: list[str] = []
    targets: list[tuple[str, bool]] = []
    for _ in range(draw(st.integers(1, 4))):
        address = draw(target)
        rels = draw(st.lists(token, min_size=1, max_size=3))
        is_next = draw(st.booleans())
        rels = [rel for rel in rels if rel != "next"] + (["nExt"] if is_next else [])
        other_parameters = draw(st.lists(st.tuples(token, token | quoted), max_size=2))
        parameters = [(name, value) for name, value in other_parameters if name != "rel"]
        place = draw(st.integers(0, len(parameters)))
        parameters.insert(place, ("rel", f'"{" ".join(rels)}"'))
        text = "".join(
            f"{draw(blank)};{draw(blank)}{name}{draw(blank)}={draw(blank)}{value}"
            for name, value in parameters
        )
        parts.append(f"<{address}>{text}")
        targets.append((address, is_next))
    return f"{draw(blank)},{draw(blank)}".join(parts), targets


@given(links())
def test_the_first_next_link_of_any_well_formed_header(
    header_and_targets: tuple[str, list[tuple[str, bool]]],
) -> None:
    header, targets = header_and_targets
    first_next = next((address for address, is_next in targets if is_next), None)
    assert target_of(header, "next") == first_next


@given(st.text('<>;,="\\ \tnextrl*a', max_size=60))
def test_no_header_fails(header: str) -> None:
    address = target_of(header, "next")
    assert address is None or address in header
