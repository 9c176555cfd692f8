"""Reading candidates from Greenhouse, over Harvest v3 or v1, in one shape.

`reader` is the way in, `candidate` says what comes out, `pull_parameters` and `settings` what may
be asked for. The modules `harvest_v3*` and `harvest_v1` each know one API; `resource` alone knows
Dagster, so it is imported by its own name.
"""

from __future__ import annotations
