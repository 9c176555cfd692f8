"""`make dev`: Dagster's UI on the accounts that the environment names, else on the sandbox.

Here is what is started, and with which environment; how it ends without leaving a process behind
is in `process_group`.
"""

from __future__ import annotations

import argparse
import http.client
import os
import shutil
import signal
import socket
import sys
import threading
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from types import FrameType

import dagster as dg

from greenhouse_hrflow.sandbox import Sandbox
from greenhouse_hrflow.sandbox.contract import NO_CONTRACT, BadContract, Contract, read_contract
from greenhouse_hrflow.sandbox.server.loopback import HOST
from greenhouse_hrflow.sandbox.trial.environment import sandbox_environment
from greenhouse_hrflow.sandbox.trial.process_group import ProcessGroup

PROJECT = Path(__file__).resolve().parents[3]
WORKSPACE = PROJECT / "workspace.yaml"
PORTS = range(3000, 3020)

_NAME_AN_ACCOUNT = ("GREENHOUSE_CLIENT_ID", "GREENHOUSE_API_KEY", "HRFLOW_API_SECRET")
_INSTANCE = PROJECT / "deploy" / "dagster.yaml"
_LOOK_EVERY = 0.5
_NO_ADVERT = "ignore:Function `dev_command` is superseded"
_DAGSTER_DEV = (sys.executable, "-W", _NO_ADVERT, "-m", "dagster", "dev")


class CannotStart(Exception):
    """Something is missing or taken; its text says what, and what to do."""


def main(arguments: list[str] | None = None) -> int:
    """Serve until Ctrl-C, SIGTERM or the end of `dagster dev` itself; the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m greenhouse_hrflow.sandbox.trial.dev", description=__doc__
    )
    parser.add_argument("--port", type=int, help="of the UI; the first free one from 3000 on")
    parser.add_argument(
        "--contract", type=Path, metavar="FILE", help="let the sandbox behave like an account"
    )
    options = parser.parse_args(arguments)
    try:
        contract = _contract(options.contract) if options.contract else None
        return _serve(_port(options.port), contract)
    except (BadContract, CannotStart) as problem:
        print(problem, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def missing_credentials(environment: Mapping[str, str]) -> list[str]:
    """What the environment lacks to reach real accounts; empty when it has it all."""
    greenhouse = environment.get("GREENHOUSE_CLIENT_ID") or environment.get("GREENHOUSE_API_KEY")
    missing = [] if greenhouse else ["GREENHOUSE_CLIENT_ID (or GREENHOUSE_API_KEY)"]
    return missing if environment.get("HRFLOW_API_SECRET") else [*missing, "HRFLOW_API_SECRET"]


def _contract(path: Path) -> Contract:
    """What the file says; CannotStart where the environment names real accounts."""
    if not missing_credentials(os.environ):
        named = " and ".join(name for name in _NAME_AN_ACCOUNT if os.environ.get(name))
        raise CannotStart(
            f"A contract is for the sandbox, and your environment names real accounts: unset "
            f"{named}, or leave CONTRACT away. Nothing was started."
        )
    contract = read_contract(path)
    print(f"The sandbox follows the contract {path}.")
    return contract


def _serve(port: int, contract: Contract | None) -> int:
    ended = _ended_by_signal()
    missing = missing_credentials(os.environ)
    with ExitStack() as stack:
        if missing:
            print(f"Not set: {', '.join(missing)}. The sandbox stands in for both accounts.")
            environment, folder, hints = on_sandbox(stack, contract or NO_CONTRACT)
        else:
            environment, folder, hints = _on_accounts()
        print("Starting Dagster, which takes some seconds.", flush=True)
        _create_instance(environment["DAGSTER_HOME"])
        command = [*_DAGSTER_DEV, "-w", str(WORKSPACE), "-p", str(port)]
        group = stack.enter_context(ProcessGroup(command, environment=environment, folder=folder))
        return _watch(group, ended, port, hints)


def _watch(group: ProcessGroup, ended: threading.Event, port: int, hints: str) -> int:
    """Wait for the end, and say once where the UI is."""
    is_up = False
    while not ended.wait(_LOOK_EVERY):
        if group.exit_code is not None:
            print("dagster dev ended by itself; what it said is above.", file=sys.stderr)
            return 1
        if not is_up and _answers(port):
            is_up = True
            print(f"\nThe UI: http://{HOST}:{port}    Ctrl-C ends everything.\n{hints}", flush=True)
    print("\nEnding what was started.", flush=True)
    return 0


def _on_accounts() -> tuple[dict[str, str], Path, str]:
    """The environment, the folder to run in and what to say, for real accounts."""
    home = _home("accounts")
    hints = f"The accounts are those of your environment. DAGSTER_HOME is {home}"
    return {**os.environ, "DAGSTER_HOME": str(home)}, PROJECT, hints


def on_sandbox(stack: ExitStack, contract: Contract) -> tuple[dict[str, str], Path, str]:
    """The same for a sandbox, as long as the stack. It runs in a folder without a .env, which
    Dagster would load over the environment; made-up people go into no table of the user's."""
    sandbox = stack.enter_context(
        Sandbox(
            greenhouse=contract.greenhouse,
            hrflow=contract.hrflow,
            shapes=contract.shapes,
            control=True,
        )
    )
    home = _home("trial")
    paths = os.pathsep.join(filter(None, [str(PROJECT), os.environ.get("PYTHONPATH")]))
    environment = {
        **sandbox_environment(os.environ, sandbox),
        "DAGSTER_HOME": str(home),
        "GREENHOUSE_HRFLOW_STORAGE": str(home / "sandbox_tables"),
        "PYTHONPATH": paths,
    }
    # Who tries it out waits before the screen.
    environment.setdefault("GREENHOUSE_HRFLOW_SENSOR_INTERVAL", "30")
    if contract.greenhouse.version:
        environment.setdefault("GREENHOUSE_HARVEST_VERSION", contract.greenhouse.version)
    return environment, home, _sandbox_hints(sandbox, home)


def _sandbox_hints(sandbox: Sandbox, home: Path) -> str:
    accounts = f"The accounts are the sandbox's, made up, at {sandbox.url}. DAGSTER_HOME is {home}"
    reference = _updatable(sandbox)
    if reference is None:
        return (
            f"{accounts}\nNo profile has the id of its candidate as its reference, as the default "
            f"format gives it.\n  curl {sandbox.url}/sandbox"
        )
    change = '{"phone_numbers": [{"type": "mobile", "value": "+1 202 555 0147"}]}'
    return (
        f"{accounts}\n"
        "Change a candidate, materialise today's partition in the UI, and see the profile:\n"
        f"  curl -X PATCH {sandbox.url}/sandbox/candidates/{reference} -d '{change}'\n"
        f"  curl {sandbox.url}/sandbox/profiles/{reference}\n"
        f"  curl {sandbox.url}/sandbox"
    )


def _updatable(sandbox: Sandbox) -> str | None:
    """A candidate whose profile, under their id, exists and may be edited; None without any."""
    profiles = {each["reference"]: each for each in sandbox.hrflow.profiles()}
    for candidate_id in sandbox.greenhouse.candidate_ids():
        profile = profiles.get(str(candidate_id))
        named = sandbox.greenhouse.candidate(candidate_id)["first_name"]
        if profile and not profile["archived_at"] and named != "Anonymized":
            return str(candidate_id)
    return None


def _home(kind: str) -> Path:
    """The user's DAGSTER_HOME, else a folder of the project; a new one gets our dagster.yaml.

    The sandbox has a folder of its own in either: the watermark of its made-up people must not
    be taken for what the user's have.
    """
    given = os.environ.get("DAGSTER_HOME")
    home = Path(given).expanduser().resolve() if given else PROJECT / ".dagster_home"
    if kind == "trial" or not given:
        home = home / kind
    home.mkdir(parents=True, exist_ok=True)
    if not any(home.iterdir()):
        shutil.copy(_INSTANCE, home)
    return home


def _create_instance(home: str) -> None:
    """Open it once: two processes that create one SQLite instance at the same time collide."""
    with dg.DagsterInstance.from_config(home):
        pass


def _port(wanted: int | None) -> int:
    if not WORKSPACE.exists():
        raise CannotStart(f"{WORKSPACE} is not there: run this in a clone of the project.")
    for port in PORTS if wanted is None else [wanted]:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, port))
            except (OSError, OverflowError):
                continue
            return port
    ports = f"port {wanted} is" if wanted is not None else f"ports {PORTS[0]} to {PORTS[-1]} are"
    raise CannotStart(f"On {HOST} {ports} taken or not allowed; give another one with --port.")


def _answers(port: int) -> bool:
    connection = http.client.HTTPConnection(HOST, port, timeout=2.0)
    try:
        connection.request("GET", "/server_info")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _ended_by_signal() -> threading.Event:
    """Set by the first signal, so that all ends in good order; the second one does not wait."""
    ended = threading.Event()

    def end(number: int, frame: FrameType | None) -> None:
        if ended.is_set():
            raise KeyboardInterrupt
        ended.set()

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        # Who ignores a hang-up (nohup) means to go on.
        if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, end)
    return ended


if __name__ == "__main__":
    sys.exit(main())
