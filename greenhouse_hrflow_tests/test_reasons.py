"""The list of reasons is closed: code, list and docs/reasons.md say the same."""

from __future__ import annotations

import ast
import threading
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from urllib3.util import Retry

from greenhouse_hrflow.greenhouse.candidate import UNREADABLE
from greenhouse_hrflow.profiles.history import History
from greenhouse_hrflow.reasons import (
    OF_OUTCOMES,
    REASONS,
    RUN_ENDED_EARLY,
    UNLISTED,
    ReportReason,
    explain,
)
from greenhouse_hrflow.report import Outcome, ReportRow
from greenhouse_hrflow.sandbox import Sandbox
from greenhouse_hrflow_tests.profiles.transforming import read, transformed
from greenhouse_hrflow_tests.support.pushing import (
    READ_AT,
    SECOND,
    add_profiles,
    formatted,
    gets,
    push,
)
from greenhouse_hrflow_tests.support.reasons_page import PAGE, page
from greenhouse_hrflow_tests.support.stand_in import Asked, Reply, StandIn

PACKAGE = Path(__file__).resolve().parents[1] / "greenhouse_hrflow"
EXAMPLES = {"<n>": "12", "<status>": "422", "<type>": "NoneType"}
MAKERS = {"CandidateError", "NoEdit", "ProfileMissing", "ProfileRejected", "_row", "settle"}
"""Whose arguments become the reason of a report's row."""


def test_the_page_is_the_list() -> None:
    assert PAGE.read_text("utf-8") == page(), (
        "Write it anew: python -m greenhouse_hrflow_tests.support.reasons_page"
    )


def test_every_reason_is_told_apart_and_says_what_to_do() -> None:
    entries = [*REASONS, *OF_OUTCOMES.values()]
    codes = [entry.code for entry in entries]
    assert len(set(codes)) == len(codes)
    assert set(OF_OUTCOMES) == set(Outcome)
    for entry in (*entries, UNLISTED):
        assert entry.cause.endswith("."), entry.code
        assert entry.remedy.endswith("."), entry.code


@pytest.mark.parametrize("entry", REASONS, ids=lambda entry: entry.code)
def test_a_reason_is_explained_by_the_entry_that_made_it(entry: ReportReason) -> None:
    filled = [example for mark, example in EXAMPLES.items() if mark in entry.code]
    for reason in (entry.text(*filled), entry.text(*filled, more="ValueError at format_it (a:1)")):
        assert explain(reason, Outcome.REJECTED) is entry
        assert entry.is_of(reason)
    with pytest.raises(ValueError, match="zip"):
        entry.text(*filled, "one too many")


def test_what_no_version_of_today_wrote_is_explained_too() -> None:
    assert explain("RequestRefused", Outcome.FAILED) is RUN_ENDED_EARLY
    assert explain("of_another_version:info.phone", Outcome.REJECTED) is UNLISTED
    assert explain(None, Outcome.ARCHIVED) is OF_OUTCOMES[Outcome.ARCHIVED]


def literal_reasons(path: Path) -> Iterator[str]:
    """Where a module makes a reason from a text of its own."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        for value in reasons_of(node):
            is_text = isinstance(value, ast.Constant) and isinstance(value.value, str)
            if is_text or isinstance(value, ast.JoinedStr | ast.BinOp):
                yield f"{path.relative_to(PACKAGE)}:{value.lineno}: {ast.unparse(value)}"


def reasons_of(node: ast.AST) -> Iterator[ast.expr]:
    """What becomes a reason: an argument of that name or of a maker, or what is named so."""
    if isinstance(node, ast.Call):
        name = getattr(node.func, "id", None) or getattr(node.func, "attr", None)
        yield from node.args if name in MAKERS else ()
        yield from (keyword.value for keyword in node.keywords if keyword.arg == "reason")
    elif isinstance(node, ast.Assign):
        for target in node.targets:
            names = target.elts if isinstance(target, ast.Tuple) else [target]
            values = node.value.elts if isinstance(node.value, ast.Tuple) else [node.value]
            named = zip(names, values, strict=False)
            yield from (value for name, value in named if ast.unparse(name) == "reason")


def test_no_module_makes_a_reason_from_a_text_of_its_own() -> None:
    # The reason of a sensor's tick is a sentence, and of no candidate.
    others = ("orchestration", "sandbox")
    modules = [p for p in PACKAGE.rglob("*.py") if p.relative_to(PACKAGE).parts[0] not in others]
    assert [found for module in modules for found in literal_reasons(module)] == []


def test_a_text_as_a_reason_would_be_found(tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setattr(f"{__name__}.PACKAGE", tmp_path)
    module = tmp_path / "module.py"
    module.write_text('raise CandidateError("a_text")\nreason, other = f"{a}_text", 1\n')
    assert sorted(literal_reasons(module)) == ["module.py:1: 'a_text'", "module.py:2: f'{a}_text'"]


class Unreadable(dict[str, Any]):
    """A profile that raises when it is looked at."""

    def items(self) -> Any:
        raise KeyError


def raising(_candidate: Any) -> Any:
    raise ValueError


def of_functions() -> Iterator[ReportRow]:
    """What reading, logics and formats are reported with."""
    unreadable: dict[str, Any] = {UNREADABLE: "updated_at"}
    yield from transformed(read(1, **unreadable)).settled
    yield from transformed(read(1, first_name="Anonymized", last_name="1")).settled
    yield from transformed(read(1), read(1, seconds=1)).settled
    for logic in (raising, lambda _: 5):
        yield from transformed(read(1), logics=(lambda c: c, logic)).settled
    given: list[Any] = [
        None,
        Unreadable(),
        {"reference": True},
        {"info": {"phone": {1}}},
        {"info": "text"},
        {"tags": {}, "skills": {"a": 1}},
        {"tags": [{"value": "x"}]},
        {"tags": [{"name": ["x"]}]},
    ]
    for profile in given:
        yield from transformed(read(1), format=lambda _, profile=profile: profile).settled
    yield from transformed(read(1), format=raising).settled
    yield from transformed(read(1), read(2), format=lambda _: {"reference": "x"}).settled


def of_a_source() -> Iterator[ReportRow]:
    """What a push at a sandbox is reported with."""
    with Sandbox(people=0) as sandbox:
        add_profiles(sandbox, 1, 2, 3)
        sandbox.hrflow.edit("2", lambda profile: profile["info"].update(urls={"a": "b"}))
        later = formatted(read_at=READ_AT + SECOND).version
        yield from push(sandbox, formatted(read_at=READ_AT + SECOND)).report.rows
        yield from push(sandbox, formatted()).report.rows
        yield from push(sandbox, formatted(), history=History(compared={"1": later})).report.rows
        odd = {"info": {"urls": [{"type": "github", "url": "x"}]}}
        yield from push(sandbox, formatted(2, odd)).report.rows
        yield from push(sandbox, formatted(4)).report.rows
        yield from push(sandbox, replace(formatted(3), text="{")).report.rows


def of_answers() -> Iterator[ReportRow]:
    """What odd answers of HrFlow are reported with."""

    def answering(reply: Reply, **more: Any) -> Iterator[ReportRow]:
        def answer(asked: Asked) -> Reply:
            return Reply({"code": 200, "data": {}}) if asked.path == "/auth" else reply

        with StandIn(answer) as server:
            candidates = [formatted(1), formatted(2)] if reply.status == 402 else [formatted(1)]
            never = Retry(total=0)
            yield from push(server.url, *candidates, retries=never, workers=1, **more).report.rows

    yield from answering(Reply({"code": 200, "message": "", "data": ["odd"]}))
    for status in (402, 413, 414, 422, 503):
        yield from answering(Reply({"code": status, "message": "no"}, status=status))
    yield from answering(Reply(None, status=503), history=History(attempts={"1": 4}))


def of_an_ended_run() -> Iterator[ReportRow]:
    """What the others are reported with where the canary edit loses something."""
    with Sandbox(people=0) as sandbox:
        add_profiles(sandbox, 1, 2)
        sandbox.hrflow.loses = {"skills"}
        both_are_read = threading.Event()

        def wait_for_both(method: str, _target: str) -> None:
            if gets(sandbox) > 1:
                both_are_read.set()
            if method == "PUT":
                both_are_read.wait(30)

        sandbox.before_request(wait_for_both)
        yield from push(sandbox, formatted(1), formatted(2), workers=2).report.rows


PRODUCERS: Mapping[str, Any] = {
    producer.__name__: producer
    for producer in (of_functions, of_a_source, of_answers, of_an_ended_run)
}


def test_every_reason_that_is_given_is_listed_and_the_other_way_round() -> None:
    rows = [row for producer in PRODUCERS.values() for row in producer()]

    explained = {explain(row.reason, row.outcome).code for row in rows}
    assert UNLISTED.code not in explained, {row.reason for row in rows}
    assert {entry.code for entry in REASONS} - explained == set()
