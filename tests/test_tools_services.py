"""service_status and service_control: units, risk, undo, and hosts without systemd."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from bot.tool import Level, Risk, ToolContext, ToolError
from tests.tools_kit import call, context, judged
from tools.services import parse_state, service_control, service_status, state_rows
from tools.systemd import ask_systemd

BOOTED = Path("/run/systemd/system").is_dir()
DATA = Path(__file__).parent / "data"
NO_SYSTEMD = r"systemd does not run on local|local has no systemctl"


@pytest.fixture
def ctx(tmp_path: Path) -> ToolContext:
    return context(tmp_path / "data")


async def test_a_service_of_this_machine_or_why_there_is_none(ctx: ToolContext) -> None:
    """With systemd its own journal runs, and what is not there is said; without, that is said."""
    if BOOTED:
        text = (await call(service_status, ctx, service="systemd-journald")).text
        assert "unit: systemd-journald.service" in text
        assert "state: active (running)" in text
        with pytest.raises(ToolError, match="there is no unit no-such-thing"):
            await call(service_status, ctx, service="no-such-thing")
    else:
        with pytest.raises(ToolError, match=NO_SYSTEMD):
            await call(service_status, ctx, service="nginx")


async def test_what_failed_or_why_it_cannot_be_known(ctx: ToolContext) -> None:
    """Without a name, what failed is listed."""
    if BOOTED:
        assert (await call(service_status, ctx)).table is not None
    else:
        with pytest.raises(ToolError, match=NO_SYSTEMD):
            await call(service_status, ctx)


async def test_controlling_what_is_not_there_is_an_error(ctx: ToolContext) -> None:
    """A unit that does not exist, or no systemd: the model is told, nothing is claimed done."""
    with pytest.raises(ToolError, match=rf"there is no unit|restart failed|{NO_SYSTEMD}"):
        await call(service_control, ctx, service="no-such-thing", action="restart")


async def test_a_missing_program_names_what_to_install(ctx: ToolContext) -> None:
    """Exit code 127 is told as what is missing."""
    with pytest.raises(ToolError, match="local has no systemctl: install systemd"):
        await ask_systemd(ctx.hosts.get(None), "systemctl >/dev/null 2>&1; exit 127")


RISKS = [
    ("restart", "nginx", Risk.CHANGE),
    ("start", "nginx", Risk.CHANGE),
    ("reload", "nginx", Risk.CHANGE),
    ("enable", "nginx", Risk.CHANGE),
    ("stop", "nginx", Risk.DANGER),
    ("disable", "nginx", Risk.DANGER),
    ("restart", "ssh", Risk.DANGER),
    ("restart", "sshd.service", Risk.DANGER),
    ("restart", "systemd-networkd", Risk.DANGER),
    ("start", "ssh", Risk.CHANGE),
    ("restart", "sshguard", Risk.CHANGE),
]


@pytest.mark.parametrize(("action", "service", "risk"), RISKS)
async def test_the_risk_is_judged(ctx: ToolContext, action: str, service: str, risk: Risk) -> None:
    """Taking away is a danger, so is touching what the host is reached through."""
    verdict = await judged(service_control, ctx, service=service, action=action)

    assert (Level.ASK, risk) == (verdict.level, verdict.risk)
    assert f"service_control {action} {service}" == verdict.shape


BAD_NAMES = ["", "-rf", "a b", "a;b", "$(x)", "a\nb", "nginx\n", "*", "../x", "ü", "--now", "a\0"]


@pytest.mark.parametrize("service", BAD_NAMES)
def test_names_that_no_unit_has_are_refused(service: str) -> None:
    """Options, patterns and shell syntax are no names."""
    with pytest.raises(ValidationError):
        service_control.parse({"service": service, "action": "start"})
    with pytest.raises(ValidationError):
        service_status.parse({"service": service})


@pytest.mark.parametrize("service", ["getty@tty1.service", r"dev-disk-by\x2did.swap", "a_b:c.d"])
def test_names_of_units_are_taken(service: str) -> None:
    """Instances and escaped names are names."""
    service_control.parse({"service": service, "action": "start"})


def test_undo_is_the_opposite() -> None:
    """stop ↔ start and enable ↔ disable; a restart has no way back."""
    undo = service_control.undo
    assert undo is not None
    told = {
        action: undo(service_control.parse({"service": "nginx", "action": action}))
        for action in ("stop", "start", "enable", "disable", "restart")
    }

    assert {
        "stop": "service_control start nginx",
        "start": "service_control stop nginx",
        "enable": "service_control disable nginx",
        "disable": "service_control enable nginx",
        "restart": "",
    } == told


def test_what_systemctl_shows_is_read() -> None:
    """A running unit's state, since when, restarts and memory."""
    rows = state_rows(parse_state((DATA / "systemctl_show.txt").read_text()))

    assert [
        ("unit", "nginx.service (A high performance web server and a reverse proxy server)"),
        ("state", "active (running) since Mon 2026-11-23 04:47:49 UTC"),
        ("result", "success"),
        ("at boot", "enabled"),
        ("main process", "412"),
        ("restarts", "2"),
        ("memory", "5.0 MiB"),
    ] == rows
