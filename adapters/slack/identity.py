"""Who somebody in Slack is: ids, e-mail and groups for the roles file; guests are nobody."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from time import monotonic
from typing import Any

import structlog

from adapters.live.patience import patiently
from adapters.live.wire import Later, Rejected, Uncertain
from adapters.slack.wire import SlackWire
from bot.chat import Role, User

log = structlog.get_logger()
KEPT = 600.0
"""Seconds that a profile is believed."""
RECHECKED = 30.0
"""Seconds that it is believed when something is decided."""
_TROUBLE = (Later, Uncertain, Rejected)


@dataclass(slots=True)
class _Groups:
    """Group ids by member; looked up for everybody at once."""

    at: float = float("-inf")
    of: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])


class People:
    """Profiles of the workspace's members, remembered for a while."""

    def __init__(
        self, wire: SlackWire, team: str, *, clock: Callable[[], float] = monotonic
    ) -> None:
        self._wire = wire
        self._team = team
        self._clock = clock
        self._known: dict[str, tuple[float, User]] = {}
        self._groups = _Groups()
        self._asking: dict[str, asyncio.Lock] = {}

    async def user(
        self, user: str, team: str = "", *, deciding: bool = False, patience: float = 0.0
    ) -> User:
        """As the roles know them. Whom Slack does not vouch for has no role.

        *team*: the team that the payload names. *deciding*: a click or an order to decide.
        *patience*: seconds that Slack may be busy or away meanwhile."""
        if team and team != self._team:
            return _nobody(user, "")
        try:
            return await patiently(lambda: self._believed(user, deciding=deciding), patience)
        except _TROUBLE as error:
            log.warning("Slack does not say who somebody is", user=user, reason=str(error))
            _, known = self._known.get(user, (0.0, None))
            return _nobody(user, known.name if known else "")

    async def _believed(self, user: str, *, deciding: bool) -> User:
        lock = self._asking.setdefault(user, asyncio.Lock())
        async with lock:
            at, known = self._known.get(user, (float("-inf"), None))
            if known is None or self._clock() - at > (RECHECKED if deciding else KEPT):
                known = await self._ask(user)
        return known

    async def _ask(self, user: str) -> User:
        profile = (await self._wire.call("users.info", {"user": user}, get=True))["user"]
        groups = await self._groups_of(user)
        made = _user(self._team, user, profile, groups)
        self._known[user] = self._clock(), made
        return made

    async def _groups_of(self, user: str) -> tuple[str, ...]:
        """No group when the scope for it was not given: that only takes away."""
        if self._clock() - self._groups.at > KEPT:
            of: dict[str, tuple[str, ...]] = {}
            for group in await self._all_groups():
                for member in group.get("users", ()):
                    of[member] = (*of.get(member, ()), group["id"])
            self._groups = _Groups(self._clock(), of)
        return self._groups.of.get(user, ())

    async def _all_groups(self) -> Sequence[Mapping[str, Any]]:
        given = {"include_users": "true"}
        try:
            return (await self._wire.call("usergroups.list", given, get=True))["usergroups"]
        except Rejected:
            return ()


def _user(team: str, user: str, profile: Mapping[str, Any], groups: tuple[str, ...]) -> User:
    about = profile.get("profile", {})
    name = about.get("display_name") or profile.get("real_name") or profile.get("name", "")
    stranger = (
        profile.get("deleted") or profile.get("is_restricted") or profile.get("is_stranger")
        or profile.get("is_ultra_restricted") or profile.get("is_bot")
        or profile.get("team_id", team) != team
    )  # fmt: skip
    if stranger:
        return _nobody(user, name)
    also = [f"slack:{team}/{user}", *(f"slack-group:{group}" for group in groups)]
    if email := about.get("email"):
        also.append(f"email:{email}")
    return User("slack", user, name, tuple(also))


def _nobody(user: str, name: str) -> User:
    return User("slack", user, name, ceiling=Role.NOBODY)
