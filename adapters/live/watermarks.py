"""How far each channel was read, and which old messages were answered."""

from collections.abc import Mapping

from bot.ports import Store

_ADVANCE = (
    "INSERT INTO watermarks (place, mark, at) VALUES ($1, $2, {now})"
    " ON CONFLICT (place) DO UPDATE SET mark = $2, at = {now}"
    " WHERE CAST(watermarks.mark AS DOUBLE PRECISION) < CAST($2 AS DOUBLE PRECISION)"
)
_CLAIM = (
    "INSERT INTO watermarks (place, mark, at) VALUES ($1, '0', {now})"
    " ON CONFLICT (place) DO NOTHING RETURNING place"
)
_NOTE = (
    "INSERT INTO watermarks (place, mark, at) VALUES ($1, $2, {now})"
    " ON CONFLICT (place) DO UPDATE SET mark = $2, at = {now}"
)
_NOTED = "SELECT mark FROM watermarks WHERE place = $1"
_ALL = "SELECT place, mark FROM watermarks WHERE place LIKE $1 ORDER BY at DESC LIMIT 200"


class Watermarks:
    """Marks grow only: the platform's message ids are times."""

    def __init__(self, store: Store, platform: str) -> None:
        self._store = store
        self._platform = platform

    async def advance(self, channel: str, mark: str) -> None:
        await self._store.write(_ADVANCE, f"{self._platform}:{channel}", mark)

    async def claim(self, name: str) -> bool:
        """Whether nobody has claimed this yet."""
        return bool(await self._store.write(_CLAIM, f"claim:{self._platform}:{name}"))

    async def note(self, name: str, text: str) -> None:
        """Remember a word about the platform."""
        await self._store.write(_NOTE, f"note:{self._platform}:{name}", text)

    async def noted(self, name: str) -> str:
        rows = await self._store.read(_NOTED, f"note:{self._platform}:{name}")
        return rows[0][0] if rows else ""

    async def all(self) -> Mapping[str, str]:
        """Channel → the newest message that was taken in, most recent first."""
        rows = await self._store.read(_ALL, f"{self._platform}:%")
        return {place.partition(":")[2]: mark for place, mark in rows}
