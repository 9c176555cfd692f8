"""Both APIs on loopback, with people of their own: for a trial without credentials, and for tests.

Never used unless asked for. It knows the APIs from their documents and not from our clients: but
for `trial`, which runs the package on it, it imports nothing of the rest.

`greenhouse` and `hrflow` play the two APIs, `people` makes up who is in them, `server` answers for
both at one address; `modes` says how they behave where that is uncertain, `contract` reads it from
a file; `wire` and `moments` are what all of them speak.
"""

from __future__ import annotations

from greenhouse_hrflow.sandbox.hrflow.store import Put
from greenhouse_hrflow.sandbox.modes import GreenhouseModes, HrFlowModes
from greenhouse_hrflow.sandbox.server.faults import Fault
from greenhouse_hrflow.sandbox.server.sandbox import Sandbox

__all__ = ["Fault", "GreenhouseModes", "HrFlowModes", "Put", "Sandbox"]
