"""What a model's reply means in the conversation it answers."""

from agent.models.hearing import understood
from agent.models.replies import UNREADABLE, NativeCall
from bot.agents import Message
from bot.tool import ToolCall
from tests.asking import answer, ask, served
from tests.fakes.ollama import FakeOllama, Reply


async def test_a_call_written_as_text_runs() -> None:
    """A model that writes its call instead of sending it is understood all the same."""
    text = 'Let me look.\n\n```json\n{"name": "disk_usage", "arguments": {"path": "/var"}}\n```'
    async with FakeOllama() as ollama, served(ollama) as model:
        ollama.script("qwen3", [Reply(text)])
        _, reply = await answer(model, ask("how full?"))

    assert reply.text == "Let me look."
    assert reply.tool_calls == (ToolCall("2.1", "disk_usage", {"path": "/var"}),)


async def test_thoughts_in_the_text_are_thoughts() -> None:
    """What a model thinks in its text is shown as thinking, beside what it sends as such."""
    async with FakeOllama() as ollama, served(ollama) as model:
        ollama.script("qwen3", [Reply("<think>About half?</think>Half full.", "Let me see.")])
        _, reply = await answer(model, ask("how full?"))

    assert (reply.text, reply.thinking) == ("Half full.", "Let me see.\n\nAbout half?")


def test_native_calls_win() -> None:
    """A call that is also repeated as text is made once, and the text is left out."""
    text = 'Looking.\n<tool_call>{"name": "disk_usage", "arguments": {}}</tool_call>'

    reply = understood(text, [NativeCall("disk_usage", {})], ask("how full?"))

    assert (reply.text, reply.calls) == ("Looking.", (ToolCall("2.1", "disk_usage", {}),))


def test_what_cannot_be_used_comes_first() -> None:
    """A call that was cut off goes to the kernel, which refuses it and the changes after it."""
    cut = '<tool_call>{"name": "execute_command", "arguments": {"command": "rm -rf /tm'
    good = '<tool_call>{"name": "disk_usage", "arguments": {}}</tool_call>'

    bad, fine = understood(good + cut, (), ask("clean up")).calls

    assert (bad.name, list(bad.args)) == ("execute_command", [UNREADABLE])
    assert fine.name == "disk_usage"


def test_a_preamble_is_said_once() -> None:
    """What the model said with its calls is not said again with the answer."""
    call = ToolCall("2.1", "disk_usage")
    said = (
        Message("assistant", "Let me check the disk.", calls=(call,)),
        Message("tool", "60 %", tool="disk_usage"),
    )

    reply = understood("Let me check the disk.\n\nIt is 60 % full.", (), ask("how full?", *said))

    assert reply.text == "It is 60 % full."


def test_without_tools_nothing_acts() -> None:
    """A model that was offered nothing, as for a summary, calls nothing."""
    text = '{"name": "disk_usage", "arguments": {}}'

    assert understood(text, (), ask("sum up", tools=())).calls == ()
