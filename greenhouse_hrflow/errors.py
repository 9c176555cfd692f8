"""What can go wrong, as one tree: what is done about an error follows from its branch.

    GreenhouseHrflowError
    ├── ConfigurationError      a setting or parameter is missing or wrong
    │   ├── PullParameterError  of the pull (bad_origin_parameters in hrflow-connectors)
    │   └── PushParameterError  of the push (bad_target_parameters in hrflow-connectors)
    ├── FatalError              the run as a whole is at fault; asking again would not help
    │   ├── CredentialsRefused  401 or 403; 400 where a token is asked for
    │   ├── QuotaExhausted      402
    │   ├── RequestRefused      an API refuses a request that every candidate needs
    │   ├── FunctionsFailed     the workflow's own logics and format refuse most candidates
    │   ├── BrakeApplied        the run would edit more profiles than the brake allows
    │   ├── BadRecord           none of the records in a list of Greenhouse can be read
    │   └── ProfileDamaged      an edit lost something that is stored in HrFlow
    ├── TransientError          asking again later may help
    │   ├── ApiUnavailable      no usable answer
    │   │   └── EditUnanswered  the same to an edit, which may have been made or not
    │   ├── RateLimited         the API asks to wait longer than we may
    │   └── StorageUnavailable  the storage does not take what must be written down
    └── CandidateError          one candidate's fault: it costs that candidate and no other
        ├── ProfileMissing      the HrFlow source holds no such profile
        └── ProfileRejected     HrFlow, the format or a logic refuses it for good

A message says what happened, to which setting or candidate (by id), and what to do. It never
carries a secret, a value of a candidate, or an API's own text, which can echo either.
"""

from __future__ import annotations


class GreenhouseHrflowError(Exception):
    """The root of everything that this package raises on purpose."""


class ConfigurationError(GreenhouseHrflowError):
    """A setting is missing or wrong: of the environment, the parameters, the run or the network."""


class PullParameterError(ConfigurationError):
    """A pull parameter or a Greenhouse setting is missing or malformed."""


class PushParameterError(ConfigurationError):
    """A push parameter or an HrFlow setting is missing or malformed."""


class FatalError(GreenhouseHrflowError):
    """The run cannot go on, and doing it again as it is would end the same way."""


class CredentialsRefused(FatalError):
    """An API answered 401 or 403 to configured credentials, or to tokens just minted with them."""


class QuotaExhausted(FatalError):
    """HrFlow answered 402: the account's quota is used up."""


class RequestRefused(FatalError):
    """An API refused a request that does not depend on one candidate."""


class FunctionsFailed(FatalError):
    """The workflow's logics or format refused so many candidates that they are at fault."""


class BrakeApplied(FatalError):
    """The run would edit more profiles than the brake allows, and has edited none."""


class BadRecord(FatalError):
    """None of the records in a list of Greenhouse can be read, or a stored candidate has no id."""


class ProfileDamaged(FatalError):
    """A profile, read back after an edit, lacks something that it held or that was written."""


class TransientError(GreenhouseHrflowError):
    """The run cannot go on now; the same run may succeed later."""


class ApiUnavailable(TransientError):
    """No usable answer: timeouts, dropped connections, 408, 429, 5xx, HTML or broken JSON.

    Attributes:
        message: which request was answered how.
        retry_after: seconds that the answer asked to wait; 0 where it did not say.
        is_rate_limit: it was a 429.
        is_exhausted: no retry is left, as its text then says.
    """

    def __init__(
        self, message: str, retry_after: float = 0.0, *, is_rate_limit: bool = False
    ) -> None:
        super().__init__(message)
        self.message = message
        self.retry_after = retry_after
        self.is_rate_limit = is_rate_limit
        self.is_exhausted = False

    def __str__(self) -> str:
        if not self.is_exhausted:
            return self.message
        return f"{self.message}, and no retry is left. Run it again later."


class EditUnanswered(ApiUnavailable):
    """No usable answer to an edit, which may have been made: read the profile before writing."""


class RateLimited(TransientError):
    """A 429 whose wait is longer than the cap on waiting."""


class StorageUnavailable(TransientError):
    """The storage does not take, or does not give back, what must be written down."""


class CandidateError(GreenhouseHrflowError):
    """One candidate cannot be pushed.

    Attributes:
        reason: a short code of our own, safe to show anywhere.
        detail: an API's or an exception's own text, which may quote the candidate: for the stored
            report alone.
    """

    def __init__(self, reason: str, detail: str | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.detail = detail


class ProfileMissing(CandidateError):
    """The source holds no profile with this reference."""


class ProfileRejected(CandidateError):
    """The profile is refused for good: as it is, no retry would change the answer."""
