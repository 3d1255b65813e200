"""The journal of a host."""

import json
import re
import shlex
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import Annotated, Any, Literal, cast

from pydantic import Field

from bot.resources import Host
from bot.tool import Risk, Table, ToolContext, ToolError, ToolResult, Trust, tool
from tools.hosts.output import safe
from tools.on_host import OnHost
from tools.systemd import Unit, ask_systemd, runs_systemd

KEEP = 4 * 1024 * 1024
"""Bytes of journalctl's JSON taken in: it is many times larger than the text in it."""
LONGEST = 1_000
"""Characters of one message."""
SHOWN = 48 * 1024
"""Characters of all of them."""
PRIORITIES = ("emerg", "alert", "crit", "err", "warning", "notice", "info", "debug")
"""As syslog(3) numbers them, from 0."""
_SPAN = re.compile(r"\d+ ?(s|sec|m|min|h|hour|hours|d|day|days|w|week|weeks)")
_FIELDS = "MESSAGE,PRIORITY,SYSLOG_IDENTIFIER,_SYSTEMD_UNIT,_PID"
Row = tuple[str, str, str, str]


@tool(risk=Risk.READ, trust=Trust.EXTERNAL, example={"unit": "nginx", "lines": 20})
async def logs_view(
    ctx: ToolContext,
    unit: Annotated[Unit | None, Field(description="leave out for the whole journal")] = None,
    priority: Annotated[
        Literal["emerg", "alert", "crit", "err", "warning", "notice", "info", "debug"] | None,
        Field(description="only this priority and worse; err shows errors"),
    ] = None,
    since: Annotated[
        str,
        Field(
            pattern=r"^[A-Za-z0-9 :.+-]{0,40}$",
            description="how far back: 15min, 2h, today, or 2026-01-31 08:00",
        ),
    ] = "",
    grep: Annotated[
        str, Field(max_length=200, description="only messages that match this regular expression")
    ] = "",
    lines: Annotated[int, Field(ge=1, le=500, description="how many, the newest")] = 50,
    host: OnHost = None,
) -> ToolResult:
    """Read the system journal: the newest messages, of one service, priority, time or text."""
    machine = ctx.hosts.get(host)
    command = journal_command(unit, priority, since, grep, lines)
    result = await ask_systemd(machine, command, keep=KEEP)
    found = parse_journal(result.output)
    if not found:
        await _why_nothing(machine, result.output)
    columns = ("time", "priority", "from", "message")
    return ToolResult(shown(found), Table(columns, tuple(found)))


def journal_command(
    unit: str | None, priority: str | None, since: str, grep: str, lines: int
) -> str:
    """The command line that asks for these messages."""
    asked = {"unit": unit, "priority": priority, "since": _span(since), "grep": grep}
    options = [f"--{name}={shlex.quote(value)}" for name, value in asked.items() if value]
    fixed = f"journalctl --no-pager -o json --output-fields={_FIELDS} --lines={lines}"
    return " ".join([fixed, *options])


def parse_journal(output: str) -> list[Row]:
    """journalctl's JSON lines: time, priority, who, message. Other lines are left out."""
    rows: list[Row] = []
    for line in output.split("\n"):
        # Where too much was left out, the lines around it are broken.
        with suppress(json.JSONDecodeError):
            if line.startswith("{"):
                rows.append(_row(json.loads(line)))
    return rows


def _row(entry: Mapping[str, Any]) -> Row:
    at = datetime.fromtimestamp(int(entry["__REALTIME_TIMESTAMP"]) / 1e6, UTC)
    who = entry.get("SYSLOG_IDENTIFIER") or entry.get("_SYSTEMD_UNIT") or "?"
    pid = f"[{entry['_PID']}]" if entry.get("_PID") else ""
    number = str(entry.get("PRIORITY") or "")
    priority = PRIORITIES[int(number)] if number in "01234567" and number else ""
    return (f"{at:%Y-%m-%d %H:%M:%SZ}", priority, f"{_text(who)}{pid}", _text(entry.get("MESSAGE")))


def _text(value: Any) -> str:
    """A field of the journal: text, null when it is huge, numbers when it is no UTF-8, or a list
    when it was given several times (systemd's Journal JSON Format)."""
    if value is None:
        return "(too long to show)"
    if isinstance(value, list):
        several = cast("list[Any]", value)
        if all(isinstance(each, int) for each in several):
            value = bytes(several).decode(errors="replace")
        else:
            value = "; ".join(_text(each) for each in several)
    text = safe(str(value)).strip("\n")
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"


def shown(rows: Sequence[tuple[str, ...]]) -> str:
    """As lines: the newest that fit, oldest first."""
    lines: list[str] = []
    room = SHOWN
    for row in reversed(rows):
        line = " ".join(cell for cell in row if cell)
        room -= len(line)
        if room < 0:
            lines.append(f"[… {len(rows) - len(lines)} older messages left out …]")
            break
        lines.append(line)
    return "\n".join(reversed(lines)) or "no messages"


def _span(since: str) -> str:
    """``2h`` as journalctl(1) wants it: relative times carry a sign."""
    return f"-{since}" if _SPAN.fullmatch(since) else since


async def _why_nothing(machine: Host, output: str) -> None:
    """Raises ToolError unless there is a journal that has nothing to say."""
    if complaint := output.replace("-- No entries --", "").strip():
        raise ToolError(f"journalctl: {complaint}")
    if not await runs_systemd(machine):
        raise ToolError(
            f"systemd does not run on {machine.name}, so it keeps no journal; "
            "read the files under /var/log with read_file instead"
        )
