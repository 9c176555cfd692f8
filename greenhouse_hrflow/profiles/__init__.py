"""Pure: from a candidate to the profile that is to be written. Nothing is asked or stored here."""

from __future__ import annotations
