"""What of a reply's text is shown while it streams."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.models.replies import parse_reply
from agent.models.showing import Showing
from bot.ports import Delta
from tests.asking import answer, ask, served
from tests.fakes.ollama import FakeOllama, Reply
from tests.reply_tools import TOOLS
from tests.test_replies_formats import SAMPLES

CODE = "Use <b>this</b>:\n```bash\ndf -h\n```\nDone."


def shown(text: str, size: int = 1) -> tuple[str, str]:
    """(said, thought) when *text* comes in pieces of *size*."""
    showing = Showing()
    deltas = [d for at in range(0, len(text), size) for d in showing.add(text[at : at + size])]
    deltas += showing.end()
    assert all(delta.text for delta in deltas)
    return (
        "".join(delta.text for delta in deltas if delta.channel == "text"),
        "".join(delta.text for delta in deltas if delta.channel == "thinking"),
    )


@pytest.mark.parametrize("size", [1, 3, 1000])
@pytest.mark.parametrize(
    ("text", "said", "thought"),
    [
        ("Half full.", "Half full.", ""),
        ("a < b and [c](d), {e}", "a < b and [c](d), {e}", ""),
        (
            "Use <b>this</b>:\n```bash\ndf -h\n```\nDone.",
            "Use <b>this</b>:\n```bash\ndf -h\n```\nDone.",
            "",
        ),
        ("A list:\n- a\nAll.", "A list:\n- a\nAll.", ""),
        ("<think>hm\nso</think>Half full.", "Half full.", "hm\nso"),
        ("<think>a < b", "", "a < b"),
        ("[THINK]hm[/THINK]Half.", "Half.", "hm"),
        ('Look.\n{"name": "disk_usage", "arguments": {}}', "Look.\n", ""),
        ('{"name": "disk_usage", "arguments": {}}', "", ""),
        ('Look.\n\n```json\n{"name": "disk_usage"}\n```', "Look.\n\n", ""),
        ('Look.\n<tool_call>\n{"name": "disk_usage"}\n</tool_call>', "Look.\n", ""),
        ("[TOOL_CALLS]disk_usage{}", "", ""),
        ("<function=disk_usage>{}</function>", "", ""),
        ("Thought: look\nAction: disk_usage\nAction Input: {}", "Thought: look\n", ""),
        ("<|im_start|>assistant\nHalf.<|im_end|>", "Half.", ""),
        ("ends with <", "ends with <", ""),
        ("", "", ""),
    ],
)
def test_what_is_shown(text: str, said: str, thought: str, size: int) -> None:
    """However it is cut into pieces: words as words, thoughts as thoughts, calls not at all."""
    assert shown(text, size) == (said, thought)


@settings(max_examples=300, deadline=None)
@given(st.text(), st.integers(1, 9))
def test_plain_text_is_shown_whole(text: str, size: int) -> None:
    """Nothing is lost, doubled or moved."""
    plain = text.translate(str.maketrans("<[{`A◁-*0123456789", "=================="))

    assert shown(plain, size) == (plain, "")


def test_no_mark_of_a_call_is_shown() -> None:
    """No sample of a call shows a mark of it; but for some that Ollama itself takes out."""
    marks = ("<tool", "<function", "TOOL_CALLS", "<|", "<｜", "<invoke", '{"name"')  # noqa: RUF001 - theirs
    flashed = [
        sample["kind"]
        for sample in SAMPLES
        if parse_reply(sample["text"], TOOLS).calls
        and any(m in shown(sample["text"])[0] for m in marks)
    ]

    assert flashed == ["gemma4: thoughts", "gpt-oss: recipient first"]


async def test_a_call_does_not_flash() -> None:
    """Who follows a reply sees its words and thoughts come, and not the call at its end."""
    text = '<think>Which?</think>Let me look.\n{"name": "disk_usage", "arguments": {}}'
    async with FakeOllama() as ollama, served(ollama) as model:
        ollama.script("qwen3", [Reply(text)])
        deltas, reply = await answer(model, ask("how full?"))

    assert "".join(d.text for d in deltas if d.channel == "thinking") == "Which?"
    assert "".join(d.text for d in deltas if d.channel == "text").strip() == "Let me look."
    assert Delta("") not in deltas
    assert len(reply.tool_calls) == 1
