"""The contenders: each a program that brings all candidates of the environment's sandbox to HrFlow.

Each prints one line of JSON: seconds of the push and of the pull, CPU seconds of both, and how many
profiles it reports as failed.
"""

from __future__ import annotations
