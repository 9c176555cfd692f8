"""``python -m greenhouse_hrflow``: the command line.

Nothing heavy is imported before a command needs it: one that looks something up is to answer in a
second, and Dagster alone takes two.
"""

from __future__ import annotations

import json
import logging
import re
import sys
from typing import TextIO

import click

from greenhouse_hrflow.errors import ConfigurationError
from greenhouse_hrflow.storage.location import default_storage
from greenhouse_hrflow.storage.table_names import DEFAULT_WORKFLOW_ID
from greenhouse_hrflow.storage.tables import TableStore

_CANDIDATE = re.compile(r"(?:https?://[^/]+/people/)?(\d{1,18})(?:[/?#].*)?", re.ASCII)
"""A candidate's number, or the address of their page."""


@click.group()
def main() -> None:
    """Keep HrFlow profiles in step with Greenhouse candidates."""


@main.command()
@click.argument("candidate_id")
@click.option(
    "--workflow",
    envvar="GREENHOUSE_HRFLOW_WORKFLOW_ID",
    default=DEFAULT_WORKFLOW_ID,
    show_default=True,
    show_envvar=True,
    help="The workflow_id of the code location.",
)
@click.option("--storage", help="A folder or fsspec URL; else where the environment says.")
@click.option("--json", "as_json", is_flag=True, help="For other programs.")
def trace(candidate_id: str, workflow: str, storage: str | None, as_json: bool) -> None:
    """Tell every read, outcome, edit and coming retry of one candidate.

    CANDIDATE_ID is the number in the address of the candidate's page in Greenhouse, or that
    address.
    """
    number = _candidate_number(candidate_id)
    tables = _tables(storage)
    # After what may be wrong with the call, which is told at once.
    from greenhouse_hrflow.trace import Trace, nothing_known

    try:
        told = Trace.read(tables, workflow.strip() or DEFAULT_WORKFLOW_ID, number)
        if not told.rows:
            raise click.ClickException(nothing_known(tables, told.workflow_id, number))
    except (click.ClickException, MemoryError):
        raise
    except Exception as error:  # noqa: BLE001 - each kind of storage raises its own
        raise click.ClickException(
            f"The storage {tables} could not be read ({type(error).__name__}). Check its address, "
            "and the credentials and the network of this machine."
        ) from None
    if as_json:
        click.echo(told.as_json())
        return
    from rich.console import Console

    told.print_to(Console(highlight=False))


@main.command()
@click.option(
    "--write-test",
    "writes",
    is_flag=True,
    help="Also create a scratch profile in HrFlow, edit it in every way, and archive it.",
)
@click.option("--json", "as_json", is_flag=True, help="For other programs.")
@click.option(
    "--contract",
    # Opened before anything is asked, and put in the place of a former one when it is whole.
    type=click.File("w", encoding="utf-8", lazy=False, atomic=True),
    help="Also write how the accounts behave into this file: no person, no secret.",
)
def doctor(writes: bool, as_json: bool, contract: TextIO | None) -> None:
    """Tell whether this will work on the accounts that the environment names.

    Reads only, unless --write-test is given, and sends 40 requests at most. Exits with 1 where
    something would break.
    """
    from greenhouse_hrflow.doctor.diagnosis import diagnose

    log = logging.getLogger("greenhouse_hrflow.doctor")
    diagnosis = diagnose(log, writes=writes)
    if contract is not None:
        contract.write(json.dumps(diagnosis.contract(), indent=2) + "\n")
    if as_json:
        click.echo(diagnosis.as_json())
    else:
        from rich.console import Console

        from greenhouse_hrflow.doctor.table import print_table

        print_table(diagnosis, Console(highlight=False))
    sys.exit(1 if diagnosis.would_break else 0)


def _candidate_number(text: str) -> int:
    number = _CANDIDATE.fullmatch(text.strip())
    if number is None:
        raise click.ClickException(
            f"{text!r} is no candidate's id: it is a whole number, the one in the address "
            "https://app.greenhouse.io/people/<number>."
        )
    return int(number[1])


def _tables(storage: str | None) -> TableStore:
    try:
        place = storage or default_storage()
        if place is None:
            raise click.ClickException(
                "No storage is configured. Set GREENHOUSE_HRFLOW_STORAGE or DAGSTER_HOME as they "
                "are set for the code location, or give --storage."
            )
        return TableStore(place)
    except ConfigurationError as error:
        raise click.ClickException(str(error)) from None


if __name__ == "__main__":
    main(prog_name="python -m greenhouse_hrflow")
