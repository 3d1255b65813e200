"""One measurement in a process of its own: ``worker CONTENDER SCENARIO URL DIRECTORY OPTIONS``.

The last line it prints is the result as JSON."""

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

from bot import garbage
from tests.bench import (
    checks,
    client,
    hosts,
    kernel,
    load,
    policy,
    profile,
    project,
    raw,
    replies,
    service,
    slack_load,
)

CONTENDERS = {"project": project.opened, "raw": raw.opened, "client": client.opened}


async def _replies(given: Mapping[str, Any]) -> Any:
    return replies.measure(int(given["read"]))


# Parts of the project that are measured by themselves: (scenario, url, directory, given).
ALONE: Mapping[str, Callable[[str, str, Path, Mapping[str, Any]], Awaitable[Any]]] = {
    "kernel": kernel.measure,
    "checks": lambda _scenario, _url, directory, given: checks.measure(directory, given),
    "hosts": lambda scenario, _url, directory, given: hosts.measure(scenario, directory, given),
    "slack": lambda _scenario, _url, directory, given: slack_load.measure(
        directory, given["rate"], given["seconds"]
    ),
    "policy": lambda _scenario, _url, _directory, given: policy.measure(
        int(given["judged"]), int(given["confirmed"])
    ),
    "replies": lambda _scenario, _url, _directory, given: _replies(given),
}


async def work(words: list[str]) -> Any:
    contender, scenario, url, directory, options = words
    given: Mapping[str, Any] = json.loads(options)
    if alone := ALONE.get(contender):
        return await alone(scenario, url, Path(directory), given)
    if scenario in ("start", "tokens"):
        return await service.measure(contender, scenario, url, Path(directory), given)
    async with CONTENDERS[contender](url, Path(directory)) as opened:
        garbage.calm()  # for all alike, as the bot does at its start
        if scenario == "profile":
            return await profile.profile(opened, int(given["level"]), given["seconds"])
        return await load.measure(scenario, opened, given)


if __name__ == "__main__":
    print(json.dumps(asyncio.run(work(sys.argv[1:]))))
