"""`make bench`: this project beside other ways to do the same, on one machine."""

from __future__ import annotations
