"""`make demo` and `make dev`: the package itself on the sandbox. The one place that knows both."""

from __future__ import annotations
