"""Every notation in which models write calls, and everything that only looks like one.

The samples are in ``data/replies.jsonl``: *calls* is what *text* must become, *out* what a person
reads of it, *thinking* what the model thought. Most follow the chat templates of the models and the
tests of the servers that run them; the rest are habits that users of small models report."""

import json
from pathlib import Path
from typing import Any

import pytest

from agent.models.replies import parse_reply
from tests.reply_tools import TOOLS

SAMPLES: list[dict[str, Any]] = [
    json.loads(line)
    for line in (Path(__file__).parent / "data/replies.jsonl").read_text("utf-8").splitlines()
]


@pytest.mark.parametrize("sample", SAMPLES, ids=[sample["kind"] for sample in SAMPLES])
def test_sample(sample: dict[str, Any]) -> None:
    """What acts is called with the right values, nothing else is; people read the rest."""
    reply = parse_reply(sample["text"], TOOLS)

    assert sample["calls"] == [{"name": c.name, "args": c.args} for c in reply.calls]
    assert sample["out"] == reply.text
    assert sample.get("thinking", "") == reply.thinking


def test_there_are_enough() -> None:
    """Both sides are covered: what must act and what must not."""
    acting = [sample for sample in SAMPLES if sample["calls"]]

    assert len(SAMPLES) >= 200
    assert len(SAMPLES) - len(acting) >= 60
