"""Requests of one read that need not wait for each other, in a few threads."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from typing import TypeVar

from greenhouse_hrflow.greenhouse.v3.lists import HarvestV3Lists

CONNECTIONS = 6
"""How many requests are in the air at once: v3 has six lists of a candidate's records."""

_Result = TypeVar("_Result")


def run_together(lists: HarvestV3Lists, tasks: Sequence[Callable[[], _Result]]) -> list[_Result]:
    """The results of all tasks, in their order.

    After the first failure, or an interrupt, nothing more is asked in this read: the other tasks
    end with the answer that they wait for.
    """
    if len(tasks) < 2:
        return [task() for task in tasks]
    pool = ThreadPoolExecutor(CONNECTIONS, "greenhouse")
    futures = [pool.submit(task) for task in tasks]
    try:
        for future in as_completed(futures):
            future.result()
    except BaseException as failure:
        lists.stop()
        # An interrupt does not wait for threads that may stand in a retry. A failure does: no
        # request of this read is made behind the back of what comes next.
        pool.shutdown(wait=isinstance(failure, Exception), cancel_futures=True)
        raise
    pool.shutdown()
    return [future.result() for future in futures]
