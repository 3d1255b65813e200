"""The page's one pure function from frames to what is shown; replay and live must agree."""

from typing import Any

from tests.browser.conftest import Modules
from tests.browser.frames import (
    Frame,
    begun,
    call,
    decided,
    delta,
    ended,
    log,
    replied,
    requested,
    started,
)

STATUS = "systemctl restart nginx"


async def fold(modules: Modules, *frames: Frame, run: str = "run1") -> Frame:
    """The only run of the view these frames make."""
    view = await modules.call("fold", "m.foldAll(m.empty('t'), a[0])", log(*frames, run=run))
    return view["runs"][0]


def items(run: Frame, kind: str) -> list[Frame]:
    return [item for item in run["items"] if item["kind"] == kind]


def only_call(run: Frame) -> dict[str, Any]:
    [step] = items(run, "step")
    [made] = step["calls"]
    return made


async def test_a_whole_run(modules: Modules) -> None:
    """Message, thought, call, result and answer come out in order; the run is done."""
    looked = call("c1", "disk_usage", host="web1")
    run = await fold(
        modules,
        started("how full?"),
        replied("I look.", looked, thinking="hm"),
        begun(looked),
        ended("c1", output="31 %"),
        replied("It is 31 %."),
        {"type": "run_finished", "text": "It is 31 %."},
    )

    kinds = [item["kind"] for item in run["items"]]
    assert ["message", "step", "step", "answer"] == kinds
    assert ("done", "how full?") == (run["status"], run["items"][0]["text"])
    first = run["items"][1]["calls"][0]
    assert ("ok", "web1", "31 %") == (first["state"], first["host"], first["output"])
    assert "" == run["items"][2]["text"]


async def test_live_text_ends_as_the_recorded_one(modules: Modules) -> None:
    """Deltas fill an open step; repeats are dropped, a gap is marked, the record replaces all."""
    pieces = [delta(0, 0, "It 😀"), delta(0, 2, " 😀"), delta(0, 4, " is"), delta(0, 9, "end")]
    live = await fold(modules, started("x"), *pieces)
    recorded = await fold(modules, started("x"), *pieces, replied("It 😀 is the end"))
    late = await fold(modules, started("x"), *pieces, replied("It is."), delta(0, 12, "late"))

    assert ["It 😀 is … end"] == [item["text"] for item in items(live, "step")]
    assert [(False, "It 😀 is the end")] == [
        (item["open"], item["text"]) for item in items(recorded, "step")
    ]
    assert ["It is."] == [item["text"] for item in items(late, "step")]


async def test_frames_seen_twice_change_nothing(modules: Modules) -> None:
    """After a reconnect the same events may come again: their seq is known already."""
    frames = log(started("x"), replied("hi", call("c1", command="ls")))
    once = await modules.call("fold", "m.foldAll(m.empty('t'), a[0])", frames)
    twice = await modules.call("fold", "m.foldAll(m.empty('t'), [...a[0], ...a[0]])", frames)

    assert once == twice
    assert "2" == twice["position"]


async def test_an_approval_waits_and_is_decided(modules: Modules) -> None:
    """While it is open the run waits; afterwards the card says who decided."""
    restart = call("c1", command=STATUS)
    asked = (started("x"), replied("Restart.", restart), requested(restart))
    waiting = await fold(modules, *asked)
    after = await fold(modules, *asked, decided("c1", "approve"), begun(restart, "K7QD2MX"))

    assert "waiting" == waiting["status"]
    [approval] = only_call(waiting)["approvals"]
    assert ("pending", "Restart.") == (approval["state"], approval["words"])
    [approval] = only_call(after)["approvals"]
    assert ("approved", "ann", True) == (approval["state"], approval["by"], approval["used"])
    assert ("running", "running") == (after["status"], only_call(after)["state"])


async def test_one_approval_for_several_hosts(modules: Modules) -> None:
    """Each host's call waits, starts and ends by itself; there is one card, decided once."""
    whole = call("c1", command=STATUS, host=["web1", "web2"])
    first, second = (call(f"c1.{name}", command=STATUS, host=name) for name in ("web1", "web2"))
    asked = requested(whole, host="web1, web2", risk="danger")
    waiting = await fold(modules, started("both"), replied("", first, second), asked)
    run = await fold(
        modules,
        started("both"),
        replied("", first, second),
        asked,
        decided("c1", "approve"),
        begun(first, "K7QD2MX"),
        begun(second, "K7QD2MX"),
        ended("c1.web2", "unknown"),
        {"type": "approval_superseded", "approval": "K7QD2MX", "call_id": "c1", "reason": "late"},
        ended("c1.web1"),
    )

    def told(run: Frame) -> list[tuple[Any, ...]]:
        [step] = items(run, "step")
        return [
            (made["host"], made["state"], [one["state"] for one in made["approvals"]])
            for made in step["calls"]
        ]

    assert [("web1", "waiting", []), ("web2", "waiting", ["pending"])] == told(waiting)
    assert [("web1", "ok", []), ("web2", "unknown", ["approved"])] == told(run)


async def test_an_edit_replaces_the_approval(modules: Modules) -> None:
    """The old card says edited, the new one approved, and the call shows what really ran."""
    restart, reload_ = call("c1", command=STATUS), call("c1", command="systemctl reload nginx")
    run = await fold(
        modules,
        started("x"),
        replied("", restart),
        requested(restart),
        requested(reload_, "NEWNEWN", edits="K7QD2MX"),
        decided("c1", "edit", "NEWNEWN"),
        begun(reload_, "NEWNEWN"),
    )

    made = only_call(run)
    assert ["edited", "approved"] == [approval["state"] for approval in made["approvals"]]
    assert ({"command": "systemctl reload nginx"}, True) == (made["args"], made["edited"])


async def test_look_first_keeps_the_approval_open(modules: Modules) -> None:
    """What may already have run is still to be decided after the model was sent to look."""
    restart = call("c1", command=STATUS)
    run = await fold(
        modules,
        started("x"),
        replied("", restart),
        begun(restart),
        ended("c1", "unknown"),
        requested(restart, may_have_run=True),
        decided("c1", "look"),
    )

    [approval] = only_call(run)["approvals"]
    assert ("pending", "look", "ann") == (
        approval["state"],
        approval["decision"],
        approval["by"],
    )
    assert "running" == run["status"]


async def test_a_plan_is_ticked_off_as_steps_succeed(modules: Modules) -> None:
    """One item for each step that ended well, the last with the answer, none for a failure."""
    first, second = call("c1", command="ls"), call("c2", command="du")
    begin = (started("x"), replied("", first, plan=("look", "measure", "tell")), ended("c1"))
    failed = await fold(modules, *begin, replied("", second), ended("c2", "error"))
    end = {"type": "run_finished", "text": "done"}
    done = await fold(modules, *begin, replied("", second), ended("c2"), replied("ok"), end)

    assert 1 == items(failed, "step")[0]["ticked"]
    assert 3 == items(done, "step")[0]["ticked"]


async def test_a_stop_says_what_had_run(modules: Modules) -> None:
    """Calls that never began are marked stopped; what may have run is named."""
    touch = call("c1", command="touch /x")
    stopped = {"type": "run_stopped", "by": "ann", "ran": [], "unknown": ["touch /x"]}
    run = await fold(modules, started("x"), replied("", touch), stopped)

    assert ("stopped", "stopped") == (run["status"], only_call(run)["state"])
    assert ["may have run or may still run: touch /x"] == items(run, "note")[0]["lines"]


async def test_calls_nobody_announced_and_unknown_kinds(modules: Modules) -> None:
    """A call expanded by the kernel gets a place; an unknown event is shown as text."""
    expanded = call("c1.web2", command="ls", host="web2")
    run = await fold(
        modules, started("x"), begun(expanded), ended("c1.web2"), {"type": "moon", "phase": 3}
    )

    made = only_call(run)
    assert ("execute_command", "web2", "ok") == (made["name"], made["host"], made["state"])
    assert ("moon", ["phase: 3"]) == tuple(items(run, "note")[0][key] for key in ("text", "lines"))


async def test_a_used_up_budget_waits_for_an_admin(modules: Modules) -> None:
    """The run waits with an open grant; granting closes it."""
    reached = {"type": "budget_reached", "budget": "steps", "limit": 25}
    granted = {"type": "budget_granted", "by": {"name": "ann"}}
    before = await fold(modules, started("x"), reached)
    after = await fold(modules, started("x"), reached, granted)

    assert ("waiting", True) == (before["status"], items(before, "budget")[0]["open"])
    assert ("running", False) == (after["status"], items(after, "budget")[0]["open"])
