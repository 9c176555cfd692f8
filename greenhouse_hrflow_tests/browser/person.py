"""A person at Dagster's UI: what is clicked, and what is read off the pages.

Selectors are texts and roles, as a person finds them; every wait is for something to be seen.
"""

from __future__ import annotations

import re
import shutil
import time
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

from playwright.sync_api import Locator, Page

_JOB = "update_profiles_in_hrflow"
_CHECK = "no_candidate_is_rejected"
_RANGE = re.compile(r"\[(\S+?)\.\.\.(\S+?)\]|(\d{4}-\d\d-\d\d)")
_RUN_ENDED = re.compile(r"^(Success|Failure|Canceled)$")
_BACKFILL_ENDED = re.compile(r"^(Succeeded|Failed|Canceled)$")
_RUN_TAKES = 90_000.0
"""Milliseconds, on a machine that has other things to do: the daemon starts one when it looks."""
_READY_WITHIN = 60.0
"""Seconds in which, on such a machine, a page has all that it asks for when it is opened."""
_LOOK_AGAIN = 500.0
"""Milliseconds."""


class Person:
    """Works in one page, and keeps a picture of each thing that was looked at."""

    def __init__(self, page: Page, ui: str, album: Path) -> None:
        self._page = page
        self._ui = ui
        self._album = album
        album.mkdir()

    def open_launchpad(self) -> None:
        """Of the job: in the menu beside its button, "Open launchpad"."""
        self._open_job()
        button = self._page.get_by_role("button", name="Materialize all")
        # The menu's own button shows an arrow and no text.
        button.locator("xpath=following::button[1]").click()
        self._page.get_by_role("menuitem", name="Open launchpad").click()
        self._page.get_by_text("No errors").wait_for()

    def launch_from_launchpad(self, day: str) -> None:
        """Choose the partition, leave the form as Dagster filled it in, and press the button."""
        dialog = self._page.get_by_role("dialog")
        field = dialog.get_by_placeholder("Partition")
        # The list of suggestions is no part of the dialog.
        suggestion = self._page.get_by_text(day, exact=True).last

        def search() -> None:
            field.click()
            field.fill(day)

        # The field is emptied when the page has learned the partitions.
        self._do_until(search, suggestion.is_visible)
        suggestion.click()
        dialog.get_by_text(f"partition: {day}").wait_for()
        dialog.get_by_text("No errors").wait_for()
        self._look("launchpad")
        dialog.get_by_role("button", name="Materialize").last.click()
        self._page.wait_for_url("**/runs/*", wait_until="commit")

    def open_launch_dialog(self) -> None:
        """Of both assets: "Materialize all"."""
        self._open_job()
        self._page.get_by_role("button", name="Materialize all").click()
        self._page.get_by_text("Partition selection").wait_for()

    def open_launch_dialog_of(self, asset: str) -> None:
        """Of one asset: "Materialize…" on its page."""
        self._page.goto(f"{self._ui}/assets/{asset}")
        button = self._page.get_by_role("button", name="Materialize").first
        # Pressed before the page knows of partitions, it opens nothing.
        self._do_until(button.click, self._page.get_by_text("Partition selection").is_visible)

    def open_graph(self) -> None:
        """The lineage of all assets."""
        self._page.goto(f"{self._ui}/asset-groups")
        self._page.get_by_text("hrflow_source").first.wait_for()
        self._look("asset graph")

    def offers(self, choice: str, *days: str) -> bool:
        """Whether the launch dialog comes to give these days, perhaps with others, for "Failed",
        "Missing" or "Failed and missing"."""
        button = self._page.get_by_role("dialog").get_by_role("button", name=choice, exact=True)
        # It learns of one asset before the other, and what it gives stays as it was at the click.
        is_offered = self._do_until(button.click, lambda: self._offered().issuperset(days))
        self._look(f"offered as {choice}")
        return is_offered

    def launch(self, first: str, last: str) -> None:
        """Launch the days from first to last; one of them is a run, more are a backfill."""
        field = self._selection()
        field.fill(first if first == last else f"[{first}...{last}]")
        field.press("Enter")
        self.launch_what_is_offered()

    def launch_what_is_offered(self) -> None:
        """Press the launch dialog's button, and go to what it launched."""
        self._look("launch dialog")
        self._page.get_by_role("button", name=re.compile("^Launch ")).click()
        self._page.get_by_text(re.compile("^(Launched run|Created backfill) ")).wait_for()
        self._page.get_by_text("View", exact=True).click()
        self._page.wait_for_url("**/runs/**", wait_until="commit")

    def run_ended(self) -> str:
        """Wait for the end of the run whose page is open: what its label says."""
        label = self._page.get_by_text(_RUN_ENDED).first
        label.wait_for(timeout=_RUN_TAKES)
        self._look("run")
        return label.inner_text()

    def backfill_ended(self) -> str:
        """The same of the backfill whose page is open."""
        status = self._page.get_by_text("Status", exact=True).locator("xpath=..")
        label = status.get_by_text(_BACKFILL_ENDED)
        label.wait_for(timeout=2 * _RUN_TAKES)
        self._look("backfill")
        return label.inner_text()

    def reads(self, text: str) -> bool:
        """Whether the open page comes to show this text."""
        found = self._page.get_by_text(text).first
        found.wait_for()
        return found.is_visible()

    def open_partition(self, asset: str, day: str) -> None:
        """An asset's page of one day."""
        self._page.goto(f"{self._ui}/assets/{asset}?view=partitions&partition={day}")
        self._page.get_by_text("Latest materialization").wait_for()
        self._page.get_by_text(re.compile(r"^Failed \(\d+\)")).wait_for()
        self._look(f"{asset} of {day}")

    def partition_status(self) -> str:
        """Of the partition whose page is open: "Materialized", "Failed" or "Missing"."""
        failed = self._page.get_by_text("failed, and did not materialize this asset")
        materialized = self._page.get_by_text("Materialized", exact=True)
        missing = self._page.get_by_text("Missing", exact=True)
        failed.or_(materialized).or_(missing).first.wait_for()
        if failed.count():
            return "Failed"
        return "Materialized" if materialized.count() else "Missing"

    def count(self, name: str) -> int:
        """A number of the open partition's metadata."""
        row = self._page.get_by_role("row").filter(has=self._page.get_by_text(name, exact=True))
        return int(row.inner_text().removeprefix(name))

    def shown(self, name: str) -> str:
        """A text of the open partition's metadata."""
        row = self._page.get_by_role("row").filter(has=self._page.get_by_text(name, exact=True))
        return row.first.inner_text().removeprefix(name).strip()

    def switch_sensor(self) -> None:
        """The switch on the page of the incremental sensor: on, or off again."""
        place = f"locations/greenhouse_hrflow.definitions/sensors/{_JOB}_incremental"
        self._page.goto(f"{self._ui}/{place}")
        # What one sees of the switch is the label around its checkbox.
        self._page.get_by_role("checkbox").locator("xpath=..").first.click()
        self._page.get_by_text(re.compile("^(Running|Stopped)$")).first.wait_for()

    def reads_of_a_tick(self, text: str) -> bool:
        """Whether a tick of the sensor whose page is open comes to give this reason."""
        asked = self._page.get_by_text("0 runs requested", exact=True)
        asked.first.wait_for(timeout=2 * _RUN_TAKES)
        reason = self._page.get_by_text(text)

        def look() -> None:
            self._page.keyboard.press("Escape")
            asked.last.click()

        found = self._do_until(look, reason.first.is_visible)
        self._look("tick")
        self._page.keyboard.press("Escape")
        return found

    def form(self) -> str:
        """What the open launchpad shows: the form as Dagster fills it in, and what may be given."""
        dialog = self._page.get_by_role("dialog").last
        dialog.get_by_text("compare_with_hrflow").first.wait_for()
        self._look("launchpad")
        return dialog.inner_text()

    def check_status(self) -> tuple[str, str]:
        """Of the check of hrflow_profiles: what the list says, and what its latest result says."""
        self._page.goto(f"{self._ui}/assets/hrflow_profiles?view=checks&checkDetail={_CHECK}")
        label = self._page.get_by_text("Evaluation result", exact=True)
        label.wait_for()
        self._look("check")
        in_list = self._page.get_by_title(_CHECK).first.locator("xpath=..")
        return (
            in_list.inner_text().split("\n")[-1].strip(),
            label.locator("xpath=following-sibling::*[1]").inner_text().strip(),
        )

    def keep_album(self, folder: Path) -> None:
        """Keep what was looked at, and what the page shows now."""
        self._look("at the end")
        (self._album / "at the end.txt").write_text(self._page.inner_text("body"))
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(self._album, folder)

    def _open_job(self) -> None:
        self._page.goto(self._ui)
        self._page.get_by_role("link", name="Jobs").click()
        self._page.get_by_role("link", name=f"job {_JOB}", exact=True).click()

    def _do_until(self, act: Callable[[], object], is_seen: Callable[[], bool]) -> bool:
        """Do it, and again as long as the page was not ready for it; whether it came to be seen."""
        deadline = time.monotonic() + _READY_WITHIN
        act()
        while not is_seen():
            if time.monotonic() > deadline:
                return False
            self._page.wait_for_timeout(_LOOK_AGAIN)
            if not is_seen():
                act()
        return True

    def _offered(self) -> set[str]:
        return _days(self._selection().input_value())

    def _selection(self) -> Locator:
        return self._page.get_by_role("dialog").get_by_role("textbox").first

    def _look(self, what: str) -> None:
        number = sum(1 for _ in self._album.glob("*.png"))
        self._page.screenshot(path=self._album / f"{number:02} {what}.png")


def _days(selection: str) -> set[str]:
    """The days of a selection as Dagster writes it: `[2026-01-01...2026-01-03], 2026-01-07`."""
    found: set[str] = set()
    for first, last, one in _RANGE.findall(selection):
        begin, end = date.fromisoformat(first or one), date.fromisoformat(last or one)
        found |= {str(begin + timedelta(days=n)) for n in range((end - begin).days + 1)}
    return found
