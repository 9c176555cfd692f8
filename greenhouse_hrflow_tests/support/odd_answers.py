"""A Greenhouse whose rows a test may spoil: it stands before a sandbox."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import requests

from greenhouse_hrflow.sandbox import Sandbox
from greenhouse_hrflow_tests.support.stand_in import Asked, Reply, StandIn

Spoil = Callable[[str, list[Any]], list[Any]]
"""From the name of a list and the rows of one page to the rows that are answered instead."""


class OddAnswers(StandIn):
    """Both versions of a sandbox's Harvest; its own URL takes the place of the sandbox's."""

    def __init__(self, sandbox: Sandbox, spoil: Spoil) -> None:
        super().__init__(self._reply)
        self._behind = sandbox.url
        self._spoil = spoil

    def _reply(self, asked: Asked) -> Reply:
        answer = requests.get(
            self._behind + asked.path,
            params=asked.query,
            headers={"Authorization": asked.headers.get("Authorization", "")},
            timeout=10,
        )
        content = answer.json()
        if answer.status_code == 200:
            content = self._spoil(asked.path.rsplit("/", 1)[-1], content)
        headers = {"Date": answer.headers["Date"]}
        if "Link" in answer.headers:
            headers["Link"] = answer.headers["Link"].replace(self._behind, self.url)
        return Reply(content, answer.status_code, headers)


def spoil_row(list_name: str, chosen: Callable[[dict[str, Any]], bool], **fields: Any) -> Spoil:
    """Give these fields to the chosen rows of one list; `...` takes a field away.

    A field that the answer was not asked for is not added.
    """

    def spoil(name: str, rows: list[Any]) -> list[Any]:
        if name != list_name:
            return rows
        return [_spoiled(row, fields) if chosen(row) else row for row in rows]

    return spoil


def _spoiled(row: dict[str, Any], fields: dict[str, Any]) -> dict[str, Any]:
    spoiled = row | {name: value for name, value in fields.items() if name in row}
    return {name: value for name, value in spoiled.items() if value is not ...}
