"""docker_compose: a real project on a real engine, by the Compose that the machine has."""

from collections.abc import AsyncGenerator, Generator
from pathlib import Path
from typing import cast

import pytest
from pydantic import JsonValue, ValidationError

from bot.ids import new_id
from bot.tool import Level, Risk, ToolContext, ToolError
from tests.container_kit import CHATTY, at_engine, driving_engine
from tests.driving_kit import Driver
from tests.lab.engine import Engine
from tests.tools_kit import call, judged, previewed
from tools.compose import docker_compose
from tools.compose_file import mighty, without_environment
from tools.hosts.local import LocalHost

PROJECT = f"""\
services:
  web:
    image: busybox:lab
    network_mode: none
    command: ["sh", "-c", "{CHATTY.replace("$", "$$")}"]
    environment:
      PASSWORD: |-
        hunter2
        swordfish
  spare:
    image: busybox:lab
    network_mode: none
    command: ["sleep", "600"]
"""


@pytest.fixture
def folder(tmp_path: Path, engine: Engine) -> Generator[Path]:
    """A project of two services, with a name of its own; what it started is gone afterwards."""
    engine.busybox()
    path = tmp_path / f"project-{new_id()[-8:].lower()}"
    path.mkdir()
    (path / "compose.yaml").write_text(PROJECT)
    yield path
    label = f"label=com.docker.compose.project={path.name}"
    if left := engine.docker("ps", "--all", "--quiet", "--filter", label).split():
        engine.docker("rm", "--force", *left)


@pytest.fixture
async def bot(tmp_path: Path, engine: Engine) -> AsyncGenerator[Driver]:
    (tmp_path / "data").mkdir()
    async with driving_engine(tmp_path / "data", engine.socket) as driver:
        yield driver


@pytest.fixture
def ctx(tmp_path: Path, engine: Engine) -> ToolContext:
    return at_engine(tmp_path / "data", engine.socket)


async def test_a_project_lives(bot: Driver, engine: Engine, folder: Path) -> None:
    """It is created after an approval that shows it, read, and taken down again."""
    project = str(folder)
    up = await bot.call("docker_compose", project=project, verb="up", services=["web"])
    running = engine.docker("ps", "--format", "{{.Names}}")
    ps = await bot.call("docker_compose", project=project, verb="ps")
    logs = await bot.call("docker_compose", project=project, verb="logs", lines=5)
    down = await bot.call("docker_compose", project=project, verb="down")

    [asked] = up.asked
    assert Risk.CHANGE == asked.verdict.risk
    assert f"docker compose up -d web\nin {folder}\nno container of it exists" in asked.preview
    assert "image: busybox:lab" in asked.preview
    assert "up done:\n" in up.output
    assert f"{folder.name}_web_1" in running or f"{folder.name}-web-1" in running
    assert [] == [*ps.asked, *logs.asked]
    assert " running " in ps.output
    assert ps.only.table is not None
    assert "busybox:lab" == ps.only.table.rows[0][-1]
    assert "trouble" in logs.output
    assert Risk.DANGER == down.asked[0].verdict.risk
    assert folder.name not in engine.docker("ps", "--all", "--format", "{{.Names}}")
    assert down.output.endswith("no container of it exists")


async def test_the_environment_is_not_shown(ctx: ToolContext, folder: Path) -> None:
    """Its description comes without what containers are given, on the card as well."""
    told = await call(docker_compose, ctx, project=str(folder), verb="config")
    card = await previewed(docker_compose, ctx, {"project": str(folder), "verb": "up"})

    for text in (told.text, card):
        assert "PASSWORD: ‹not shown›" in text
        assert "hunter2" not in text
        assert "swordfish" not in text
        assert "spare:" in text


async def test_what_a_file_of_secrets_holds_is_not_shown(ctx: ToolContext, folder: Path) -> None:
    """Variables stay variables; where Compose cannot leave them, only names are told."""
    (folder / ".env").write_text("PW=hunter2\nPORT=8080\n")
    described = PROJECT.replace('"sleep", "600"', '"sleep", "${PW}"')
    (folder / "compose.yaml").write_text(described)
    plain = await call(docker_compose, ctx, project=str(folder), verb="config")
    (folder / "compose.yaml").write_text(f"{described}    ports: ['${{PORT}}:80']\n")
    ports = await call(docker_compose, ctx, project=str(folder), verb="config")

    assert "${PW}" in plain.text
    assert "hunter2" not in plain.text + ports.text
    assert "spare" in ports.text


async def test_a_changed_project_is_another_one(ctx: ToolContext, folder: Path) -> None:
    """What would be started is part of what is approved."""
    given = {"project": str(folder), "verb": "up"}
    first = await judged(docker_compose, ctx, **given)
    (folder / "compose.yaml").write_text(PROJECT.replace("600", "601"))
    second = await judged(docker_compose, ctx, **given)

    assert "" != first.basis != second.basis


async def test_containers_that_own_the_host_are_a_danger(ctx: ToolContext, folder: Path) -> None:
    """The card names what makes them mighty."""
    text = PROJECT.replace("network_mode: none", "network_mode: none\n    privileged: true", 1)
    (folder / "compose.yaml").write_text(
        text.replace("    image", "    volumes: ['/:/h']\n    image", 1)
    )
    verdict = await judged(docker_compose, ctx, project=str(folder), verb="up")

    assert (Level.ASK, Risk.DANGER) == (verdict.level, verdict.risk)
    assert "a privileged container privileged: true" in verdict.reasons
    assert "a container gets / of the host" in verdict.reasons


async def test_an_image_that_cannot_be_had(ctx: ToolContext, folder: Path) -> None:
    """The registry's refusal is told, and that it failed."""
    (folder / "compose.yaml").write_text("services: {x: {image: '127.0.0.1:9/none:1'}}")
    with pytest.raises(ToolError, match=r"(?s)compose pull failed, exit \d+.*refused"):
        await call(docker_compose, ctx, project=str(folder), verb="pull")


async def test_a_project_that_is_wrong(ctx: ToolContext, folder: Path) -> None:
    """Compose's own words, before anybody is asked."""
    (folder / "compose.yaml").write_text("services: {x: {imagine: y}}")
    with pytest.raises(ToolError, match="imagine"):
        await judged(docker_compose, ctx, project=str(folder), verb="up")
    with pytest.raises(ToolError, match="imagine"):
        await call(docker_compose, ctx, project=str(folder), verb="config")


async def test_where_there_is_no_project(ctx: ToolContext, folder: Path) -> None:
    """A directory without one is refused, although Compose would look in those above it."""
    below = folder / "below"
    below.mkdir()
    with pytest.raises(ToolError, match=r"holds none of compose\.yaml"):
        await judged(docker_compose, ctx, project=str(below), verb="ps")
    with pytest.raises(ToolError, match="No such file"):
        await judged(docker_compose, ctx, project=str(folder / "nowhere"), verb="ps")


async def test_a_directory_that_tools_may_not_read(tmp_path: Path, ctx: ToolContext) -> None:
    """The bot's own data is refused before anything is run."""
    verdict = await judged(docker_compose, ctx, project=str(tmp_path / "data"), verb="up")

    assert Level.DENY == verdict.level
    assert "may not be read" in verdict.reasons[0]


async def test_neither_version(ctx: ToolContext, folder: Path) -> None:
    """A host with no Compose on its path: what to install is named."""
    (folder / "bash").symlink_to("/bin/bash")
    cast("LocalHost", ctx.hosts.get(None))._env["PATH"] = str(folder)
    with pytest.raises(ToolError, match="local has no Docker Compose: install the package"):
        await call(docker_compose, ctx, project=str(folder), verb="ps")


async def test_docker_down(tmp_path: Path, folder: Path) -> None:
    """The same line as from the other tools, not Compose's."""
    ctx = at_engine(tmp_path / "data", tmp_path / "docker.sock")
    with pytest.raises(ToolError, match="Docker does not run on local"):
        await call(docker_compose, ctx, project=str(folder), verb="ps")


RISKS = [
    ("ps", Level.ALLOW, Risk.READ),
    ("config", Level.ALLOW, Risk.READ),
    ("logs", Level.ALLOW, Risk.READ),
    ("images", Level.ALLOW, Risk.READ),
    ("top", Level.ALLOW, Risk.READ),
    ("pull", Level.ASK, Risk.CHANGE),
    ("up", Level.ASK, Risk.CHANGE),
    ("start", Level.ASK, Risk.CHANGE),
    ("restart", Level.ASK, Risk.CHANGE),
    ("stop", Level.ASK, Risk.DANGER),
    ("down", Level.ASK, Risk.DANGER),
]


@pytest.mark.parametrize(("verb", "level", "risk"), RISKS)
async def test_risks(ctx: ToolContext, folder: Path, verb: str, level: Level, risk: Risk) -> None:
    """Looking is free, starting asks, taking away is a danger."""
    verdict = await judged(docker_compose, ctx, project=str(folder), verb=verb)

    assert (level, risk) == (verdict.level, verdict.risk)


def test_undo_is_the_opposite() -> None:
    """What was stopped can be started; what was created may have been there before."""
    undo = docker_compose.undo
    assert undo is not None
    told = {
        verb: undo(docker_compose.parse({"project": "/srv/app", "verb": verb}))
        for verb in ("start", "stop", "down", "up", "restart")
    }

    assert {
        "start": "docker_compose stop /srv/app",
        "stop": "docker_compose start /srv/app",
        "down": "docker_compose up /srv/app",
        "up": "",
        "restart": "",
    } == told


BAD: list[dict[str, JsonValue]] = [
    {"project": "/srv", "verb": "exec"},
    {"project": "/srv", "verb": "up", "services": ["--privileged"]},
    {"project": "/srv", "verb": "up", "services": ["a b"]},
    {"project": "/srv", "verb": "logs", "lines": 0},
]


@pytest.mark.parametrize("args", BAD)
def test_arguments_that_do_not_fit_are_refused(args: dict[str, JsonValue]) -> None:
    """Other verbs, and names that could be options."""
    with pytest.raises(ValidationError):
        docker_compose.parse(args)


async def test_down_takes_no_services(ctx: ToolContext, folder: Path) -> None:
    """A call that would do more than it says is refused."""
    with pytest.raises(ToolError, match="down is about the whole project"):
        await judged(docker_compose, ctx, project=str(folder), verb="down", services=["web"])


SECOND = """\
name: app
services:
  web:
    build:
      context: /srv/app
      args:
        TOKEN: abc
        - KEY=abc
    cap_add:
      - SYS_ADMIN
    environment:
      A: abc
      B: |
        abc

        abc
    image: app
    pid: host
    security_opt:
      - seccomp:unconfined
    volumes:
      - type: bind
        source: /var/run/docker.sock
        target: /var/run/docker.sock
      - type: bind
        source: /srv/app/data
        target: /data
  db:
    environment: {}
    image: db
"""


def test_what_version_2_prints_is_understood() -> None:
    """Long forms of mounts, indented lists, values of several lines."""
    shown = without_environment(SECOND)

    assert "abc" not in shown
    assert ["TOKEN:", "KEY=", "A:", "B:"] == [
        line.replace("‹not shown›", "").strip(" -") for line in shown.splitlines() if "‹" in line
    ]
    assert "    environment: {}\n    image: db" in shown
    assert "    image: app\n    pid: host" in shown
    assert [
        "a container with power over the host: SYS_ADMIN",
        "a container inside the host's pid: host",
        "no confinement: seccomp:unconfined",
        "a container gets /var/run/docker.sock of the host",
    ] == mighty(SECOND)
