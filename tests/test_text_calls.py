"""A model that writes its calls as text, through the whole bot."""

from collections.abc import Sequence
from pathlib import Path

from bot.events import Event, RunFailed, RunFinished, ToolFinished
from tests.asking import served
from tests.fakes.ollama import FakeModel, FakeOllama, Reply
from tests.kernel_kit import process
from tests.small_tools import Lab

CODER = FakeModel("qwen2.5-coder:32b", capabilities=("completion", "tools"))
LOOK = '{"name": "look", "arguments": {"at": "disk"}}'
GUESS = '<tool_call>\n{"name": "check_disk", "arguments": {}}\n</tool_call>'
CUT = '<tool_call>\n{"name": "restart", "arguments": {"unit": "ngin'


async def run(tmp_path: Path, lab: Lab, *said: str) -> tuple[Sequence[Event], FakeOllama]:
    """What happens when the model says that, reply by reply."""
    async with FakeOllama([CODER]) as ollama, served(ollama) as model:
        ollama.script(CODER.name, [Reply(text) for text in said])
        async with process(tmp_path, model, lab.tools()) as bench:
            await bench.say("how is the disk?")
            return await bench.until("run_finished", "run_failed"), ollama


def results(events: Sequence[Event]) -> list[ToolFinished]:
    return [event for event in events if isinstance(event, ToolFinished)]


async def test_it_is_answered(tmp_path: Path, lab: Lab) -> None:
    """The call runs, its result goes back, and the answer is shown without its envelope."""
    events, ollama = await run(tmp_path, lab, f"```json\n{LOOK}\n```", "Final Answer: All fine.")

    assert lab.did == ["look disk"]
    assert events[-1] == RunFinished("All fine.")
    assert ollama.requests[1].messages[-1]["content"] == "disk is fine"


async def test_an_unknown_tool_is_corrected(tmp_path: Path, lab: Lab) -> None:
    """The model is told what there is, and may try again twice."""
    events, ollama = await run(tmp_path, lab, GUESS, GUESS, LOOK, "All fine.")

    assert events[-1] == RunFinished("All fine.")
    assert [result.outcome for result in results(events)] == ["error", "error", "ok"]
    told = ollama.requests[1].messages[-1]["content"]
    assert "no tool 'check_disk'" in told
    assert "look" in told


async def test_bad_arguments_are_corrected(tmp_path: Path, lab: Lab) -> None:
    """The model is told what the tool takes."""
    bad = '{"name": "look", "arguments": {"where": "disk"}}'
    events, ollama = await run(tmp_path, lab, bad, LOOK, "All fine.")

    assert events[-1] == RunFinished("All fine.")
    assert "look takes: at" in ollama.requests[1].messages[-1]["content"]


async def test_in_the_end_it_fails_honestly(tmp_path: Path, lab: Lab) -> None:
    """The third time in a row the run ends, and says what was asked for."""
    events, _ = await run(tmp_path, lab, GUESS, GUESS, GUESS)

    (failed,) = [event for event in events if isinstance(event, RunFailed)]
    assert "no tool can do" in failed.reason
    assert "check_disk" in failed.reason
    assert lab.did == []


async def test_a_call_that_was_cut_off_never_runs(tmp_path: Path, lab: Lab) -> None:
    """It goes back as an error; what the model makes of it then is a new call."""
    events, ollama = await run(tmp_path, lab, CUT, LOOK, "All fine.")

    assert lab.did == ["look disk"]
    assert [result.outcome for result in results(events)] == ["error", "ok"]
    assert "restart takes: unit" in ollama.requests[1].messages[-1]["content"]


async def test_an_invented_result_is_not_believed(tmp_path: Path, lab: Lab) -> None:
    """What the model writes after its call is neither shown nor sent back to it."""
    invented = f"Action: look\nAction Input: disk\nObservation: on fire\n\n{LOOK}"
    events, ollama = await run(tmp_path, lab, invented, "All fine.")

    assert events[-1] == RunFinished("All fine.")
    assert lab.did == ["look disk"]
    assert all("on fire" not in str(message) for message in ollama.requests[1].messages)


async def test_thoughts_of_acting_do_nothing(tmp_path: Path, lab: Lab) -> None:
    """Only what the model says in the end counts."""
    events, _ = await run(tmp_path, lab, f"<think>{LOOK}</think>\nI know already: all fine.")

    assert events[-1] == RunFinished("I know already: all fine.")
    assert lab.did == []
