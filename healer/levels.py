"""How much a runbook may do by itself: it is watched, it is suggested, or it is carried out."""

from collections.abc import Mapping
from typing import Literal

from healer.records import Level, Records
from healer.runbook_file import Entry

LevelName = Literal["observe", "suggest", "auto"]
USUAL: LevelName = "suggest"
LEVELS: tuple[LevelName, ...] = ("observe", "suggest", "auto")
_NAMED: Mapping[str, LevelName] = {each: each for each in LEVELS}


class Unearned(Exception):
    """The runbook may not have that level. One line that says why."""


def level_of(known: Level | None, entry: Entry) -> LevelName:
    """A promotion is of one version: another one must earn it anew. ``observe`` stays."""
    if known is None or (known.version != entry.version and known.level == "auto"):
        return USUAL
    return _NAMED.get(known.level, USUAL)


def named(level: str) -> LevelName | None:
    return _NAMED.get(level)


def verified(known: Level | None, entry: Entry) -> int:
    """How often this version was seen to help."""
    return known.verified if known and known.version == entry.version else 0


class Levels:
    def __init__(self, records: Records) -> None:
        self._records = records

    async def of(self, entry: Entry) -> LevelName:
        return level_of((await self._records.levels()).get(entry.runbook.id), entry)

    async def promote(self, entry: Entry, level: LevelName, by: str) -> None:
        """Raises Unearned: only what helped once is carried out without being asked for."""
        known = (await self._records.levels()).get(entry.runbook.id)
        count = verified(known, entry)
        if level == "auto" and not count:
            raise Unearned(
                f"{entry.runbook.id} has not helped yet in this version: approve it once first"
            )
        await self._set(entry, level, count, by)

    async def helped(self, entry: Entry) -> None:
        known = (await self._records.levels()).get(entry.runbook.id)
        given = known.given if known else ""
        await self._set(entry, level_of(known, entry), verified(known, entry) + 1, given)

    async def failed(self, entry: Entry) -> bool:
        """It must earn its level anew; whether it had one."""
        known = (await self._records.levels()).get(entry.runbook.id)
        before = level_of(known, entry)
        after: LevelName = USUAL if before == "auto" else before
        await self._set(entry, after, 0, known.given if known else "")
        return before == "auto"

    async def _set(self, entry: Entry, level: LevelName, count: int, by: str) -> None:
        made = Level(entry.runbook.id, entry.version, level, count, by)
        await self._records.set_level(made)
