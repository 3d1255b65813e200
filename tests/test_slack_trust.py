"""“Trust for 1 h” on a card in Slack: where it stands, and what it does."""

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from bot.agents import Ask
from bot.events import ModelReplied
from bot.tool import Risk, Tool, ToolCall, Trust, tool
from tests.fakes.model import ScriptedModel, calls, says
from tests.fakes.slack.server import SlackServer, slack_server
from tests.fakes.slack.workspace import buttons
from tests.slack_kit import APPROVER, ME, OPERATOR, card, in_slack, people, seen, until
from tests.small_tools import RESTART, Lab


@pytest.fixture
async def slack() -> AsyncGenerator[SlackServer]:
    async with slack_server() as server:
        people(server)
        yield server


def restarts(ask: Ask) -> ModelReplied:
    """Restarts what it is asked to, and then says so."""
    if ask.messages[-1].role == "tool":
        done = sum(message.role == "tool" for message in ask.messages)
        return says(f"Restarted {done} times.")
    return calls(RESTART, text="I restart it")


async def test_trust_spares_the_next_card(tmp_path: Path, slack: SlackServer, lab: Lab) -> None:
    """An approver trusts a routine change: it runs, and the same one in the thread runs again
    without a card. The card says what was decided, and by whom."""
    async with in_slack(tmp_path, slack, ScriptedModel(script=restarts), lab.tools()):
        asked = await slack.says(f"{ME} restart nginx")
        shown = await card(slack)
        assert "ops_trust" in buttons(shown)
        await slack.clicks(shown, "ops_trust", by=APPROVER)
        await seen(slack, "Restarted 1 times.")
        await slack.says("again", thread=asked["ts"])
        await seen(slack, "Restarted 2 times.")
        decided = await seen(slack, "anna")

    assert ["restart nginx"] * 2 == lab.did
    assert decided["ts"] == shown["ts"]
    assert not any("ops_trust" in buttons(m) for m in slack.workspace.messages["C1"])


async def test_an_operator_may_not_trust(tmp_path: Path, slack: SlackServer, lab: Lab) -> None:
    """The button is there for everybody, the power is not: nothing runs, and who clicked is told
    so alone."""
    async with in_slack(tmp_path, slack, ScriptedModel(script=restarts), lab.tools()):
        await slack.says(f"{ME} restart nginx")
        shown = await card(slack)
        await slack.clicks(shown, "ops_trust", by=OPERATOR)
        await until(lambda: next(iter(slack.workspace.ephemeral), None), "a refusal")

    assert OPERATOR == slack.workspace.ephemeral[0]["user"]
    assert "approver" in slack.workspace.ephemeral[0]["text"]
    assert [] == lab.did


async def test_no_trust_after_foreign_words(tmp_path: Path, slack: SlackServer, lab: Lab) -> None:
    """The model has read what outsiders wrote: its change may be approved, but not trusted, even
    by somebody who forges the button."""
    model = ScriptedModel(calls(ToolCall("1.1", "logs", {})), calls(RESTART), says("Left."))
    async with in_slack(tmp_path, slack, model, lab.tools()):
        await slack.says(f"{ME} look at the logs and mend it")
        shown = await card(slack)
        assert {"ops_approve", "ops_deny"} <= buttons(shown).keys()
        assert "ops_trust" not in buttons(shown)
        await slack.clicks(_forged(shown), "ops_trust", by=APPROVER)
        await until(lambda: next(iter(slack.workspace.ephemeral), None), "a refusal")

    assert ["logs"] == lab.did


async def test_no_trust_in_danger(tmp_path: Path, slack: SlackServer) -> None:
    """What is dangerous is approved one by one."""
    model = ScriptedModel(calls(ToolCall("1.1", "wipe", {"disk": "sdb"})))
    async with in_slack(tmp_path, slack, model, [_wipe()]):
        await slack.says(f"{ME} wipe sdb")
        shown = await card(slack)
        assert "ops_approve" in buttons(shown)
        assert "ops_trust" not in buttons(shown)
        await slack.clicks(_forged(shown), "ops_trust", by=APPROVER)
        await until(lambda: next(iter(slack.workspace.ephemeral), None), "a refusal")

    assert "routine" in slack.workspace.ephemeral[0]["text"]


def _forged(shown: dict[str, object]) -> dict[str, object]:
    """A message with a button that Slack never showed."""
    approve = buttons(shown)["ops_approve"]
    button = {"type": "button", "action_id": "ops_trust", "value": approve}
    return {**shown, "blocks": [{"type": "actions", "elements": [button]}]}


def _wipe() -> Tool:
    @tool(risk=Risk.DANGER, trust=Trust.SYSTEM)
    async def wipe(disk: str) -> str:
        """Wipe a disk."""
        raise AssertionError(disk)

    return wipe
