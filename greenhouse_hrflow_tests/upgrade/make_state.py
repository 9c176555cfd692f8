"""Makes what the upgrade test starts from: all that one version left behind, in one archive.

    python -m greenhouse_hrflow_tests.upgrade.make_state 0.1.0.tar.gz

Run it in a checkout of the version whose state is to be kept, once; the archive stays as it is
from then on. In it: a DAGSTER_HOME with its instance and its tables, the rows of Greenhouse and the
profiles of HrFlow as they stood in the end. Everybody in it is made up by the sandbox.
"""

from __future__ import annotations

import json
import os
import sys
import tarfile
import tempfile
from datetime import datetime, timezone
from pathlib import Path

import dagster as dg

from greenhouse_hrflow.sandbox import Fault, Sandbox
from greenhouse_hrflow_tests.support.stage import CANDIDATES, INSTANCE, PROFILES, Clock, Stage

STARTED_ON = datetime(2026, 3, 10, tzinfo=timezone.utc)
AFTER, BEFORE = "greenhouse_hrflow/updated_after", "greenhouse_hrflow/updated_before"


def main(archive: Path) -> None:
    """Run a week of made-up people through the assets, and keep what is left of it."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder, "home")
        home.mkdir()
        (home / "dagster.yaml").write_text(INSTANCE)
        os.environ["DAGSTER_HOME"] = str(home)
        with Sandbox(people=40, seed=4, started_on=STARTED_ON) as sandbox:
            os.environ.update(sandbox.environment())
            with dg.DagsterInstance.from_config(str(home)) as instance:
                _a_week(Stage(home, sandbox, Clock(), instance))
            (home / "greenhouse.json").write_text(json.dumps(sandbox.greenhouse.tables.rows))
            (home / "hrflow.json").write_text(json.dumps(sandbox.hrflow.profiles()))
        with tarfile.open(archive, "w:gz") as packed:
            packed.add(home, "home")


def _a_week(stage: Stage) -> None:
    """A backfill, a day with a failed candidate, an incremental range, and a push by itself."""
    assert stage.run("2026-03-03", "2026-03-06").success
    someone = stage.sandbox.greenhouse.changed(_day(7), _day(8))[0]
    stage.sandbox.fail(Fault("500", f"reference={someone}", times=None))
    assert stage.run("2026-03-07").success
    stage.sandbox.heal()
    bounds = {AFTER: "2026-03-07T12:00:00Z", BEFORE: "2026-03-08T20:00:00Z"}
    assert stage.run("2026-03-07", "2026-03-08", tags=bounds).success
    assert stage.run("2026-03-09", only=CANDIDATES).success
    assert stage.run("2026-03-09", only=PROFILES).success


def _day(day: int) -> datetime:
    return datetime(2026, 3, day, tzinfo=timezone.utc)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
