"""From a candidate to the profile that is to be written. No request is made and nothing stored."""

from __future__ import annotations
