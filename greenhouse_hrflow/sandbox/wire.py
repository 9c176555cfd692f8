"""A request and an answer as plain values, so that the two APIs need no server to be read.

No routing and no sockets here: those live in ``server``.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, cast
from urllib.parse import parse_qsl

JsonObject = dict[str, Any]


@dataclass(frozen=True)
class Call:
    """One HTTP request; header names are in lower case."""

    method: str
    path: str
    query: str = ""
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    body: bytes = b""

    @property
    def target(self) -> str:
        """The path with its query, as the client wrote it."""
        return f"{self.path}?{self.query}" if self.query else self.path

    def parameters(self) -> list[tuple[str, str]]:
        """The query's pairs in their order, empty values included."""
        return parse_qsl(self.query, keep_blank_values=True)

    def basic_credentials(self) -> tuple[str, str] | None:
        """User and password of a Basic header; None without a readable one."""
        kind, _, coded = self.headers.get("authorization", "").partition(" ")
        if kind.lower() != "basic":
            return None
        try:
            user, colon, password = base64.b64decode(coded, validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            return None
        return (user, password) if colon else None


@dataclass(frozen=True)
class Answer:
    """One HTTP response; the server adds Content-Length, and the Date where it has none."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict[str, str])

    def with_headers(self, headers: Mapping[str, str]) -> Answer:
        """The same answer with these headers added or replaced."""
        return Answer(self.status, self.body, {**self.headers, **headers})


def json_answer(status: int, content: Any, headers: Mapping[str, str] | None = None) -> Answer:
    """A JSON answer in UTF-8, without a charset in its content type (as both APIs send it)."""
    try:
        body = json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()
    except UnicodeEncodeError:  # a lone surrogate that a client managed to store
        body = json.dumps(content, separators=(",", ":")).encode()
    return Answer(status, body, {"content-type": "application/json", **(headers or {})})


def json_copy(value: Any) -> Any:
    """A deep copy of a JSON value (several times as fast as ``copy.deepcopy``)."""
    if isinstance(value, dict):
        return {key: json_copy(each) for key, each in cast("JsonObject", value).items()}
    if isinstance(value, list):
        return [json_copy(each) for each in cast("list[Any]", value)]
    return value


def whole_number(text: str) -> int:
    """The number that plain digits are; ValueError for anything else, and beyond 64 bits' 19."""
    if not (text.isascii() and text.isdigit() and len(text) <= 19):
        raise ValueError("not a whole number")
    return int(text)


def html_answer(status: int, title: str) -> Answer:
    """The page of a proxy that stands before an API."""
    page = f"<html><head><title>{title}</title></head><body><h1>{title}</h1></body></html>"
    return Answer(status, page.encode(), {"content-type": "text/html"})
