"""A whole examination: both accounts as the environment names them, one after the other."""

from __future__ import annotations

import logging

from greenhouse_hrflow.doctor.asking import RETRIES, Asker, Budget
from greenhouse_hrflow.doctor.findings import Diagnosis, JsonObject, Notes, Stopped, Verdict
from greenhouse_hrflow.doctor.greenhouse_v1 import HarvestV1Account
from greenhouse_hrflow.doctor.greenhouse_v3 import HarvestV3Account
from greenhouse_hrflow.doctor.hrflow_source import HrFlowSource
from greenhouse_hrflow.doctor.people import RecentCandidate, recent_candidates
from greenhouse_hrflow.doctor.scratch_profile import COST, ScratchProfile
from greenhouse_hrflow.errors import ConfigurationError
from greenhouse_hrflow.greenhouse.settings import GreenhouseSettings
from greenhouse_hrflow.hrflow.client import worse_of_status_and_code
from greenhouse_hrflow.hrflow.settings import HrFlowSettings, resolve_source_key
from greenhouse_hrflow.http import HttpSession

_TIMEOUT = (10.0, 60.0)
_MAX_WAIT = 60.0


def diagnose(log: logging.Logger, *, writes: bool) -> Diagnosis:
    """Ask both accounts that the environment names.

    Args:
        log: receives a line for each wait.
        writes: whether a scratch profile is created in HrFlow, edited and archived.
    """
    budget = Budget()
    greenhouse, hrflow = Notes("Greenhouse"), Notes("HrFlow")
    candidates = _examine_greenhouse(greenhouse, budget, log)
    _examine_hrflow(hrflow, budget, log, candidates, writes=writes)
    return Diagnosis(greenhouse, hrflow, budget.spent)


def _examine_greenhouse(notes: Notes, budget: Budget, log: logging.Logger) -> list[RecentCandidate]:
    try:
        settings = GreenhouseSettings.resolve()
    except ConfigurationError as error:
        _note_settings(notes, error)
        return []
    session = HttpSession(
        "Greenhouse", retries=RETRIES, max_wait=_MAX_WAIT, timeout=_TIMEOUT, log=log
    )
    notes.modes["version"] = settings.harvest_version
    asker = Asker(session, notes, budget, "GREENHOUSE_BASE_URL and GREENHOUSE_TOKEN_URL")
    rows: list[JsonObject] = []
    try:
        if settings.harvest_version == "v3":
            rows = HarvestV3Account(settings, session, asker, notes).examine()
        else:
            rows = HarvestV1Account(settings, asker, notes).examine()
    except Stopped:
        pass
    finally:
        session.close()
    return recent_candidates(rows)


def _examine_hrflow(
    notes: Notes,
    budget: Budget,
    log: logging.Logger,
    candidates: list[RecentCandidate],
    *,
    writes: bool,
) -> None:
    try:
        settings, source_key = HrFlowSettings.resolve(), resolve_source_key(None)
    except ConfigurationError as error:
        _note_settings(notes, error)
        return
    session = HttpSession(
        "HrFlow",
        status_of=worse_of_status_and_code,
        retries=RETRIES,
        max_wait=_MAX_WAIT,
        timeout=_TIMEOUT,
        log=log,
    )
    asker = Asker(session, notes, budget, "HRFLOW_BASE_URL")
    source = HrFlowSource(settings, source_key, asker, notes, to_write=COST if writes else 0)
    try:
        source.examine(candidates)
        if writes:
            ScratchProfile(source, budget, notes).examine()
    except Stopped:
        pass
    finally:
        session.close()


def _note_settings(notes: Notes, error: ConfigurationError) -> None:
    notes.add("Settings", "are set", "one is missing or malformed", Verdict.BREAKS, str(error))
