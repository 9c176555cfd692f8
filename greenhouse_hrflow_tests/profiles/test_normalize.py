"""What is empty, what is equal, and the one form of a date."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from greenhouse_hrflow.profiles.normalize import canonical, digest, is_empty, plain_date, same


@pytest.mark.parametrize("value", [None, "", " \t", [], {}, [None, ""], {"a": {"b": []}}, ()])
def test_empty(value: object) -> None:
    assert is_empty(value)


@pytest.mark.parametrize("value", [0, 0.0, False, "0", [0], {"a": False}])
def test_not_empty(value: object) -> None:
    assert not is_empty(value)


@pytest.mark.parametrize(
    ("date", "plain"),
    [
        ("2012-08-15T00:00:00.000Z", "2012-08-15T00:00:00"),
        ("2012-08-15", "2012-08-15T00:00:00"),
        ("2012-08-15T10:20", "2012-08-15T10:20:00"),
        ("1990-01-01T00:00:00+0000", "1990-01-01T00:00:00"),
        ("2012-08-15T01:00:00+02:00", "2012-08-14T23:00:00"),
        ("0012-08-15", "0012-08-15T00:00:00"),
        ("2012-08-15T00:00:00", "2012-08-15T00:00:00"),
        ("2012", "2012"),
        ("2012-02-31", "2012-02-31"),
        ("0001-01-01T00:00:00+23:00", "0001-01-01T00:00:00+23:00"),
        ("soon", "soon"),
        ("2012-08-15\n", "2012-08-15\n"),
    ],
)
def test_a_date_has_one_form(date: str, plain: str) -> None:
    assert plain_date(date) == plain
    assert plain_date(plain) == plain


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (None, ""),
        ([], None),
        ({"a": 1, "b": None}, {"a": 1.0}),
        ([{"url": "u"}], [{"type": None, "url": "u"}]),
        ("2012-08-15T00:00:00.000Z", "2012-08-15T00:00:00+0000"),
        ("\ud800", "\ud800"),
    ],
)
def test_the_same(first: object, second: object) -> None:
    assert same(first, second)
    assert digest(first) == digest(second)


@pytest.mark.parametrize(
    ("first", "second"),
    [(True, 1), ("1", 1), ("01234", "1234"), ([1, 2], [2, 1]), (0, None), (False, None)],
)
def test_not_the_same(first: object, second: object) -> None:
    assert not same(first, second)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.dates().map(str),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=9,
)


@settings(max_examples=60)
@given(json_values)
def test_the_canonical_form_is_its_own(value: object) -> None:
    assert canonical(canonical(value)) == canonical(value)
    assert same(canonical(value), value)
