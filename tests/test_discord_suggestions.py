"""What Discord offers while somebody types after ``/ops``."""

import asyncio
from collections.abc import AsyncGenerator, Mapping, Sequence
from pathlib import Path

import pytest

import tools.hosts
import tools.naming
from adapters.discord import suggesting
from bot.chat import Role
from bot.ports import Part
from bot.suggestion import Source, Suggestion
from bot.tool import Risk, ToolError, tool
from tests.container_kit import with_engine
from tests.discord_kit import APPROVER, ME, OPERATOR, VIEWER, card, in_discord, people
from tests.fakes.discord.server import DiscordServer, discord_server
from tests.fakes.discord.shapes import Shape
from tests.fakes.model import ScriptedModel, calls
from tests.kernel_kit import Bench, settings
from tests.small_tools import RESTART, Lab


@tool(risk=Risk.READ)
async def docker_peek(container: str, lines: int = 5, host: str | None = None) -> str:
    """Look into a container."""
    return f"{container} {lines} {host}"


@pytest.fixture
async def discord() -> AsyncGenerator[DiscordServer]:
    async with discord_server() as server:
        people(server)
        yield server


def values(choices: Sequence[Shape]) -> list[str]:
    return [choice["value"] for choice in choices]


def offer(bench: Bench, argument: str, *names: str, role: Role = Role.VIEWER) -> None:
    async def found(given: Mapping[str, str]) -> Sequence[Suggestion]:
        host = given.get("host", "")
        return [Suggestion(name, host and f"on {host}") for name in names]

    bench.kernel.add(Part(sources={argument: Source(role, found)}))


async def test_a_request_is_completed_word_by_word(tmp_path: Path, discord: DiscordServer) -> None:
    """Tools, then their arguments, then hosts and containers; a host is offered after *on*."""
    async with in_discord(tmp_path, discord, ScriptedModel(), [docker_peek]) as bench:
        offer(bench, "host", "web1", "web2", "db1")
        offer(bench, "container", "nginx", "redis", role=Role.OPERATOR)
        typed = {
            text: values(await discord.types("ask", text, by=OPERATOR))
            for text in (
                "run", "run dock", "run docker_peek ", "run docker_peek host=web1 co",
                "run docker_peek host=web1 container=ng", "run docker_peek host=w",
                "restart nginx on we", "hello", "",
            )
        }  # fmt: skip
        [choice] = await discord.types("ask", "run docker_peek host=web2 container=r", by=OPERATOR)

    peek = "run docker_peek"
    assert [[peek], [peek]] == [typed["run"], typed["run dock"]]
    assert [f"{peek} container=", f"{peek} lines=", f"{peek} host="] == typed[f"{peek} "]
    assert [f"{peek} host=web1 container="] == typed[f"{peek} host=web1 co"]
    assert [f"{peek} host=web1 container=nginx"] == typed[f"{peek} host=web1 container=ng"]
    assert [f"{peek} host=web1", f"{peek} host=web2"] == typed[f"{peek} host=w"]
    assert ["restart nginx on web1", "restart nginx on web2"] == typed["restart nginx on we"]
    assert [[], []] == [typed["hello"], typed[""]]
    assert f"{peek} host=web2 container=redis: on web2" == choice["name"]


async def test_5_2_suggestions_ask_for_the_role(
    tmp_path: Path, discord: DiscordServer, lab: Lab
) -> None:
    """Approvals, runs, tools, hosts and containers: only what they may see anywhere else."""
    lines = {
        "approvals": ("approve", ""), "runs": ("stop", ""), "tools": ("ask", "run "),
        "hosts": ("ask", "on "), "containers": ("ask", "run look container="),
    }  # fmt: skip
    model = ScriptedModel(calls(RESTART))
    async with in_discord(tmp_path, discord, model, lab.tools()) as bench:
        offer(bench, "host", "web1")
        offer(bench, "container", "nginx", role=Role.OPERATOR)
        await discord.says(f"{ME} restart nginx")
        await card(discord)
        seen = {
            person: {what for what, line in lines.items() if await discord.types(*line, by=person)}
            for person in (APPROVER, OPERATOR, VIEWER)
        }
        [run] = await discord.types("stop", "", by=APPROVER)

    assert set(lines) == seen[APPROVER] == seen[OPERATOR]
    assert {"tools", "hosts"} == seen[VIEWER]
    assert "waiting: " in run["name"]


async def test_suggestions_fit_discord(tmp_path: Path, discord: DiscordServer) -> None:
    """At most 25, none too long; those that begin with what was typed come first."""
    async with in_discord(tmp_path, discord, ScriptedModel()) as bench:
        offer(bench, "host", *(f"web-{number}" for number in range(40)), "x" * 120, "b-web-1")
        many = values(await discord.types("ask", "look on ", by=VIEWER))
        some = values(await discord.types("ask", "look on web-1", by=VIEWER))

    assert 25 == len(many)
    assert "look on web-1" == some[0]
    assert "look on b-web-1" == some[-1]
    assert [] == discord.api.refused


async def test_5_5_suggestions_never_wait(
    tmp_path: Path, discord: DiscordServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A machine that hangs or an engine that is away: an empty list, well before Discord says
    that loading failed."""
    monkeypatch.setattr(suggesting, "PATIENCE", 0.2)

    async def hanging(_: Mapping[str, str]) -> Sequence[Suggestion]:
        await asyncio.Event().wait()
        raise AssertionError

    async def away(_: Mapping[str, str]) -> Sequence[Suggestion]:
        raise ToolError("Docker does not run")

    async with in_discord(tmp_path, discord, ScriptedModel()) as bench:
        sources = {"host": Source(Role.VIEWER, hanging), "container": Source(Role.VIEWER, away)}
        bench.kernel.add(Part(sources=sources))
        assert [] == await discord.types("ask", "run x host=", by=VIEWER)
        assert [] == await discord.types("ask", "run x container=", by=VIEWER)
        offer(bench, "host", "web1")
        assert ["on web1"] == values(await discord.types("ask", "on ", by=VIEWER))


async def test_hosts_come_from_the_inventory(tmp_path: Path) -> None:
    """The machine itself is one; an engine that is not there is told in one line."""
    hosts = with_engine(tools.hosts.create(settings(tmp_path)), tmp_path / "no.sock")
    found = tools.naming.sources(hosts)

    assert ["local"] == [each.value for each in await found["host"].fn({})]
    with pytest.raises(ToolError, match="does not run"):
        await found["container"].fn({"host": "local"})
    with pytest.raises(ToolError, match="there is no host"):
        await found["container"].fn({"host": "nowhere"})
