"""Tokens: how many were used by whom, in which run, on which day, of which model."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from bot.events import ContextSummarised, Event, ModelReplied
from bot.events import Usage as Tokens
from bot.ports import Statement, Store

_ADD = (
    "INSERT INTO usage (day, person, run, model, prompt, completion, steps)"
    " VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (day, person, run, model) DO UPDATE SET"
    " prompt = usage.prompt + excluded.prompt,"
    " completion = usage.completion + excluded.completion,"
    " steps = usage.steps + excluded.steps"
)
_SUMS = "SUM(prompt), SUM(completion), SUM(steps), COUNT(DISTINCT run)"


@dataclass(frozen=True, slots=True)
class Used:
    """What a person, a model or a day used."""

    name: str
    prompt: int
    completion: int
    steps: int
    runs: int

    @property
    def tokens(self) -> int:
        return self.prompt + self.completion


def today(ago: int = 0) -> str:
    """The day in UTC, or one that is *ago* days past: 2026-01-31."""
    return f"{datetime.now(UTC) - timedelta(days=ago):%Y-%m-%d}"


def spent(run: str, person: str, events: Sequence[Event]) -> list[Statement]:
    """What adds the tokens of *events* to the table, to be written together with them."""
    return [
        added(run, person, event.model, event.usage, steps=int(isinstance(event, ModelReplied)))
        for event in events
        if isinstance(event, ModelReplied | ContextSummarised)
    ]


def added(run: str, person: str, model: str, tokens: Tokens, *, steps: int = 0) -> Statement:
    """What adds the tokens of one reply. *steps*: of a run."""
    return _ADD, (today(), person, run, model, tokens.prompt, tokens.completion, steps)


class Usage:
    """Reads the table."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def today(self, person: str | None = None) -> int:
        """Tokens used today by a person, or by everybody."""
        who, whose = ("", ()) if person is None else (" AND person = $2", (person,))
        [(tokens,)] = await self._store.read(
            f"SELECT COALESCE(SUM(prompt + completion), 0) FROM usage WHERE day = $1{who}",
            today(),
            *whose,
        )
        return int(tokens)

    async def by_day(self, person: str, days: int) -> Sequence[Used]:
        """A person's last *days*, the newest first; days without any are left out."""
        return await self._sums("day", "person = $2 AND day >= $1", days, person)

    async def by_model(self, person: str, days: int) -> Sequence[Used]:
        return await self._sums("model", "person = $2 AND day >= $1", days, person)

    async def by_person(self, days: int) -> Sequence[Used]:
        """Everybody's, who used most first."""
        found = await self._sums("person", "day >= $1", days)
        return sorted(found, key=lambda used: -used.tokens)

    async def _sums(self, column: str, where: str, days: int, *args: str) -> Sequence[Used]:
        rows = await self._store.read(
            f"SELECT {column}, {_SUMS} FROM usage WHERE {where}"
            f" GROUP BY {column} ORDER BY {column} DESC",
            today(days - 1),
            *args,
        )
        return [Used(name, *map(int, sums)) for name, *sums in rows]
