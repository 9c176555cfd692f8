"""What a refusal of HrFlow means: the fault of one candidate, or of the whole.

Which answers are asked for again is decided in `http`; what a fault costs, in `push`.
"""

from __future__ import annotations

from typing import Any, NoReturn
from urllib.parse import urlsplit

from greenhouse_hrflow import reasons
from greenhouse_hrflow.errors import (
    CredentialsRefused,
    ProfileMissing,
    ProfileRejected,
    QuotaExhausted,
    RequestRefused,
)
from greenhouse_hrflow.http import Answer

_HTTP_CODES = range(100, 600)
_TOO_LARGE = (413, 414)
_UNKNOWN_CALL = (404, 405)


def code_of(body: Any) -> int | None:
    """The status that HrFlow's envelope, `{"code": 400, "message": "…", "data": …}`, repeats.

    None for a body of another form.
    """
    code = body.get("code") if isinstance(body, dict) else None
    is_code = isinstance(code, int) and not isinstance(code, bool) and code in _HTTP_CODES
    return code if is_code else None


def message_of(body: Any) -> str | None:
    """The message of HrFlow's own envelope; None for any other body.

    HrFlow documents refusals without `data` too: `code` and `message` make an envelope.
    """
    message = body.get("message") if code_of(body) is not None else None
    return message if isinstance(message, str) else None


def refuse(answer: Answer, base_url: str) -> NoReturn:
    """Raise what an answer of 400 or above means; a message shows of the address its host alone.

    Only HrFlow itself, known by its envelope, can refuse one candidate. Whatever else answers at
    its address (a proxy, a wrong path, another service) refuses every candidate.

    Raises:
        ProfileMissing, ProfileRejected: HrFlow refuses this candidate.
        CredentialsRefused, QuotaExhausted, RequestRefused: every candidate is refused.
    """
    message = message_of(answer.body)
    lower_message = (message or "").casefold()
    if answer.status in (401, 403):
        raise CredentialsRefused(
            f"HrFlow refused the credentials ({answer.status}). Check HRFLOW_API_SECRET (a key "
            "that reads and writes, ask_…), HRFLOW_API_USER, and that they may use the source in "
            "HRFLOW_SOURCE_KEY."
        )
    if answer.status == 402:
        raise QuotaExhausted(
            "HrFlow answered that the account's quota is used up (402). Raise it in HrFlow's "
            "billing page, then run this again: nothing is lost."
        )
    # Before the codes for one candidate: a wrong source is answered with the same 400.
    if "unable to find object: source" in lower_message or "invalid source" in lower_message:
        raise RequestRefused(
            "HrFlow knows no source with the configured key. Check HRFLOW_SOURCE_KEY."
        )
    # A missing profile is a 400 in HrFlow; whether it may be a 404 too is not documented.
    if answer.status in (400, 404) and "unable to find object: profile" in lower_message:
        raise ProfileMissing(reasons.NO_PROFILE.text(), message)
    if answer.status in _TOO_LARGE:
        # A proxy says so too, but of one candidate's size. Where most are too large, the failure
        # threshold fails the push.
        raise ProfileRejected(reasons.REFUSED.text(answer.status), message)
    if message is None or answer.status in _UNKNOWN_CALL:
        raise RequestRefused(_not_hrflow(answer.status, base_url, is_enveloped=message is not None))
    raise ProfileRejected(reasons.REFUSED.text(answer.status), message)


def _not_hrflow(status: int, base_url: str, *, is_enveloped: bool) -> str:
    # The host alone: an address may hold credentials.
    parts = urlsplit(base_url)
    host = f"{parts.hostname}:{parts.port}" if parts.port else parts.hostname
    what = "knows no such call" if is_enveloped else "did not answer in the form of HrFlow's API"
    return (
        f"{host} refused a request ({status}) and {what}: this says nothing about any candidate. "
        "Check HRFLOW_BASE_URL, which must end in /v1 as https://api.hrflow.ai/v1 does, and the "
        "proxy, should one answer in HrFlow's place (HTTPS_PROXY)."
    )
