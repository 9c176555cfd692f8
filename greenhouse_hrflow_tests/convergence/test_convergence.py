"""When it goes quiet, HrFlow holds what Greenhouse says, and nothing was lost on the way."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from greenhouse_hrflow_tests.convergence.location import FIRST_PARTITION
from greenhouse_hrflow_tests.convergence.simulation import Simulation
from greenhouse_hrflow_tests.convergence.verdict import (
    not_converged,
    turned_back,
    written_in_vain,
)

SEED = 7


ALWAYS, NEVER = 1, 10_000
"""From how many candidates on profiles are read in pages."""


@pytest.fixture(
    params=[(16, ALWAYS), (64, NEVER)],
    ids=["16-workers-by-sweep", "64-workers-by-single-reads"],
)
def simulation(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Simulation]:
    workers, sweep_from = request.param
    simulation = Simulation(
        tmp_path / "home", people=200, seed=SEED, workers=workers, sweep_from=sweep_from
    )
    yield simulation
    simulation.close()


def test_all_that_greenhouse_says_is_in_hrflow_when_it_goes_quiet(simulation: Simulation) -> None:
    people, hrflow = simulation.people, simulation.sandbox.hrflow
    simulation.backfill_everything()
    simulation.storm(mutations=220, seconds=35.0)
    simulation.settle()
    # A run takes along what earlier ones could not bring; something must move to start one.
    people.application(min(people.moved - people.gone))
    simulation.settle()
    assert simulation.runs.counts["killed"] > 0

    # What leaves no row in Greenhouse is not promised yet; nor is the profile that HrFlow refused
    # to every run, and that was rejected for it.
    promised = people.moved - people.silent - {simulation.poisoned}
    assert not_converged(people, hrflow, promised) == []
    assert turned_back(people, hrflow) == []
    assert written_in_vain(people, hrflow) == []
    assert simulation.recruiter.lost() == []

    # Both are found by who does the partition again.
    simulation.backfill_everything()
    everybody = simulation.sandbox.greenhouse.changed(FIRST_PARTITION, simulation.clock())
    assert not_converged(people, hrflow, everybody) == []
    assert turned_back(people, hrflow) == []
    assert simulation.recruiter.lost() == []
    puts = len(hrflow.puts)
    simulation.backfill_everything()
    assert len(hrflow.puts) == puts
