"""Every kind of model does the same ten operations tasks on real machines, through the whole bot:
its process, its REST interface, its SSH connections, approvals by a person."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Generator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.container_kit import container
from tests.fakes.ollama import FakeOllama
from tests.fakes.ollama.personalities import PERSONALITIES, Call, mind
from tests.faults.life import ENDS, Event, House, Life, kinds, last
from tests.lab.engine import Engine
from tests.lab.machines import DOCKER, Machines
from tests.lab.shop import Shop, shop

_PATIENCE = 60.0
_FIRST_PORT = 8081


@dataclass(frozen=True, slots=True)
class Step:
    """A call that the model makes, and what its output must hold."""

    tool: str
    args: Mapping[str, Any]
    shows: str
    card: Sequence[str] = ()
    """What a person must be shown before it; for nothing it is not asked for."""
    hosts: Sequence[str] = ("web1",)

    @property
    def call(self) -> Call:
        host = self.hosts if len(self.hosts) > 1 else self.hosts[0]
        return self.tool, {**self.args, "host": host}


@dataclass(frozen=True, slots=True)
class Site:
    """What one model is to look after."""

    shop: Shop
    container: str


Tasks = dict[str, Sequence[Step]]
"""What a person asks → the way to the answer."""


def tasks(site: Site) -> Tasks:
    """Ten of them, in the order in which they come up."""
    return {**_mending(site.shop), **_after(site)}


def _mending(shop: Shop) -> Tasks:
    name, config, unit = shop.name, {"path": shop.config}, {"service": shop.name}
    line = f"        listne 127.0.0.1:{shop.port};"
    diff = [f"-{line}", f"+{line.replace('listne', 'listen')}"]
    restarted = f"restart done: {name} is active"
    return {
        f"Why is the {name} down?": [
            Step("service_status", unit, "failed"),
            Step("logs_view", {"unit": name}, 'unknown directive "listne"'),
        ],
        f"How is the {name} configured?": [Step("read_file", config, line)],
        f"Correct the typing error of the {name}.": [
            Step("write_file", {**config, "content": shop.mended}, shop.config, card=diff)
        ],
        f"Restart the {name} and see that it runs.": [
            Step("service_control", {**unit, "action": "restart"}, restarted, [f"restart {name}"]),
            Step("service_status", unit, "active (running)"),
        ],
    }


def _after(site: Site) -> Tasks:
    name, place, web = site.shop.name, {"path": site.shop.place}, site.container
    sizes = f"du -a {site.shop.logs} | sort -rn | head -n 2"
    both = ["web1", "web2"]
    return {
        f"How full are the disks below the {name}?": [Step("disk_usage", {}, "%")],
        f"Which log of the {name} is the biggest?": [
            Step("execute_command", {"command": sizes}, "orders.log")
        ],
        f"When did systemd start the {name}?": [
            Step("logs_view", {"unit": name, "grep": "Started"}, f"The {name}")
        ],
        f"Is the container of the {name} up? Restart it.": [
            Step("docker_status", {"filter": web}, web),
            Step("docker_restart", {"container": web, "grace": 1}, "running", card=[web]),
        ],
        f"What was changed in the repository of the {name}, and who was it before?": [
            Step("git_status", place, "nginx.conf"),
            Step("git_log", place, "Carl Customer: Move the shop"),
        ],
        f"Is the {name} on the busier host?": [
            Step("execute_command", {"command": "uptime"}, "load average", hosts=both)
        ],
    }


@pytest.fixture
def sites(machines: Machines, engine: Engine) -> Generator[dict[str, Site]]:
    """A shop and a container for each model, by its name."""
    with ExitStack() as stack:
        made: dict[str, Site] = {}
        for number, each in enumerate(PERSONALITIES):
            opened = stack.enter_context(shop(machines.web1, f"shop{number}", _FIRST_PORT + number))
            made[each.model.name] = Site(opened, stack.enter_context(container(engine)))
        yield made


@pytest.fixture
async def house(tmp_path: Path, machines: Machines) -> AsyncGenerator[House]:
    hosts = machines.inventory(tmp_path / "hosts.toml", docker=DOCKER, files="read:/,write:/srv")
    names = ",".join(each.model.name for each in PERSONALITIES)
    async with FakeOllama([each.model for each in PERSONALITIES]) as ollama:
        settings = {"hosts_file": str(hosts), "models": names}
        yield House(tmp_path, ollama, settings, patience=_PATIENCE)


async def test_ten_tasks(house: House, sites: dict[str, Site], engine: Engine) -> None:
    """All five at once: the cause is found, the file mended, the shop open again, the container
    started anew; what changes something is asked for, and the question shows what it will do."""
    started = ("inspect", "--format", "{{.State.StartedAt}}")
    before = {name: engine.docker(*started, site.container) for name, site in sites.items()}
    for each in PERSONALITIES:
        house.ollama.script(each.model.name, mind(each.way, _knowing(sites[each.model.name])))
    async with house.life() as life, asyncio.TaskGroup() as together:
        for name, site in sites.items():
            together.create_task(_all_done(life, name, site))

    assert not house.ollama.truncations
    for name, site in sites.items():
        assert f"the {site.shop.name} is open" in site.shop.visit()
        assert site.shop.mended.strip() == site.shop.machine.ssh(f"cat {site.shop.config}")
        assert before[name] < engine.docker(*started, site.container)


def _knowing(site: Site) -> Callable[[str], Sequence[Call] | None]:
    """How a model understands its tasks."""
    known = {question: [step.call for step in steps] for question, steps in tasks(site).items()}
    return known.get


async def _all_done(life: Life, model: str, site: Site) -> None:
    for number, (question, steps) in enumerate(tasks(site).items()):
        thread = f"{model.partition(':')[0]}-{number}"
        await life.say(question, thread, model=model)
        _check(await _approved(life, thread, steps), steps)


async def _approved(life: Life, thread: str, steps: Sequence[Step]) -> list[Event]:
    """The events of a run, in which a person saw and approved what asked."""
    cards = [step.card for step in steps if step.card]
    for number, card in enumerate(cards, 1):
        events = await life.until("approval_requested", *ENDS, thread=thread, count=number)
        asked = last(events, "approval_requested")
        said = "\n".join([asked["preview"], *asked["verdict"]["reasons"]])
        assert all(line in said for line in card), said
        await life.decide(asked, "approve")
    events = await life.until(*ENDS, thread=thread)
    assert len(cards) == kinds(events).count("approval_requested")
    return events


def _check(events: Sequence[Event], steps: Sequence[Step]) -> None:
    """Each step was done where it should be, once, and the answer tells what the last showed."""
    wanted = sorted((step.tool, host) for step in steps for host in step.hosts)
    begun = [event for event in events if event["type"] == "tool_started"]
    assert wanted == sorted((event["call"]["name"], event["host"]) for event in begun)
    ended = [event for event in events if event["type"] == "tool_finished"]
    assert ["ok"] * len(wanted) == [event["outcome"] for event in ended], ended
    shown = [step.shows for step in steps for _ in step.hosts]
    for text, event in zip(shown, ended, strict=True):
        assert text in event["output"]
    answer = events[-1]
    assert "run_finished" == answer["type"], answer
    assert steps[-1].shows in answer["text"]
    assert not any(mark in answer["text"] for mark in ("<think>", "Final Answer", '"final"'))
