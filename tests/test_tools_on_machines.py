"""Tools through the agent on real Debian hosts: services, journals, groups, accounts."""

import asyncio
import json
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from bot.chat import ThreadRef
from bot.events import RunStopped
from bot.ids import new_id
from bot.tool import Risk, Trust
from tests.driving_kit import Driver, driving
from tests.kernel_kit import ANN
from tests.lab.machines import Machine, Machines


@pytest.fixture
async def bot(tmp_path: Path, machines: Machines) -> AsyncGenerator[Driver]:
    inventory = machines.inventory(tmp_path / "hosts.toml")
    async with driving(tmp_path, hosts_file=inventory) as driver:
        yield driver


def main_process(machine: Machine) -> str:
    return machine.ssh("systemctl show --property MainPID --value nginx")


async def test_a_service_is_really_restarted(bot: Driver, machines: Machines) -> None:
    """One approval; afterwards another process runs, and the answer says that it does."""
    before = main_process(machines.web1)
    told = await bot.call("service_control", service="nginx", action="restart", host="web1")

    assert [("web1", Risk.CHANGE)] == [(each.host, each.verdict.risk) for each in told.asked]
    assert told.output.startswith("restart done: nginx is active (running)")
    assert main_process(machines.web1) not in (before, "0", "")


async def test_a_service_is_stopped_and_started(bot: Driver, machines: Machines) -> None:
    """Stopping is dangerous and says how it is taken back, which then works."""
    told = await bot.call("service_control", service="nginx", action="stop", host="web1")
    [request] = told.asked
    stopped = await bot.call("service_status", service="nginx", host="web1")
    undone = await bot.call("service_control", service="nginx", action="start", host="web1")

    assert (Risk.DANGER, "service_control start nginx") == (request.verdict.risk, request.undo)
    assert "state: inactive (dead)" in stopped.output
    assert undone.output.startswith("start done: nginx is active")
    assert "active" == machines.web1.ssh("systemctl is-active nginx")


async def test_a_service_that_is_not_there(bot: Driver) -> None:
    """The model is told; nothing is claimed done."""
    status = await bot.call("service_status", service="no-such-thing", host="web1")
    args = {"service": "no-such-thing", "action": "start", "host": "web1"}
    control = await bot.call("service_control", **args)

    assert ("error", "error") == (status.only.outcome, control.only.outcome)
    assert "there is no unit no-such-thing on web1" in status.only.output


async def test_what_failed_is_listed(bot: Driver, machines: Machines) -> None:
    """A unit whose program ends badly is named."""
    machines.web1.ssh("systemd-run --unit lab-fails --wait /bin/false || true")
    try:
        told = await bot.call("service_status", host="web1")
    finally:
        machines.web1.ssh("systemctl reset-failed lab-fails")

    assert "lab-fails.service" in told.output


async def test_the_journal_is_read(bot: Driver, machines: Machines) -> None:
    """Messages by unit, priority and text; they are outsiders' words."""
    mark = new_id()
    machines.web1.ssh(f"logger --tag lab --priority user.err 'disk {mark} is full'")
    machines.web1.ssh(f"logger --tag lab --priority user.info 'all {mark} is well'")
    machines.web1.ssh("journalctl --sync")
    every = await bot.call("logs_view", grep=mark, host="web1")
    errors = await bot.call("logs_view", grep=mark, priority="err", host="web1")
    nginx = await bot.call("logs_view", unit="nginx", lines=5, host="web1")

    assert every.only.table
    assert 2 == len(every.only.table.rows)
    assert f"disk {mark} is full" in errors.output
    assert "is well" not in errors.output
    assert Trust.EXTERNAL == errors.only.trust
    assert "nginx" in nginx.output


async def test_a_group_is_restarted_with_one_approval(bot: Driver, machines: Machines) -> None:
    """Two hosts changed at once are a danger that is asked about once and done on both."""
    before = [main_process(machine) for machine in machines]
    told = await bot.call("service_control", service="nginx", action="restart", host="group:web")
    after = [main_process(machine) for machine in machines]

    [request] = told.asked
    assert ("web1, web2", "root@web1, root@web2") == (request.host, request.account)
    assert Risk.DANGER == request.verdict.risk
    assert ["ok", "ok"] == [finished.outcome for finished in told.finished]
    assert not {*before} & {*after}


async def test_readings_of_a_group_taint_nothing(bot: Driver) -> None:
    """Both hosts answer, each for itself, and nobody is asked."""
    told = await bot.call("system_info", host="group:web")

    assert [] == told.asked
    for name in ("web1", "web2"):
        assert f"host: {name}" in told.on(name).output


async def test_an_ordinary_account_is_told_what_it_may_not(
    tmp_path: Path, machines: Machines
) -> None:
    """The host's own refusal reaches the model in clear words."""
    inventory = machines.inventory(tmp_path / "hosts.toml", user="deploy")
    async with driving(tmp_path, hosts_file=inventory) as bot:
        whoami = await bot.call("execute_command", command="id -un", host="web1")
        unread = await bot.call("list_directory", path="/root", host="web1")
        undone = await bot.call("service_control", service="nginx", action="reload", host="web1")

    assert "deploy\n" == whoami.output
    assert ("error", "/root: Permission denied") == (unread.only.outcome, unread.only.output)
    assert "deploy@web1" == undone.asked[0].account
    assert "error" == undone.only.outcome
    assert "access denied" in undone.only.output.lower()


async def test_a_stop_ends_what_runs_over_there(bot: Driver, machines: Machines) -> None:
    """The remote process is gone when the run is over."""
    there = "pgrep --full '^sleep 1234.5'"
    thread = ThreadRef("web", "", "", new_id())
    args = {"command": "sleep 1234.5", "host": "web1"}
    receipt = await bot.bench.say(
        json.dumps({"name": "execute_command", "args": args}), ANN, thread
    )
    await bot.bench.until("tool_started", thread=thread)
    await asyncio.to_thread(machines.web1.ssh, f"until {there}; do sleep 0.1; done")
    await bot.bench.kernel.bot.stop(receipt.run, by=ANN)
    events = await bot.bench.until("run_stopped", thread=thread)

    assert "gone" == machines.web1.ssh(f"{there} || echo gone")
    assert isinstance(events[-1], RunStopped)
