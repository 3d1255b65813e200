"""Services of a host, as systemd runs them."""

import asyncio
import re
import shlex
from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import BaseModel, Field

from bot.resources import Host
from bot.tool import Level, Risk, Table, ToolContext, ToolError, ToolResult, Trust, Verdict, tool
from tools.on_host import OnHost
from tools.systemd import CHANGING, READING, Unit, ask_systemd
from tools.units import size

Control = Literal["start", "stop", "restart", "reload", "enable", "disable"]
SETTLE = 1.0
"""Seconds after which a service that was started should still be there."""
OPPOSITE = {"start": "stop", "stop": "start", "enable": "disable", "disable": "enable"}
VITAL = re.compile(
    r"(sshd?|dbus|networking|NetworkManager|systemd-.*|docker|containerd|nftables|firewalld|ufw)"
    r"(@.*)?(\.\w+)?"
)
"""Without these a host, or all that runs on it, is out of reach."""
_SHOWN = (
    "Id,Description,LoadState,ActiveState,SubState,Result,UnitFileState,MainPID,"
    "ExecMainStatus,NRestarts,MemoryCurrent,ActiveEnterTimestamp,InactiveEnterTimestamp"
)
_EXPECTED: Mapping[str, tuple[str, ...]] = {
    "start": ("active",),
    "restart": ("active",),
    "reload": ("active",),
    "stop": ("inactive", "failed"),
}


@tool(risk=Risk.READ, trust=Trust.SYSTEM, example={"service": "nginx"})
async def service_status(
    ctx: ToolContext,
    service: Annotated[Unit | None, Field(description="leave out to list what failed")] = None,
    host: OnHost = None,
) -> ToolResult:
    """State of one service: running or not, since when, restarts, memory. Or all failed ones."""
    machine = ctx.hosts.get(host)
    if service is None:
        return await _failed(machine)
    state = await _state(machine, service)
    rows = tuple(state_rows(state))
    return ToolResult("\n".join(f"{name}: {value}" for name, value in rows), Table(("", ""), rows))


def _judge(args: BaseModel, ctx: ToolContext) -> Verdict:  # noqa: ARG001 - a judge is handed both
    given = args.model_dump()
    action, service = given["action"], given["service"]
    reasons = [f"{action} {service}"]
    risk = Risk.DANGER if action in ("stop", "disable") else Risk.CHANGE
    if VITAL.fullmatch(service) and action not in ("start", "enable"):
        risk = Risk.DANGER
        reasons.append(f"the host may be out of reach without {service}")
    shape = f"service_control {action} {service}"
    return Verdict(Level.ASK, risk, tuple(reasons), trust=Trust.SYSTEM, shape=shape)


def _undo(args: BaseModel) -> str:
    given = args.model_dump()
    opposite = OPPOSITE.get(given["action"], "")
    return f"service_control {opposite} {given['service']}" if opposite else ""


@tool(
    risk=_judge,
    trust=Trust.SYSTEM,
    timeout=CHANGING + READING + 10,
    undo=_undo,
    example={"service": "nginx", "action": "restart"},
)
async def service_control(
    ctx: ToolContext,
    service: Unit,
    action: Annotated[Control, Field(description="what to do with it")],
    host: OnHost = None,
) -> ToolResult:
    """Start, stop, restart, reload, enable or disable a service, and see what became of it."""
    machine = ctx.hosts.get(host)
    command = f"systemctl --no-ask-password {action} -- {shlex.quote(service)}"
    result = await ask_systemd(machine, command, changes=True)
    if action in ("start", "restart"):
        await asyncio.sleep(SETTLE)
    state = await _state(machine, service)
    now = f"{service} is {state['ActiveState']} ({state['SubState']})"
    now += f", at boot: {state['UnitFileState']}" if state.get("UnitFileState") else ""
    if result.exit_code != 0:
        raise ToolError(f"{action} failed: {result.output.strip()}\n{now}")
    if not _as_expected(action, state):
        raise ToolError(f"{action} went through, but {now}; see logs_view for the reason")
    return ToolResult(f"{action} done: {now}")


async def _state(machine: Host, service: str) -> Mapping[str, str]:
    command = f"systemctl show --no-pager --property={_SHOWN} -- {shlex.quote(service)}"
    result = await ask_systemd(machine, command)
    if result.exit_code != 0:
        raise ToolError(f"systemctl: {result.output.strip()}")
    state = parse_state(result.output)
    if state.get("LoadState") == "not-found":
        raise ToolError(f"there is no unit {service} on {machine.name}")
    return state


def parse_state(output: str) -> Mapping[str, str]:
    """``systemctl show``: one ``Name=value`` a line, as systemctl(1) describes it."""
    pairs = (line.partition("=") for line in output.splitlines() if "=" in line)
    return {name: value for name, _, value in pairs}


def state_rows(state: Mapping[str, str]) -> list[tuple[str, str]]:
    """What is worth telling of a unit's state, by name."""
    since = state.get("ActiveEnterTimestamp" if _runs(state) else "InactiveEnterTimestamp", "")
    memory = state.get("MemoryCurrent", "")
    rows = [
        ("unit", f"{state['Id']} ({state['Description']})"),
        ("state", f"{state['ActiveState']} ({state['SubState']})" + (since and f" since {since}")),
        ("result", state.get("Result", "")),
        ("at boot", state.get("UnitFileState", "")),
        ("main process", state.get("MainPID", "") if _runs(state) else ""),
        ("exit code", "" if _runs(state) else state.get("ExecMainStatus", "")),
        ("restarts", state.get("NRestarts", "")),
        ("memory", size(int(memory)) if memory.isdecimal() else ""),
    ]
    return [(name, value) for name, value in rows if value]


def _runs(state: Mapping[str, str]) -> bool:
    return state["ActiveState"] in ("active", "reloading", "activating")


def _as_expected(action: str, state: Mapping[str, str]) -> bool:
    """A unit that does its work once is inactive when it is done, and that is well."""
    if action not in _EXPECTED or state["ActiveState"] in _EXPECTED[action]:
        return True
    return state["ActiveState"] == "inactive" and state.get("Result") == "success"


async def _failed(machine: Host) -> ToolResult:
    command = "systemctl list-units --failed --all --plain --no-legend --no-pager"
    result = await ask_systemd(machine, command)
    if result.exit_code != 0:
        raise ToolError(f"systemctl: {result.output.strip()}")
    columns = ("unit", "load", "active", "sub", "description")
    split = (line.split(maxsplit=4) for line in result.output.splitlines())
    rows = tuple(tuple(row) for row in split if len(row) == len(columns))
    text = "\n".join(" ".join(row) for row in rows)
    return ToolResult(text or "no unit has failed", Table(columns, rows))
