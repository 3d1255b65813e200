"""One measurement in a process of its own: ``worker CONTENDER SCENARIO URL DIRECTORY OPTIONS``.

The last line it prints is the result as JSON."""

import asyncio
import json
import sys
from collections.abc import Mapping
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
)

CONTENDERS = {"project": project.opened, "raw": raw.opened, "client": client.opened}


async def work(words: list[str]) -> Any:
    contender, scenario, url, directory, options = words
    given: Mapping[str, Any] = json.loads(options)
    if contender == "kernel":
        return await kernel.measure(scenario, url, Path(directory), given)
    if contender == "checks":
        return await checks.measure(Path(directory), given)
    if contender == "hosts":
        return await hosts.measure(scenario, Path(directory), given)
    if contender == "policy":
        return await policy.measure(int(given["judged"]), int(given["confirmed"]))
    if contender == "replies":
        return replies.measure(int(given["read"]))
    if scenario in ("start", "tokens"):
        return await service.measure(contender, scenario, url, Path(directory), given)
    async with CONTENDERS[contender](url, Path(directory)) as opened:
        garbage.calm()  # for all alike, as the bot does at its start
        if scenario == "profile":
            return await profile.profile(opened, int(given["level"]), given["seconds"])
        return await load.measure(scenario, opened, given)


if __name__ == "__main__":
    print(json.dumps(asyncio.run(work(sys.argv[1:]))))
