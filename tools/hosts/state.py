"""How the machines are: the command ``hosts``, and ``python -m bot doctor hosts``."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from bot.chat import Role
from bot.command import Caller, Command, command
from bot.resources import Host
from bot.tool import ToolError
from tools.hosts.inventory import LOCAL, Inventory

_NEEDS = {
    "systemd": "systemctl --version",
    "journald": "journalctl -n 0",
    "git": "git --version",
    "docker": "docker --version || podman --version",
}
"""What tools use on a host, and a command that ends well where it is there."""
SLOW = 0.5
"""Seconds above which ``true`` is slow: then a start-up file of the account takes its time."""


def listing(hosts: Inventory) -> tuple[Command, ...]:
    @command(role=Role.VIEWER, name="hosts")
    async def listed(caller: Caller) -> str:  # noqa: ARG001 - a command is handed who calls it
        """List the machines that tools act on."""
        lines = [_line(hosts, name) for name in hosts.names()]
        return "\n".join([*lines, *filter(None, [hosts.trouble])])

    return (listed,)


def _line(hosts: Inventory, name: str) -> str:
    host, entry = hosts.get(name), hosts.entries.get(name)
    about = [f"{name}: {host.account}"]
    if entry is not None:
        about.append(f"at {entry.address}:{entry.port}")
        about += [f"groups {', '.join(entry.groups)}"] if entry.groups else []
        about += [f"mode {entry.mode}"] if entry.mode else []
    link = getattr(host, "link", None)
    if link is not None:
        about.append(link.trouble or ("connected" if link.connected else "not needed yet"))
    default = " (default)" if name == hosts.default else ""
    return ", ".join(about) + default


@dataclass(frozen=True, slots=True)
class Checked:
    name: str
    account: str
    reach: str
    seconds: float = 0.0
    sftp: str = ""
    there: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()


async def doctor(hosts: Inventory) -> Sequence[str]:
    """A table of all hosts when something is wrong with one of them; otherwise nothing."""
    async with asyncio.TaskGroup() as tasks:
        running = [tasks.create_task(_check(hosts.get(name))) for name in hosts.names()]
    rows = [each.result() for each in running]
    if all(_sound(row) for row in rows) and not hosts.trouble:
        return ()
    return [*filter(None, [hosts.trouble]), *_table(rows)]


def _sound(row: Checked) -> bool:
    """git, Docker and the like may be missing: that is no trouble until a tool needs them."""
    return row.reach == "ok" and row.sftp in ("ok", "-") and (row.seconds <= SLOW)


async def _check(host: Host) -> Checked:
    try:
        await host.run("true", timeout=10)
        seconds = min([(await host.run("true", timeout=10)).seconds for _ in range(3)])
        sftp = "-" if host.name == LOCAL else await _sftp(host)
        found = {name: await _works(host, test) for name, test in _NEEDS.items()}
    except ToolError as error:
        return Checked(host.name, host.account, str(error))
    there = tuple(name for name, works in found.items() if works)
    missing = tuple(name for name, works in found.items() if not works)
    return Checked(host.name, host.account, "ok", seconds, sftp, there, missing)


async def _works(host: Host, test: str) -> bool:
    return (await host.run(f"({test}) >/dev/null 2>&1", timeout=10)).exit_code == 0


async def _sftp(host: Host) -> str:
    try:
        await host.files.stat("/")
    except (ToolError, OSError) as error:
        return str(error)
    return "ok"


def _table(rows: Sequence[Checked]) -> list[str]:
    head = ("host", "account", "reached", "true", "sftp", "has", "lacks")
    cells = [
        (
            row.name, row.account, row.reach, _time(row.seconds), row.sftp, " ".join(row.there),
            " ".join(row.missing),
        )
        for row in rows
    ]  # fmt: skip
    widths = [max(len(row[n]) for row in (head, *cells)) for n in range(len(head))]
    lines = ["  ".join(c.ljust(w) for c, w in zip(r, widths, strict=True)) for r in (head, *cells)]
    slow = [row.name for row in rows if row.seconds > SLOW]
    hint = f"slow: a start-up file of the account takes its time on {', '.join(slow)}"
    return [*(line.rstrip() for line in lines), *([hint] if slow else [])]


def _time(seconds: float) -> str:
    return f"{seconds * 1000:.0f} ms" if seconds else ""
