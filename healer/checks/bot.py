"""The bot's own parts: database, model, adapters; and the clock that all times come from."""

from collections.abc import Mapping, Sequence

from pydantic import Field

from healer.check import Finding, Limits, Surroundings, check
from healer.words import shown

_CLOCK = "clock"
_MILD = ("model", "model warm-up")
"""Without them the bot still works: nobody is called for it."""


class BotLimits(Limits):
    clock: float = Field(default=5.0, gt=0)
    """Seconds that the clock may jump between two looks."""
    ignore: tuple[str, ...] = ()


@check(every=30, limits=BotLimits)
async def bot(around: Surroundings, limits: BotLimits) -> Mapping[str, Sequence[Finding]]:
    """What is wrong with the bot itself: nothing repairs that but a person.

    Not confirmed by anything: a part knows best how it is. The clock is held against the
    monotonic one, which nobody sets."""
    troubles = await around.troubles()
    parts = [
        Finding(
            part,
            ok=not trouble,
            text=f"{part}: {shown(trouble) or 'well'}",
            severity="warning" if part in _MILD else "critical",
            external=True,
        )
        for part, trouble in sorted(troubles.items())
        if part not in limits.ignore
    ]
    return {"": [*parts, _clock(around.jump, limits.clock)]}


def _clock(jump: float, limit: float) -> Finding:
    jumped = abs(jump) > limit
    way = "forward" if jump > 0 else "back"
    text = f"the clock jumped {abs(jump):.0f} s {way}" if jumped else "the clock is steady"
    return Finding(_CLOCK, not jumped, text, round(jump, 3), limit, "s", severity="warning")
