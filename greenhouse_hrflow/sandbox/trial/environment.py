"""The environment in which a process meets the sandbox, and no account of the user's.

Nothing is read from a real account here, and nothing is started; that is `demo` and `dev`.
"""

from __future__ import annotations

from collections.abc import Mapping

from greenhouse_hrflow.sandbox.server.loopback import HOST
from greenhouse_hrflow.sandbox.server.sandbox import Sandbox

_OF_AN_ACCOUNT = frozenset({"GREENHOUSE_USER_ID", "GREENHOUSE_HRFLOW_STORAGE"})
"""Variables that say nothing to the sandbox: a user of Greenhouse, and where real tables lie."""


def sandbox_environment(inherited: Mapping[str, str], sandbox: Sandbox) -> dict[str, str]:
    """What a process inherits, with the sandbox in the place of every account.

    Settings that belong to no account (the Harvest version, the partitions) are kept. A proxy
    that the machine is told to use is passed by: it knows nothing of this machine's loopback.
    """
    kept = {name: value for name, value in inherited.items() if name not in _OF_AN_ACCOUNT}
    passed_by = [kept[name] for name in ("no_proxy", "NO_PROXY") if kept.get(name)]
    no_proxy = ",".join([*passed_by, HOST])
    return {**kept, **sandbox.environment(), "no_proxy": no_proxy, "NO_PROXY": no_proxy}
