"""A Harvest v3 that refuses a window as it is documented: the other ways to write one."""

from __future__ import annotations

import pytest

from greenhouse_hrflow.errors import RequestRefused
from greenhouse_hrflow.greenhouse.pull_parameters import PullParameters
from greenhouse_hrflow_tests.greenhouse.account import STAMP, row
from greenhouse_hrflow_tests.greenhouse.conftest import LAST_WEEK, OpenReader
from greenhouse_hrflow_tests.support.stand_in import Asked, Reply, StandIn

AFTER, BEFORE = "2025-03-03T15:00:00.000Z", "2025-03-10T15:00:00.000Z"
PIPES = {"updated_at": f"gte|{AFTER}|lt|{BEFORE}"}
BRACKETS = {"updated_at[gte]": AFTER, "updated_at[lt]": BEFORE}
LOWER = {"updated_at": f"gte|{AFTER}"}
LATER = "2025-03-20T00:00:00.000Z"


class Choosy(StandIn):
    """Takes a filter by time in one way alone, or in none; refuses the others with `status`."""

    def __init__(self, way: dict[str, str] | None, status: int) -> None:
        super().__init__(self._reply)
        self._way, self._status = way, status

    def _reply(self, asked: Asked) -> Reply:
        if asked.path == "/token":
            return Reply({"access_token": "t"})
        time_filter = filter_of(asked)
        if time_filter and time_filter != self._way:
            return Reply({"message": "Unprocessable Content"}, self._status)
        rows = [row(1, updated_at=STAMP), row(2, updated_at=LATER)]
        return Reply(rows if asked.path == "/v3/candidates" else [])


def filter_of(asked: Asked) -> dict[str, str]:
    """The parameters of a request that filter by time."""
    return {name: text for name, text in asked.query.items() if name.startswith("updated_at")}


def sent(account: StandIn) -> list[dict[str, str]]:
    """Every filter by time that was sent, in order."""
    return [time_filter for asked in account.asked if (time_filter := filter_of(asked))]


@pytest.mark.parametrize("status", [400, 422])
@pytest.mark.parametrize(
    ("way", "tried"),
    [(PIPES, [PIPES]), (BRACKETS, [PIPES, BRACKETS]), (LOWER, [PIPES, BRACKETS, LOWER])],
)
def test_the_way_that_is_taken_is_tried_out_once(
    way: dict[str, str],
    tried: list[dict[str, str]],
    status: int,
    reader_of: OpenReader,
    caplog: pytest.LogCaptureFixture,
) -> None:
    with Choosy(way, status) as account:
        reader = reader_of(account.url)
        for _ in range(2):
            candidates = list(reader.read(LAST_WEEK, PullParameters()))
            assert [candidate.id for candidate in candidates] == [1]
        records = reader.recent_records(LAST_WEEK)
        assert [record.id for record in records] == [1]
    assert sent(account) == [*tried, *[way] * 17]
    warnings = [text for text in caplog.messages if "refused a window on updated_at" in text]
    assert len(warnings) == (way is not PIPES)


@pytest.mark.parametrize("status", [400, 422])
def test_where_no_way_is_taken_the_refusal_is_raised(status: int, reader_of: OpenReader) -> None:
    with Choosy(None, status) as account:
        with pytest.raises(RequestRefused, match=f"answered {status} to the list candidates"):
            list(reader_of(account.url).read(LAST_WEEK, PullParameters()))
        assert sent(account) == [PIPES, BRACKETS, LOWER]
