"""What services and logs share: names of units, and a host without systemd."""

from typing import Annotated

from pydantic import Field

from bot.resources import CommandResult, Host
from bot.tool import OutcomeUnknown, ToolError

Unit = Annotated[
    str,
    Field(
        # systemd.unit(5): letters, digits and ":-_.\", with "@" before an instance's name.
        pattern=r"^[A-Za-z0-9_:@.\\][A-Za-z0-9_:@.\\-]*$",
        max_length=255,
        description="name of a systemd unit, such as nginx or ssh.service",
    ),
]
READING = 30.0
"""Seconds to wait for an answer."""
CHANGING = 110.0
"""Seconds a service may take; systemd itself waits 90 for one that will not stop."""
_MISSING = {
    "systemctl": "install systemd, or use execute_command with what the host starts services by",
    "journalctl": "install systemd, or read the files under /var/log with read_file",
}


async def ask_systemd(
    host: Host, command: str, *, changes: bool = False, keep: int = 65_536
) -> CommandResult:
    """Run a command of systemd's. Raises ToolError when the host has none, or it does not run.

    Raises OutcomeUnknown when one that *changes* took too long: systemd goes on without it."""
    result = await host.run(command, timeout=CHANGING if changes else READING, keep=keep)
    program = command.split(" ", 1)[0]
    if result.exit_code == 127:
        raise ToolError(f"{host.name} has no {program}: {_MISSING[program]}")
    if "not been booted with systemd" in result.output:
        raise ToolError(f"systemd does not run on {host.name}, so {program} cannot ask it")
    if result.ended != "exited":
        error = OutcomeUnknown if changes else ToolError
        raise error(f"{command}: no answer after {result.seconds:g} s")
    return result


async def runs_systemd(host: Host) -> bool:
    """As sd_booted(3) finds it out."""
    return (await host.run("test -d /run/systemd/system", timeout=10)).exit_code == 0
