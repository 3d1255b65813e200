"""The inventory: this machine, and those of ``hosts.toml``, which is re-read when it changes."""

import ipaddress
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from time import monotonic
from typing import Any, Literal, cast

import structlog
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from bot import toml_file
from bot.config import BadSettings
from bot.resources import Host
from bot.toml_file import fingerprint, place
from bot.tool import ToolError

log = structlog.get_logger()
LOCAL = "local"
_RECHECK = 1.0
"""Seconds between two looks at the file."""
_NAME = r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$"
_SOCKET = "/var/run/docker.sock"


class Entry(BaseModel):
    """``[hosts.NAME]``"""

    model_config = ConfigDict(extra="forbid", frozen=True)

    address: str = Field(min_length=1)
    port: int = Field(default=22, ge=1, le=65535)
    user: str = Field(default="root", pattern=r"^[a-z_][a-z0-9_.-]*\$?$")
    key: str = ""
    """Path of the private key; without one, those that ssh would try."""
    known_hosts: str = "~/.ssh/known_hosts"
    jump: str = ""
    """Name of the host to go through."""
    groups: tuple[str, ...] = ()
    mode: Literal["read_only", "supervised", "autonomous"] | None = None
    docker: bool | str = False
    """true, or the path of its engine's socket."""
    files: str = "read:/"
    """What file tools may touch there: ``read:/,write:/srv/app``."""

    @field_validator("files")
    @classmethod
    def _roots(cls, value: str) -> str:
        for word in filter(None, value.split(",")):
            kind, _, path = word.strip().partition(":")
            if kind not in ("read", "write") or not path.startswith("/"):
                raise ValueError(f"{word!r} is not read:/path or write:/path")
        return value

    @property
    def socket(self) -> str:
        return self.docker if isinstance(self.docker, str) else _SOCKET if self.docker else ""

    @property
    def loopback(self) -> bool:
        try:
            return ipaddress.ip_address(self.address).is_loopback
        except ValueError:
            return self.address == "localhost"

    def roots(self, kind: str) -> tuple[str, ...]:
        words = (word.strip().partition(":") for word in self.files.split(",") if word.strip())
        return tuple(path.rstrip("/") or "/" for name, _, path in words if name == kind)


Build = Callable[[str, Entry, Mapping[str, Host]], Host]
"""Makes a host of its entry; those it may go through are made already."""


def read(file: Path) -> dict[str, Entry]:
    """Raises BadSettings naming the line."""
    text, listed = toml_file.read(file, "AI_HOSTS_FILE")
    hosts: Any = listed.pop("hosts", {})
    if listed or not isinstance(hosts, dict):
        word = next(iter(listed), "hosts")
        raise BadSettings(f"{place(file, text, word)}: write [hosts.NAME] and nothing else")
    given = cast("dict[str, Any]", hosts)
    entries = {name: _entry(file, text, name, table) for name, table in given.items()}
    _check_jumps(file, text, entries)
    return entries


class Inventory:
    """Implements ``bot.resources.Hosts``. A bad edit changes nothing, and is told as a trouble."""

    def __init__(
        self,
        local: Host,
        default: str = LOCAL,
        file: Path | None = None,
        build: Build | None = None,
    ) -> None:
        self.default = default
        self.trouble = ""
        self.entries: Mapping[str, Entry] = {}
        self._local = local
        self._file = file
        self._build = build
        self._hosts: dict[str, Host] = {local.name: local}
        self._seen: tuple[int, ...] = ()
        self._checked = float("-inf")
        if file is not None:
            self._seen = fingerprint(file)
            self._take(read(file))
            self._checked = monotonic()
        if default not in self._hosts:
            known = ", ".join(sorted(self._hosts))
            raise BadSettings(
                f"AI_DEFAULT_HOST={default}: there is no such host; there are: {known}"
            )

    def names(self) -> Sequence[str]:
        self._refresh()
        return sorted(self._hosts)

    def get(self, name: str | None) -> Host:
        self._refresh()
        host = self._hosts.get(name or self.default)
        if host is None:
            raise ToolError(
                f"there is no host {name!r}; there are: {', '.join(sorted(self._hosts))}"
            )
        return host

    def expand(self, target: str) -> Sequence[str]:
        """``group:web`` or one name → host names, sorted; raises ToolError."""
        kind, colon, group = target.partition(":")
        if not colon or kind != "group":
            return (self.get(target).name,)
        self._refresh()
        found = sorted(name for name, entry in self.entries.items() if group in entry.groups)
        if not found:
            known = ", ".join(self.groups()) or "none"
            raise ToolError(f"there is no group {group!r}; there are: {known}")
        return found

    def groups(self) -> Mapping[str, Sequence[str]]:
        self._refresh()
        names = sorted({group for entry in self.entries.values() for group in entry.groups})
        return {name: self.expand(f"group:{name}") for name in names}

    async def close(self) -> None:
        for link in (getattr(host, "link", None) for host in self._hosts.values()):
            if link is not None:
                await link.closed()

    def _refresh(self) -> None:
        if self._file is None or monotonic() - self._checked < _RECHECK:
            return
        self._checked = monotonic()
        seen = fingerprint(self._file)
        if seen == self._seen:
            return
        self._seen = seen
        try:
            self._take(read(self._file))
        except BadSettings as problem:
            self.trouble = f"{problem}; the last good inventory stays"
            log.error("hosts file not read; the last good one stays", problem=str(problem))  # noqa: TRY400 - an edit went wrong, a traceback says nothing more
        else:
            self.trouble = ""
            log.info("hosts file read", file=str(self._file), hosts=len(self.entries))

    def _take(self, entries: Mapping[str, Entry]) -> None:
        """Hosts whose entry is the same keep their connection."""
        assert self._build is not None
        made: dict[str, Host] = {self._local.name: self._local}
        for name in _by_jumps(entries):
            same = self.entries.get(name) == entries[name] and _unmoved(name, entries, self.entries)
            made[name] = self._hosts[name] if same else self._build(name, entries[name], made)
        for name, host in self._hosts.items():
            if made.get(name) is not host:
                _close(host)
        self.entries, self._hosts = entries, made


def _entry(file: Path, text: str, name: str, given: object) -> Entry:
    where = place(file, text, f"hosts.{name}")
    if name == LOCAL or not re.match(_NAME, name):
        raise BadSettings(f"{where}: {name!r} cannot be a host's name")
    try:
        return Entry.model_validate(given)
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(map(str, first["loc"]))
        message = first["msg"].removeprefix("Value error, ")
        line = place(file, text, field.split(".")[0], after=f"hosts.{name}")
        raise BadSettings(f"{line}: {name}: {field}: {message}") from None


def _check_jumps(file: Path, text: str, entries: Mapping[str, Entry]) -> None:
    for name, entry in entries.items():
        seen = {name}
        while entry.jump:
            where = place(file, text, "jump", after=f"hosts.{name}")
            if entry.jump not in entries:
                raise BadSettings(f"{where}: {name}: there is no host {entry.jump!r} to go through")
            if entry.jump in seen:
                raise BadSettings(f"{where}: {name}: the hosts it goes through lead in a circle")
            seen.add(entry.jump)
            entry = entries[entry.jump]


def _by_jumps(entries: Mapping[str, Entry]) -> list[str]:
    """Those that others go through come first."""
    ordered: list[str] = []

    def put(name: str) -> None:
        if name not in ordered:
            if entries[name].jump:
                put(entries[name].jump)
            ordered.append(name)

    for name in sorted(entries):
        put(name)
    return ordered


def _unmoved(name: str, new: Mapping[str, Entry], old: Mapping[str, Entry]) -> bool:
    """Whether all that it goes through stayed the same."""
    jump = new[name].jump
    return not jump or (new.get(jump) == old.get(jump) and _unmoved(jump, new, old))


def _close(host: Host) -> None:
    link = getattr(host, "link", None)
    if link is not None:
        link.close()
