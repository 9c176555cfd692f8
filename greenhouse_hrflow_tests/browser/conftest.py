"""The trial and the browser that the tests share, and what is kept of a test that failed."""

from __future__ import annotations

import re
import shutil
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Playwright, sync_playwright

from greenhouse_hrflow_tests.browser.person import Person
from greenhouse_hrflow_tests.browser.trial import Trial

KEPT = Path(__file__).resolve().parents[2] / ".browser"
"""Of the last `make test-browser`: for each failed test its screenshots; ignored by git."""

FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
_TO_BE_SEEN = 60_000.0
"""Milliseconds within which a page shows what is waited for, on a machine that is busy."""


@pytest.fixture(scope="session")
def chromium() -> str:
    """The browser of this machine."""
    shutil.rmtree(KEPT, ignore_errors=True)
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    if found is None:
        pytest.exit(
            "make test-browser needs Chromium, and no `chromium` is on the PATH. "
            "On Debian: apt-get install chromium",
            returncode=1,
        )
    return found


@pytest.fixture(scope="session")
def trial(chromium: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trial]:
    """One `make dev` for all tests: each has days of its own."""
    with Trial(tmp_path_factory.mktemp("trial")) as started:
        yield started


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    """What drives the browser."""
    with sync_playwright() as started:
        yield started


@pytest.fixture
def window(chromium: str, playwright: Playwright, tmp_path: Path) -> Iterator[BrowserContext]:
    """A browser that has seen nothing yet."""
    with playwright.chromium.launch_persistent_context(
        tmp_path / "user_data",
        executable_path=chromium,
        args=FLAGS,
        viewport={"width": 1500, "height": 950},
    ) as opened:
        opened.set_default_timeout(_TO_BE_SEEN)
        yield opened


@pytest.fixture
def person(window: BrowserContext, trial: Trial, tmp_path: Path) -> Person:
    """Somebody who opens the UI."""
    return Person(window.pages[0], trial.ui, tmp_path / "album")


@pytest.fixture
def used_up_quota(trial: Trial) -> Iterator[None]:
    """HrFlow answers 402, until the test heals it or ends."""
    trial.exhaust_quota()
    yield
    trial.heal()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Function, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Keep the pictures of a failed test, and say where; the browser is still open here."""
    report = yield
    person, trial = item.funcargs.get("person"), item.funcargs.get("trial")
    if report.when == "call" and report.failed and isinstance(person, Person):
        folder = KEPT / re.sub(r"\W+", "_", item.name)
        person.keep_album(folder)
        if isinstance(trial, Trial):
            (folder / "dev.log").write_text(trial.log())
        report.sections.append(("What the browser showed", str(folder)))
    return report
