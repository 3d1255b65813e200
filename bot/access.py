"""Who somebody is to this bot, and what they may see. Every entry point asks here."""

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from time import monotonic
from typing import Any, cast

import structlog

from bot import toml_file
from bot.chat import HEALER, Role, User
from bot.config import BadSettings
from bot.ports import Forbidden, Store
from bot.toml_file import fingerprint, place

log = structlog.get_logger()

_MEMBER = re.compile(
    r"slack:(?:[TE]\w+/)?[UW]\w+|slack-group:S\w+|email:[^\s@]+@[^\s@]+"
    r"|discord:\d+|discord-role:\d+/\d+|web:\S+"
)
_LISTED = (Role.ADMIN, Role.APPROVER, Role.OPERATOR, Role.VIEWER)
_RECHECK = 1.0
"""Seconds between two looks at the file."""


def may_see(role: Role, *, takes_part: bool, may_decide: bool, incident: bool = False) -> bool:
    """Whether a thread and its runs may be seen: by who takes part in it, by who may decide an
    approval that is open in it, by every admin, and an *incident* by every operator."""
    if role is Role.NOBODY:
        return False
    concerned = incident and role.covers(Role.OPERATOR)
    return role.covers(Role.ADMIN) or takes_part or may_decide or concerned


def authorize(role: Role, needed: Role, what: str) -> None:
    """Raises Forbidden naming who may. *what* reads as "Deciding an approval"."""
    if not role.covers(needed):
        have = "you have no role" if role is Role.NOBODY else f"you are {role}"
        raise Forbidden(f"{what} needs the role {needed}; {have}. An admin can change that.")


class Access:
    """Resolves roles: ``roles.toml`` where it names the person, else the database.

    Raises BadSettings, naming file and line, when the file cannot be used at the start. A later
    bad edit is logged and changes nothing."""

    def __init__(
        self, store: Store, roles_file: Path | None, *, clock: Callable[[], float] = monotonic
    ) -> None:
        self._store = store
        self._file = roles_file
        self._clock = clock
        self._members: Mapping[str, Role] = {}
        self._seen: tuple[int, ...] = ()
        self._checked = clock()
        if roles_file is not None:
            self._seen = fingerprint(roles_file)
            self._members = read_roles(roles_file)

    async def role(self, user: User) -> Role:
        """The role *user* has now; never more than ``user.ceiling``."""
        role = self._listed(user) or await self._stored(user)
        return role if user.ceiling.covers(role) else user.ceiling

    def _listed(self, user: User) -> Role | None:
        self._refresh()
        found = [
            self._members[key]
            for key in map(_same_case, (user.key, *user.also))
            if key in self._members
        ]
        return next((role for role in _LISTED if role in found), None)

    async def _stored(self, user: User) -> Role:
        if user.platform == HEALER.platform:
            return Role.OPERATOR
        if user.platform != "web":
            return Role.VIEWER
        rows = await self._store.read("SELECT role FROM users WHERE name=$1", user.id)
        return Role(rows[0][0]) if rows else Role.NOBODY

    def _refresh(self) -> None:
        if self._file is None or self._clock() - self._checked < _RECHECK:
            return
        self._checked = self._clock()
        seen = fingerprint(self._file)
        if seen == self._seen:
            return
        self._seen = seen
        try:
            self._members = read_roles(self._file)
        except BadSettings as problem:
            log.error("roles file not read; the last good one stays", problem=str(problem))  # noqa: TRY400 - an edit went wrong, a traceback says nothing more
        else:
            log.info("roles file read", file=str(self._file), members=len(self._members))


def read_roles(file: Path) -> Mapping[str, Role]:
    """Member → highest role listed. Raises BadSettings naming the line."""
    text, listed = toml_file.read(file, "AI_ROLES_FILE")
    members: dict[str, Role] = {}
    for name, value in listed.items():
        role = _role(name, file, text)
        for member in _member_list(name, value, file, text):
            if role.covers(members.get(member, Role.NOBODY)):
                members[member] = role
    return members


def _role(name: str, file: Path, text: str) -> Role:
    if name not in _LISTED:
        known = ", ".join(_LISTED)
        raise BadSettings(f"{place(file, text, name)}: {name!r} is no role; there are {known}")
    return Role(name)


def _member_list(name: str, value: object, file: Path, text: str) -> list[str]:
    if not isinstance(value, list):
        where = place(file, text, name)
        raise BadSettings(f'{where}: {name} must be a list, such as {name} = ["web:anna"]')
    for member in cast("list[Any]", value):
        if not isinstance(member, str) or not _MEMBER.fullmatch(member):
            raise BadSettings(
                f"{place(file, text, str(member))}: {member!r} names nobody; write slack:U…, "
                "slack:T…/U…, slack-group:S…, email:a@b.c, discord:<user id>, "
                "discord-role:<guild>/<role> or web:<name>"
            )
    return [_same_case(member) for member in cast("list[str]", value)]


def _same_case(member: str) -> str:
    return member.lower() if member.startswith("email:") else member
