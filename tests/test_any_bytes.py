"""A model's reply may hold bytes that are no text: they are replaced, and the run goes on."""

from pathlib import Path

import pytest

from agent.models.ollama import Ollama
from bot.events import RunFinished
from tests.asking import answer, ask, served
from tests.fakes.ollama import FakeOllama, Reply
from tests.kernel_kit import process

END = b'{"message":{"role":"assistant","content":"."},"done":true}\n'


def line(content: bytes, end: bytes = b"\n") -> bytes:
    return b'{"message":{"role":"assistant","content":"%b"},"done":false}%b' % (content, end)


@pytest.mark.parametrize(
    ("said", "heard"),
    [
        (b"caf\xe9 is open", "caf\ufffd is open"),
        (b"\xff\xfe", "\ufffd\ufffd"),
        (b"\xe2\x82", "\ufffd"),
        ("before\x85after\u2028end".encode(), "before\x85after\u2028end"),
        (rb"half \ud83d a face", "half \ufffd a face"),
        (rb"whole \ud83d\ude00 face", "whole \U0001f600 face"),
        (rb"C:\\udisk", "C:\\udisk"),
    ],
)
async def test_any_bytes(said: bytes, heard: str) -> None:
    """What is no UTF-8, a separator of lines within the words, half a character."""
    async with FakeOllama() as ollama, served(ollama) as model:
        ollama.script("qwen3", [Reply(raw=(line(said), END))])
        _, reply = await answer(model, ask("how?"))

    assert reply.text == f"{heard}."


async def test_a_run_ends_well_with_broken_bytes(tmp_path: Path) -> None:
    """What was heard is stored and shown like any other answer."""
    async with FakeOllama() as ollama:
        model = Ollama(ollama.url, ("qwen3",))
        ollama.script("qwen3", [Reply(raw=(line(b"\xe9t\xe9 "), line(rb"\uDC00"), END))])
        async with process(tmp_path, model) as bench:
            await bench.say("quelle saison ?")
            *_, end = await bench.until("run_finished", "run_failed")
        await model.close()

    assert end == RunFinished("\ufffdt\ufffd \ufffd.")
