"""Both APIs on loopback, with people of their own: for a trial without credentials, and for tests.

Never used unless asked for. It imports nothing of the rest of the package, and knows the APIs from
their documents and not from our clients.
"""

from __future__ import annotations

from greenhouse_hrflow.sandbox.hrflow.store import Put
from greenhouse_hrflow.sandbox.server.faults import Fault
from greenhouse_hrflow.sandbox.server.sandbox import Sandbox

__all__ = ["Fault", "Put", "Sandbox"]
