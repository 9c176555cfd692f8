"""The server on loopback: both APIs at one address, what goes wrong, and /sandbox."""

from __future__ import annotations
