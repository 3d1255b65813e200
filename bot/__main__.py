"""The command line: ``python -m bot [run]``, and a verb for each part that has one."""

import asyncio
import signal
import sys
from collections.abc import AsyncGenerator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from functools import partial
from typing import Any, TypeVar

from bot import app, garbage, logs
from bot.config import BadSettings, Settings, load, secrets
from bot.data_dir import prepare
from bot.ports import Sound, StoreError
from bot.redact import Redactor
from bot.store.lock import Taken, exclusive
from bot.store.sqlite import Corrupt, SqliteStore

E = TypeVar("E", bound=Exception)
CANNOT_START = 2
CORRUPT = 3


def main(words: Sequence[str]) -> int:
    """The exit status: 0 done, 2 it cannot start like this, 3 the database is damaged."""
    try:
        settings = load()
        if warning := prepare(settings):
            print(warning, file=sys.stderr)
    except BadSettings as problem:
        print(problem, file=sys.stderr)
        return CANNOT_START
    status = CANNOT_START
    try:
        status = asyncio.run(_work(settings, words))
    except* BadSettings as problems:  # every task group on their way wrapped them once more
        print(*_leaves(problems), sep="\n", file=sys.stderr)
    except* Corrupt as damages:
        print(_damaged(settings, _leaves(damages)[0]), file=sys.stderr)
        status = CORRUPT
    return status


async def _work(settings: Settings, words: Sequence[str]) -> int:
    redactor = Redactor(secrets(settings))
    logs.configure(settings.log_format, redactor)
    if words and words[0] != "run":
        return await _do(settings, redactor, words[0], words[1:])
    return await _run(settings, redactor)


async def _run(settings: Settings, redactor: Redactor) -> int:
    try:
        with exclusive(settings.database):
            async with _opened(settings, redactor) as (kernel, parts):
                services = [service for part in parts for service in part.services]
                for prepare in (part.prepare for part in parts if part.prepare):
                    await prepare()
                return await _until_told(lambda: kernel.serve(services))
    except Taken as taken:
        raise BadSettings(
            f"AI_DATABASE_URL: {settings.database} is served by process {taken.owner} already; "
            "stop that one, or give this one another AI_DATA_DIR"
        ) from None


async def _do(settings: Settings, redactor: Redactor, verb: str, words: Sequence[str]) -> int:
    """A verb of a part, beside a bot that may be running on the same database."""
    async with _opened(settings, redactor) as (_, parts):
        verbs = {name: run for part in parts for name, run in part.cli.items()}
        verbs["doctor"] = partial(_doctor, parts)
        if verb not in verbs:
            print(f"usage: python -m bot [run | {' | '.join(sorted(verbs))}] …", file=sys.stderr)
            return CANNOT_START
        return await verbs[verb](words)


async def _doctor(parts: Sequence[app.Part], words: Sequence[str]) -> int:
    """``doctor NAME``: 0 when nothing is wrong with it, otherwise 1."""
    doctors = {name: look for part in parts for name, look in part.doctor.items()}
    if len(words) != 1 or words[0] not in doctors:
        known = " | ".join(sorted(doctors)) or "nothing that is on has one"
        print(f"usage: python -m bot doctor [{known}]", file=sys.stderr)
        return CANNOT_START
    lines = await doctors[words[0]]()
    print("\n".join(lines) or f"{words[0]}: nothing is wrong")
    return 1 if lines and not isinstance(lines, Sound) else 0


@asynccontextmanager
async def _opened(
    settings: Settings, redactor: Redactor
) -> AsyncGenerator[tuple[app.Kernel, list[app.Part]]]:
    try:
        async with (
            SqliteStore.open(settings.database) as store,
            app.assembled(settings, store, redactor) as assembled,
        ):
            yield assembled
    except Corrupt:
        raise
    except StoreError as problem:  # of the opening: a task group wraps what comes later
        raise BadSettings(
            f"AI_DATABASE_URL: {settings.database} cannot be opened ({problem}); name a file that"
            " this account may write"
        ) from None


async def _until_told(serve: Callable[[], Coroutine[Any, Any, None]]) -> int:
    """Serve until SIGTERM or SIGINT. Recovery needs no farewell, so this is only tidiness."""
    told = asyncio.Event()
    garbage.calm()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, told.set)
    async with asyncio.TaskGroup() as tasks:
        serving = tasks.create_task(serve())
        await told.wait()
        serving.cancel()
    return 0


def _leaves(group: BaseExceptionGroup[E]) -> list[E]:
    found: list[E] = []
    for each in group.exceptions:
        found += _leaves(each) if isinstance(each, BaseExceptionGroup) else [each]
    return found


def _damaged(settings: Settings, damage: Corrupt) -> str:
    file = settings.database
    return (
        f"{file} is damaged ({damage}) and has not been touched.\n"
        f"Keep it together with {file.name}-wal and {file.name}-shm, put the last good copy in its"
        " place, and start again."
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
