"""``python -m bot doctor hosts``: tries each host, and shows a table of what is there."""

import asyncio
import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from bot.ports import Sound
from bot.resources import Host
from bot.tool import OutcomeUnknown, ToolError
from tools.hosts.inventory import Inventory

SLOW = 0.5
"""Seconds above which ``true`` is slow: then a start-up file of the account takes its time."""
_PATIENCE = 20.0
"""Seconds one look at a host may take."""
_NEEDS: Mapping[str, str] = {
    "systemd": "systemctl --version",
    "journald": "journalctl -n 0",
    "git": "git --version",
}
"""What tools use on every host, and a command that ends well where it is there."""
_DOCKER: Mapping[str, str] = {
    "docker": '[ -S "$socket" ] && [ -r "$socket" ] && [ -w "$socket" ]',
    "compose": "docker compose version || docker-compose version",
}
"""The same where Docker may be used."""
_SHELL = 'shell=$(getent passwd "$(id -un)" | cut -d: -f7)'
_START_UP = f"""
{_SHELL}; options=-c
case ${{shell##*/}} in
  bash) options='--norc -c'; set -- /etc/bash.bashrc ~/.bashrc ;;
  zsh) options='-f -c'; set -- /etc/zsh/zshenv /etc/zshenv ~/.zshenv ;;
  fish) options='--no-config -c'; set -- /etc/fish/config.fish ~/.config/fish/config.fish ;;
  csh|tcsh) options='-f -c'; set -- /etc/csh.cshrc ~/.cshrc ~/.tcshrc ;;
esac
for file; do
  [ -r "$file" ] || continue
  began=${{EPOCHREALTIME//[.,]}}
  timeout 4 "$shell" $options "source '$file'" >/dev/null 2>&1
  echo "took $((${{EPOCHREALTIME//[.,]}} - began)) $file"
done
"""
"""How many microseconds each file takes that the login shell reads before every command."""


@dataclass(frozen=True, slots=True)
class Checked:
    """What was found on a host."""

    name: str
    account: str
    trouble: str = ""
    """Why it cannot be used, in one line; nothing else is known then."""
    key: str = ""
    """Fingerprint of the key it showed."""
    shell: str = ""
    seconds: float = 0.0
    """What a bare ``true`` takes."""
    start_up: str = ""
    """The start-up file that takes the most of it, where it is slow."""
    sftp: str = ""
    there: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()


async def doctor(hosts: Inventory) -> Sequence[str]:
    """A table of all hosts, and a line for each thing that is wrong."""
    async with asyncio.TaskGroup() as tasks:
        running = [tasks.create_task(_checked(hosts.get(name))) for name in hosts.names()]
    found = [each.result() for each in running]
    wrong = [*filter(None, [hosts.trouble]), *(line for each in found for line in _wrong(each))]
    if wrong:
        return [*_table(found), *wrong]
    return Sound([*_table(found), "hosts: nothing is wrong"])


async def _checked(host: Host) -> Checked:
    try:
        await host.run("true", timeout=_PATIENCE)
        seconds = min([(await host.run("true", timeout=_PATIENCE)).seconds for _ in range(3)])
        there, missing, shell = await _equipment(host)
        link = getattr(host, "link", None)
        return Checked(
            host.name,
            host.account,
            key=link.shown if link else "",
            shell=shell if link else "",
            seconds=seconds,
            start_up=await _start_up(host) if link and seconds > SLOW else "",
            sftp=await _sftp(host) if link else "",
            there=there,
            missing=missing,
        )
    except (ToolError, OutcomeUnknown) as error:
        return Checked(host.name, host.account, str(error))


async def _equipment(host: Host) -> tuple[tuple[str, ...], tuple[str, ...], str]:
    """What is there, what is missing, and the login shell."""
    needs = {**_NEEDS, **(_DOCKER if host.docker else {})}
    tests = [f"( {test} ) >/dev/null 2>&1 && echo has:{name}" for name, test in needs.items()]
    begin, end = f"socket={shlex.quote(host.docker)}", f'{_SHELL}; echo "shell:$shell"'
    script = "\n".join([begin, *tests, end])
    said = (await host.run(script, timeout=_PATIENCE)).output.splitlines()
    shell = next((line[6:] for line in said if line.startswith("shell:")), "")
    there = tuple(name for name in needs if f"has:{name}" in said)
    return there, tuple(name for name in needs if name not in there), shell


async def _start_up(host: Host) -> str:
    said = (await host.run(_START_UP, timeout=_PATIENCE)).output
    took = [(int(time), path) for time, path in re.findall(r"(?m)^took (\d+) (.+)$", said)]
    time, path = max(took, default=(0, ""))
    return f"{path} ({time / 1e6:.1f} s)" if time / 1e6 > SLOW / 2 else ""


async def _sftp(host: Host) -> str:
    try:
        await host.files.stat("/")
    except (ToolError, OSError) as error:
        return str(error)
    return "yes"


def _wrong(found: Checked) -> Iterator[str]:
    """git, Docker and the like may be missing: that is no trouble until a tool needs them."""
    if found.trouble:
        yield found.trouble
    if found.sftp not in ("", "yes"):
        yield f"{found.name}: files cannot be reached: {found.sftp}"
    if found.seconds > SLOW:
        why = found.start_up or "the login, or the machine itself, is slow"
        yield f"{found.name}: each command waits {found.seconds:.1f} s before it starts: {why}"


def _table(hosts: Sequence[Checked]) -> list[str]:
    head = ("host", "account", "reached", "key", "login shell", "true", "sftp", "has", "lacks")
    rows = [head, *map(_row, hosts)]
    widths = [max(len(row[n]) for row in rows) for n in range(len(head))]
    lines = ("  ".join(map(str.ljust, row, widths)) for row in rows)
    return [line.rstrip() for line in lines]


def _row(found: Checked) -> tuple[str, ...]:
    if found.trouble:
        return (found.name, found.account, "no", *[""] * 6)
    return (
        found.name,
        found.account,
        "yes",
        found.key or "-",
        found.shell or "-",
        f"{found.seconds * 1000:.0f} ms",
        "no" if found.sftp not in ("", "yes") else found.sftp or "-",
        " ".join(found.there),
        " ".join(found.missing),
    )
