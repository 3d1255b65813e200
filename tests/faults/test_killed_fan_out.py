"""``kill -9`` while a command changes several hosts: where it had ended is known, for the rest one
question is asked, and nothing runs twice."""

import json
from pathlib import Path

from tests.faults.life import House, last
from tests.lab.machines import Machines

COMMAND = "echo ran >>/root/ran; [ $(uname -n) = web1 ] || sleep 300"


async def test_the_hosts_that_were_cut_off(
    house: House, machines: Machines, tmp_path: Path
) -> None:
    """The next life knows web1's outcome, asks about web2 alone, and *leave* settles it."""
    house.settings["hosts_file"] = str(machines.inventory(tmp_path / "hosts.toml"))
    args = json.dumps({"command": COMMAND, "host": "group:web"})
    try:
        async with house.life() as life:
            await life.say(f"steps=1 tool=execute_command args={args}")
            asked = last(await life.until("approval_requested"), "approval_requested")
            await life.decide(asked, "approve")
            await life.until("tool_finished")
            await life.kill()
        async with house.life() as life:
            events = await life.until("approval_requested", count=2)
            doubt = last(events, "approval_requested")
            await life.until("model_replied", count=2)
            await life.decide(doubt, "leave")
            events = await life.until("run_finished")
        ran = [machine.ssh("cat /root/ran") for machine in machines]
    finally:
        for machine in machines:
            machine.ssh("rm -f /root/ran; pkill --full '^sleep 300' || true")

    assert ("web1, web2", "danger") == (asked["host"], asked["verdict"]["risk"])
    assert (True, "web2") == (doubt["may_have_run"], doubt["host"])
    ended = {e["call_id"].rpartition(".")[2]: e["outcome"] for e in events if "outcome" in e}
    assert {"web1": "ok", "web2": "unknown"} == ended
    assert ["ran", "ran"] == ran
