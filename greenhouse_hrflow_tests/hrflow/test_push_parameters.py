"""Push parameters and HrFlow's settings: what is refused before any request, in which words."""

from __future__ import annotations

import os
from typing import Any

import pytest

from greenhouse_hrflow.errors import PushParameterError
from greenhouse_hrflow.hrflow.push_parameters import PushParameters
from greenhouse_hrflow.hrflow.settings import HrFlowSettings, resolve_source_key
from greenhouse_hrflow.profiles.fields import EDITABLE, SET_BY_HRFLOW

SECRET = "ask_hush"


@pytest.fixture(autouse=True)
def _empty_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith(("GREENHOUSE_", "HRFLOW_"))]:
        monkeypatch.delenv(name)


def settings(**given: Any) -> HrFlowSettings:
    whole: dict[str, Any] = {"api_secret": SECRET, "api_user": "me@example.com", **given}
    return HrFlowSettings.resolve(**whole)


def test_fields_default_to_all_that_a_format_can_give() -> None:
    assert PushParameters.parse(None).fields == EDITABLE
    assert PushParameters.parse({"only_edit_fields": None}).fields == EDITABLE
    assert PushParameters.parse({"only_edit_fields": ["tags"]}).fields == {"tags"}
    given = PushParameters(source_key="k")
    assert PushParameters.parse(given) is given


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (
            {"only_edit_fields": ["tags", "phone", "emails"]},
            r"^only_edit_fields: .*no field of a profile: emails, phone\. "
            r"The fields are: .*tags",
        ),
        (
            {"only_edit_fields": ["attachments", "tags"]},
            r"never edited, but kept as HrFlow holds it: attachments\. The fields are: .*tags",
        ),
        ({"only_edit_fields": "tags"}, r"only_edit_fields: .*tuple"),
        ({"source": "k"}, r"^source: no push parameter; these are: source_key, only_edit_fields$"),
        ({"source_key": ""}, r"source_key: .*at least 1 character"),
        ({"source_key": 5}, r"source_key: .*valid string"),
        (5, r"must be a mapping of names to values"),
        (["source_key"], r"must be a mapping of names to values"),
    ],
)
def test_a_bad_parameter_is_named(given: Any, message: str) -> None:
    with pytest.raises(PushParameterError, match=message):
        PushParameters.parse(given)


@pytest.mark.parametrize(
    ("missing", "variable"),
    [("api_secret", "HRFLOW_API_SECRET"), ("api_user", "HRFLOW_API_USER")],
)
def test_a_missing_credential_names_its_variable(missing: str, variable: str) -> None:
    with pytest.raises(PushParameterError, match=rf"^{variable} is not set: it must hold"):
        settings(**{missing: None})
    with pytest.raises(PushParameterError, match=rf"^{variable} is not set"):
        settings(**{missing: "  "})


def test_what_is_given_wins_over_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HRFLOW_API_SECRET", "from the environment")
    monkeypatch.setenv("HRFLOW_SOURCE_KEY", " a-source \n")
    assert settings(api_secret=None).api_secret.get_secret_value() == "from the environment"
    assert settings(api_secret="given").api_secret.get_secret_value() == "given"
    assert resolve_source_key(None) == "a-source"
    assert resolve_source_key("given") == "given"


def test_a_missing_source_names_its_variable() -> None:
    with pytest.raises(PushParameterError, match=r"^HRFLOW_SOURCE_KEY is not set: it must hold"):
        resolve_source_key(None)


@pytest.mark.parametrize("secret", ["ask_\nhush", "ask_hüsh"])
def test_a_secret_that_no_header_carries_is_refused_unseen(secret: str) -> None:
    with pytest.raises(PushParameterError, match=r"^HRFLOW_API_SECRET holds a char") as caught:
        settings(api_secret=secret)
    assert "sh" not in str(caught.value).replace("HRFLOW_API_SECRET", "")


def test_secrets_do_not_show() -> None:
    assert SECRET not in repr(settings())
    assert "me@example.com" not in repr(settings())


def test_a_number_is_a_text() -> None:
    assert settings(api_secret=123).api_secret.get_secret_value() == "123"


@pytest.mark.parametrize("url", ["api.hrflow.ai/v1", "ftp://host/", "https://", "http://[", "h:x"])
def test_an_address_that_is_none_names_its_variable(url: str) -> None:
    with pytest.raises(PushParameterError, match=r"^HRFLOW_BASE_URL is not a URL: it must look"):
        settings(base_url=url)


def test_an_address_ends_without_a_slash() -> None:
    assert settings(base_url="http://127.0.0.1:1/v1/").base_url == "http://127.0.0.1:1/v1"
    assert settings().base_url == "https://api.hrflow.ai/v1"


@pytest.mark.parametrize("workers", ["0", "many", "-1", "1.5"])
def test_workers_are_a_whole_number(workers: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GREENHOUSE_HRFLOW_PUSH_WORKERS", workers)
    with pytest.raises(PushParameterError, match=r"^GREENHOUSE_HRFLOW_PUSH_WORKERS must be"):
        settings()
    assert settings(push_workers=3).push_workers == 3


@pytest.mark.parametrize("name", sorted({*SET_BY_HRFLOW, "reference"}))
def test_a_field_that_is_never_edited_is_refused(name: str) -> None:
    with pytest.raises(PushParameterError, match=rf"never edited.*: {name}\."):
        PushParameters.parse({"only_edit_fields": [name]})
