"""Doing several things at the same time."""

import asyncio
from collections.abc import Coroutine, Iterable
from typing import Any, TypeVar

T = TypeVar("T")


async def at_once(work: Iterable[Coroutine[Any, Any, T]]) -> list[T]:
    """What each of *work* returns, in its order. The first failure cancels the others, and is
    raised as it is."""
    first, *others = work
    if not others:
        return [await first]
    try:
        async with asyncio.TaskGroup() as tasks:
            running = [tasks.create_task(each) for each in (first, *others)]
    except ExceptionGroup as group:
        raise group.exceptions[0] from group
    return [task.result() for task in running]
