"""`make screenshots`: the README's pictures, made from the running UI, so that they stay true."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import sync_playwright

from greenhouse_hrflow_tests.browser.conftest import FLAGS
from greenhouse_hrflow_tests.browser.person import Person
from greenhouse_hrflow_tests.browser.trial import Trial

PICTURES = Path(__file__).resolve().parents[2] / "docs" / "images"


_DRAWN = 5_000.0
"""Milliseconds in which the graph has found its place, and its nodes what was materialised."""


def main() -> int:
    """Launch three days of the sandbox, and keep what the graph and a materialisation show."""
    browser = shutil.which("chromium") or shutil.which("chromium-browser")
    if browser is None:
        print("make screenshots needs Chromium, and no `chromium` is on the PATH.", file=sys.stderr)
        return 1
    PICTURES.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory() as folder, Trial(Path(folder)) as trial, sync_playwright() as play:
        window = play.chromium.launch_persistent_context(
            Path(folder, "user_data"), executable_path=browser, args=FLAGS,
            viewport={"width": 1800, "height": 900},
        )  # fmt: skip
        window.set_default_timeout(60_000.0)
        page = window.pages[0]
        person = Person(page, trial.ui, Path(folder, "album"))
        person.open_launch_dialog()
        person.launch(trial.day(-3), trial.day(-1))
        if person.backfill_ended() != "Succeeded":
            print("The backfill did not succeed.", file=sys.stderr)
            return 1
        person.open_graph()
        # Hidden, the navigation leaves the nodes room for what they say of their partitions.
        page.get_by_text("Hide navigation").click()
        page.wait_for_timeout(_DRAWN)
        # Nearer, the nodes show more than their names.
        page.mouse.move(1000, 430)
        page.mouse.wheel(0, -350)
        page.wait_for_timeout(_DRAWN)
        page.screenshot(path=PICTURES / "asset_graph.png")
        person.open_partition("hrflow_profiles", trial.day(-1))
        person.shown("summary")
        page.screenshot(path=PICTURES / "materialization.png")
        window.close()
    print(f"The pictures are in {PICTURES}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
