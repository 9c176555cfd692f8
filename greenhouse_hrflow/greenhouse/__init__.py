"""Reading candidates from Greenhouse, over Harvest v3 or v1, in one shape.

`reader` is the way in, `candidate` says what comes out, `pull_parameters` and `settings` what may
be asked for. `v3` and `v1` each know one API; `paging` and `link_header` are what both need.
Nothing here knows Dagster, HrFlow or what is stored.
"""

from __future__ import annotations
