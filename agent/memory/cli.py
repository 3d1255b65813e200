"""``python -m bot memory export [FILE] | import FILE | stats``, also while the bot runs."""

import json
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from agent.memory.archive import everything, take_in
from agent.memory.desk import stats
from agent.memory.soundness import sound
from agent.memory.spool import Spool
from bot.blocking import run_blocking
from bot.memory import BadMemory, Remembered
from bot.ports import Store

_USAGE = "usage: memory export [FILE] | memory import FILE | memory stats\n"
_LINE = TypeAdapter(Remembered)
_BAD = 2
Redact = Callable[[str], str]


class _Unusable(Exception):
    """The file is no export. Nothing was read in."""


def cli(store: Store, redact: Redact) -> Mapping[str, Callable[[Sequence[str]], Awaitable[int]]]:
    async def memory(words: Sequence[str]) -> int:
        try:
            said = await _done(store, redact, list(words))
        except (_Unusable, OSError) as problem:
            sys.stderr.write(f"{problem}\n")
            return _BAD
        sys.stdout.write(said)
        return 0

    return {"memory": memory}


async def _done(store: Store, redact: Redact, words: Sequence[str]) -> str:
    match words:
        case ["stats"]:
            return f"{await stats(Spool(store), store)}\n"
        case ["export"]:
            return "".join(await _lines(store))
        case ["export", name]:
            lines = await _lines(store)
            await run_blocking("files", Path(name).write_text, "".join(lines), "utf-8")
            return f"{len(lines)} memories written to {name}\n"
        case ["import", name]:
            memories = await run_blocking("files", _read, Path(name), redact)
            added = await take_in(store, memories)
            return f"{added} of {len(memories)} memories read in; the others were there already\n"
        case _:
            raise _Unusable(_USAGE.strip())


async def _lines(store: Store) -> list[str]:
    """A JSON object a line, history included."""
    return [
        json.dumps(asdict(memory), ensure_ascii=False) + "\n" async for memory in everything(store)
    ]


def _read(file: Path, redact: Redact) -> list[Remembered]:
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except UnicodeDecodeError as problem:
        raise _Unusable(f"{file} is no text: {problem}") from problem
    return [_memory(f"{file}:{number}", line, redact) for number, line in enumerate(lines, 1)]


def _memory(place: str, line: str, redact: Redact) -> Remembered:
    try:
        memory = _LINE.validate_json(line)
        sound(memory.text, redact)
    except ValidationError as problem:
        first = problem.errors()[0]
        what = ".".join(map(str, first["loc"])) or "the line"
        raise _Unusable(f"{place}: {what}: {first['msg']}; nothing was read in") from None
    except BadMemory as why:
        raise _Unusable(f"{place}: {why}; nothing was read in") from None
    return memory
