"""A call on several hosts: one call for each, one question, one result."""

import asyncio
from pathlib import Path

import pytest

from bot.app import Pace
from bot.events import ApprovalRequested, Event, ModelReplied, ToolFinished, ToolStarted
from bot.fan_out import gather, grouped, parts, spread
from bot.ports import Refused
from bot.spending import Budget
from bot.tool import Risk, ToolCall, ToolError, Trust, Verdict
from tests.fakes.model import ScriptedModel, calls, results, says
from tests.fleet import UNSEEN, Fleet, Works
from tests.kernel_kit import ANN, BOB, FAST, process
from tests.test_recovery import left_behind

LOOK = ToolCall("1.1", "look", {"host": "group:web"})
RESTART = ToolCall("1.1", "restart", {"unit": "nginx", "host": ["web2", "web1"]})
AFTER = ToolCall("1.2", "look")
BOTH = ["restart nginx on web1", "restart nginx on web2"]


@pytest.fixture
def works() -> Works:
    return Works()


def finished(events: list[Event]) -> list[tuple[str, str]]:
    return [(e.call_id, e.outcome) for e in events if isinstance(e, ToolFinished)]


def test_parts_are_gathered_as_they_were_spread() -> None:
    """Nothing is lost on the way there and back, also of how many hosts there were at first."""
    made = spread(RESTART, ["web1", "web2", "web3"])

    assert ["1.1.web1", "1.1.web2", "1.1.web3"] == [part.id for part in made]
    assert [made, (AFTER,)] == grouped([*made, AFTER])
    assert made == parts(gather(made))
    assert made[1:] == parts(gather(made[1:]))
    assert made[2] == gather(made[2:])
    assert (made[2],) == parts(made[2])


@pytest.mark.parametrize("host", ["group:web", "web2, web1", ["web1", "group:web"]])
async def test_readings_come_from_all_hosts_as_one_result(
    tmp_path: Path, works: Works, host: str | list[str]
) -> None:
    """A group, a list in words or in JSON: each host once, all at the same time, unasked; and the
    model reads one call and one result."""
    works.together = asyncio.Barrier(2)
    made = ToolCall("1.1", "look", {"host": [*host] if isinstance(host, list) else host})
    model = ScriptedModel(calls(made), says("Both are fine."))
    async with process(tmp_path, model, works.tools(), hosts=Fleet("web1", "web2")) as bench:
        await bench.say("look at them")
        events = await bench.until("run_finished")

    assert ["look at web1", "look at web2"] == sorted(works.did)
    started = [event for event in events if isinstance(event, ToolStarted)]
    assert [("web1", 2), ("web2", 2)] == [(e.host, e.call.fan_out) for e in started]
    [result] = results(model.asked[1])
    assert result.index("web1 is fine") < result.index("web2:") < result.index("web2 is fine")
    [reply] = [message for message in model.asked[1].messages if message.calls]
    assert {"host": ["web1", "web2"]} == reply.calls[0].args


async def test_a_list_of_one_is_that_host(tmp_path: Path, works: Works) -> None:
    """It is an ordinary call, whose result names no host."""
    made = ToolCall("1.1", "look", {"host": ["web2", "web2"]})
    model = ScriptedModel(calls(made), says("Fine."))
    async with process(tmp_path, model, works.tools(), hosts=Fleet("web1", "web2")) as bench:
        await bench.say("look")
        events = await bench.until("run_finished")

    assert [("1.1", "ok")] == finished(events)
    assert results(model.asked[1])[0].startswith("<<<data")


@pytest.mark.parametrize(
    ("host", "told"),
    [("group:db", "group:web"), (["web1", "web9"], "no host 'web9'"), ([], "names no host")],
)
async def test_hosts_that_are_not_there_are_told_to_the_model(
    tmp_path: Path, works: Works, host: str | list[str], told: str
) -> None:
    """Then nothing is done on the others either."""
    made = ToolCall("1.1", "look", {"host": [*host] if isinstance(host, list) else host})
    model = ScriptedModel(calls(made), says("No such host."))
    async with process(tmp_path, model, works.tools(), hosts=Fleet("web1", "web2")) as bench:
        await bench.say("look")
        await bench.until("run_finished")

    assert [] == works.did
    assert told in results(model.asked[1])[0]


async def test_a_change_of_several_hosts_is_one_question(tmp_path: Path, works: Works) -> None:
    """It is dangerous, the card names all hosts, and one click runs it on each."""
    model = ScriptedModel(calls(RESTART, AFTER), says("Both are back."))
    fleet = Fleet("web1", "web2")
    async with process(tmp_path, model, works.tools(), hosts=fleet, mode="autonomous") as bench:
        await bench.say("restart nginx on both")
        request = await bench.approval()
        assert [] == works.did
        with pytest.raises(Refused, match="routine"):
            await bench.kernel.bot.decide(request.approval, "trust", by=ANN)
        await bench.kernel.bot.decide(request.approval, "approve", by=ANN)
        events = await bench.until("run_finished")

    assert ("web1, web2", Risk.DANGER) == (request.host, request.verdict.risk)
    assert {"unit": "nginx", "host": ["web1", "web2"]} == request.call.args
    assert "it changes 2 hosts at once, which is dangerous" in request.verdict.reasons
    assert [*BOTH, "look at web1"] == works.did
    assert 1 == sum(isinstance(event, ApprovalRequested) for event in events)
    started = [event for event in events if isinstance(event, ToolStarted)]
    assert [request.approval, request.approval, ""] == [event.approval for event in started]
    assert 2 == len(results(model.asked[1]))


async def test_a_denial_is_for_all_hosts(tmp_path: Path, works: Works) -> None:
    """Nothing runs anywhere, and the model reads the reason for each."""
    model = ScriptedModel(calls(RESTART, AFTER), says("I left them."))
    async with process(tmp_path, model, works.tools(), hosts=Fleet("web1", "web2")) as bench:
        await bench.say("restart nginx on both")
        request = await bench.approval()
        await bench.kernel.bot.decide(request.approval, "deny", by=ANN, reason="busy hours")
        events = await bench.until("run_finished")

    assert [] == works.did
    denied = [("1.1.web1", "denied"), ("1.1.web2", "denied"), ("1.2", "denied")]
    assert denied == finished(events)
    assert 2 == results(model.asked[1])[0].count("busy hours")


async def test_an_edit_is_for_all_hosts(tmp_path: Path, works: Works) -> None:
    """It keeps the hosts, waits for one more click because it is dangerous, and runs on each."""
    model = ScriptedModel(calls(RESTART), says("Done."))
    async with process(tmp_path, model, works.tools(), hosts=Fleet("web1", "web2")) as bench:
        await bench.say("restart nginx on both")
        request = await bench.approval()
        decide = bench.kernel.bot.decide
        elsewhere = {"unit": "ssh", "host": "web1"}
        with pytest.raises(Refused, match="keeps the host"):
            await decide(request.approval, "edit", by=ANN, arguments=elsewhere)
        arguments = {**request.call.args, "unit": "ssh"}
        edited = await decide(request.approval, "edit", by=ANN, arguments=arguments)
        assert [] == works.did
        await decide(edited.approval, "approve", by=ANN)
        await bench.until("run_finished")

    assert ["restart ssh on web1", "restart ssh on web2"] == works.did


async def test_a_change_begins_on_all_hosts_or_on_none(tmp_path: Path, works: Works) -> None:
    """Refused on one host, it is asked about nowhere; the model reads which one it was."""
    works.forbidden = {"web2"}
    model = ScriptedModel(calls(RESTART, AFTER), says("Not done."))
    async with process(tmp_path, model, works.tools(), hosts=Fleet("web1", "web2")) as bench:
        await bench.say("restart nginx on both")
        events = await bench.until("run_finished")

    assert [] == works.did
    assert {"1.1.web1", "1.1.web2", "1.2"} == {call for call, _ in finished(events)}
    result = results(model.asked[1])[0]
    assert "web1: denied: not done: it cannot be done on all of the hosts" in result
    assert "it is frozen" in result


async def test_a_change_needs_to_know_all_hosts(tmp_path: Path, works: Works) -> None:
    """While one of them is away, it is asked about nowhere."""
    works.away = {"web1"}
    model = ScriptedModel(calls(RESTART), says("Not done."))
    async with process(tmp_path, model, works.tools(), hosts=Fleet("web1", "web2")) as bench:
        await bench.say("restart nginx on both")
        events = await bench.until("run_finished")

    assert [] == works.did
    assert [("1.1.web1", "error"), ("1.1.web2", "denied")] == finished(events)
    assert "web1: error: web1 is away" in results(model.asked[1])[0]


async def test_readings_come_from_those_that_can_answer(tmp_path: Path, works: Works) -> None:
    """A host that is away or forbidden keeps nobody from reading the others."""
    works.away, works.forbidden = {"web1"}, {"web2"}
    model = ScriptedModel(calls(LOOK, AFTER), says("One is fine."))
    fleet = Fleet("web3", "web1", "web2")
    async with process(tmp_path, model, works.tools(), hosts=fleet) as bench:
        await bench.say("look at all of them")
        events = await bench.until("run_finished")

    assert ["look at web3", "look at web3"] == works.did
    outcomes = {"1.1.web1": "error", "1.1.web2": "denied", "1.1.web3": "ok", "1.2": "ok"}
    assert outcomes == dict(finished(events))


async def test_each_host_has_its_own_outcome(tmp_path: Path, works: Works) -> None:
    """Where it fails it fails alone; what was to come after it is not tried."""
    works.fail = {"web1": ToolError("no such unit")}
    again = ToolCall("1.2", "restart", {"unit": "ssh"})
    model = ScriptedModel(calls(RESTART, again), says("One of two."))
    async with process(tmp_path, model, works.tools(), hosts=Fleet("web1", "web2")) as bench:
        await bench.say("restart nginx on both")
        request = await bench.approval()
        await bench.kernel.bot.decide(request.approval, "approve", by=ANN)
        events = await bench.until("run_finished")

    assert BOTH == works.did
    assert {("1.1.web1", "error"), ("1.1.web2", "ok"), ("1.2", "denied")} == {*finished(events)}
    assert "not tried" in results(model.asked[1])[1]


async def test_an_unseen_end_is_asked_about_for_that_host_alone(
    tmp_path: Path, works: Works
) -> None:
    """The other host's outcome is known, and more may be done on it meanwhile."""
    works.fail = {"web2": UNSEEN}
    more = [ToolCall(f"2.{n}", "restart", {"unit": "ssh", "host": f"web{n}"}) for n in (1, 2)]
    model = ScriptedModel(calls(RESTART), calls(more[0]), calls(more[1]), says("Unknown."))
    async with process(tmp_path, model, works.tools(), hosts=Fleet("web1", "web2")) as bench:
        await bench.say("restart nginx on both")
        request = await bench.approval()
        await bench.kernel.bot.decide(request.approval, "approve", by=ANN)
        doubt = await bench.approval(count=2)
        on_web1 = await bench.approval(count=3)
        await bench.kernel.bot.decide(on_web1.approval, "approve", by=ANN)
        await bench.until("model_replied", count=4)
        await bench.kernel.bot.decide(doubt.approval, "leave", by=ANN)
        events = await bench.until("run_finished")

    assert (True, "web2", "1.1.web2") == (doubt.may_have_run, doubt.host, doubt.call.id)
    assert [*BOTH, "restart ssh on web1"] == works.did
    assert ("2.2", "denied") in finished(events)


async def test_hosts_that_were_cut_off_are_one_doubt(tmp_path: Path, works: Works) -> None:
    """A crash amid it: the host that had ended is known, of the others one question is asked, and
    *run again* asks once for both."""
    made = spread(RESTART, ["web1", "web2", "web3"])
    verdict = Verdict(risk=Risk.DANGER)
    started = [ToolStarted(part, verdict, "AAAAAAA", str(part.args["host"])) for part in made]
    ended = ToolFinished("1.1.web1", "ok", "nginx is active", Trust.SYSTEM)
    await left_behind(tmp_path, ModelReplied(tool_calls=(*made, AFTER)), *started, ended)
    model = ScriptedModel(says("Two are unknown."), says("All are back."))
    fleet = Fleet("web1", "web2", "web3")
    async with process(tmp_path, model, works.tools(), hosts=fleet) as bench:
        doubt = await bench.approval()
        await bench.until("model_replied", count=2)
        assert [] == works.did
        await bench.kernel.bot.decide(doubt.approval, "again", by=ANN)
        request = await bench.approval(count=2)
        await bench.kernel.bot.decide(request.approval, "approve", by=ANN)
        await bench.until("run_finished")

    assert (True, "web2, web3") == (doubt.may_have_run, doubt.host)
    assert ("web2, web3", Risk.DANGER) == (request.host, request.verdict.risk)
    assert ["restart nginx on web2", "restart nginx on web3"] == works.did
    told = results(model.asked[0])
    assert "web1: nginx is active" in told[0]
    assert 2 == told[0].count("outcome unknown")
    assert "not tried" in told[1]


async def test_another_machine_behind_a_name_is_asked_about_afresh(
    tmp_path: Path, works: Works
) -> None:
    """What was approved was approved for the machines that it named."""
    fleet = Fleet("web1", "web2")
    model = ScriptedModel(calls(RESTART), says("Done."))
    async with process(tmp_path, model, works.tools(), hosts=fleet) as bench:
        await bench.say("restart nginx on both")
        first = await bench.approval()
        fleet.hosts["web2"].key = "SHA256:another"
        await bench.kernel.bot.decide(first.approval, "approve", by=ANN)
        second = await bench.approval(count=2)
        assert [] == works.did
        await bench.kernel.bot.decide(second.approval, "approve", by=ANN)
        await bench.until("run_finished")

    assert BOTH == works.did


async def test_a_call_on_many_hosts_is_one_call_of_the_budget(tmp_path: Path, works: Works) -> None:
    """What counts is how often the model acts, not how large the fleet is."""
    fleet = Fleet(*(f"web{number}" for number in range(6)))
    pace = Pace(lease=FAST.lease, feed_poll=FAST.feed_poll, budget=Budget(calls=2))
    model = ScriptedModel(calls(LOOK, AFTER, ToolCall("1.3", "look")))
    async with process(tmp_path, model, works.tools(), hosts=fleet, pace=pace) as bench:
        await bench.say("look at all of them", BOB)
        events = await bench.until("budget_reached")

    assert 7 == len(works.did)
    assert ("1.3", "denied") in finished(events)
