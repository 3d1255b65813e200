"""Answers as people read them. The samples are in ``data/answers.jsonl``: *text* is what a model
wrote, *earlier* what it had said before in the run, *out* what is shown."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.models.answers import clean
from agent.models.hearing import understood
from bot.agents import Message
from tests.asking import ask

SAMPLES: list[dict[str, Any]] = [
    json.loads(line)
    for line in (Path(__file__).parent / "data/answers.jsonl").read_text("utf-8").splitlines()
]


@pytest.mark.parametrize("sample", SAMPLES, ids=[sample["kind"] for sample in SAMPLES])
def test_sample(sample: dict[str, Any]) -> None:
    """Envelopes, thoughts and repeated preambles go; what is said stays as it is."""
    earlier = [Message("assistant", text) for text in sample.get("earlier", ())]

    assert sample["out"] == understood(sample["text"], (), ask("how full?", *earlier)).text


@settings(max_examples=300, deadline=None)
@given(st.text(), st.lists(st.text(), max_size=3))
def test_nothing_is_lost_altogether(text: str, earlier: list[str]) -> None:
    """Cleaning never makes an answer empty that was not, and never raises."""
    assert bool(clean(text, earlier)) == bool(text.strip())


@settings(max_examples=200, deadline=None)
@given(st.lists(st.sampled_from(["a b", "- x", "1. y", "| t |", "```\nz\n```"]), max_size=6))
def test_plain_answers_stay(blocks: list[str]) -> None:
    """Lists, tables and code are left alone."""
    text = "\n\n".join(f"{block} {number}" for number, block in enumerate(blocks))

    assert clean(text) == text
