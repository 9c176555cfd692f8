"""HrFlow: the profiles of one source, and the API over them."""

from __future__ import annotations
