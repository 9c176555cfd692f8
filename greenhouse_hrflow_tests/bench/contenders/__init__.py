"""The contenders: each a program that brings all candidates of the environment's sandbox to HrFlow.

Each prints one line of JSON: seconds of the push and of the pull, CPU seconds of both, and how many
profiles it reports as failed. `cpu_steps` is no contender: it takes this project's push apart, and
prints milliseconds.
"""

from __future__ import annotations
