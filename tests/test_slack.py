"""The bot in Slack: the real client libraries against a strict workspace on real sockets."""

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from tests.fakes.model import ScriptedModel, calls, says
from tests.fakes.slack.server import SlackServer, slack_server
from tests.fakes.slack.workspace import buttons, shown
from tests.slack_kit import APPROVER, ME, OPERATOR, VIEWER, card, in_slack, people, seen
from tests.small_tools import RESTART, Lab


@pytest.fixture
async def slack() -> AsyncGenerator[SlackServer]:
    async with slack_server() as server:
        people(server)
        yield server


async def test_a_mention_is_answered_after_an_approval(
    tmp_path: Path, slack: SlackServer, lab: Lab
) -> None:
    """Mention → thoughts → card → click of an approver → the tool ran once → answer, all in the
    thread of the mention."""
    model = ScriptedModel(calls(RESTART, text="nginx hangs, so I restart it."), says("It is up."))
    async with in_slack(tmp_path, slack, model, lab.tools()):
        asked = await slack.says(f"{ME} restart nginx please")
        shown_card = await card(slack)
        assert "restart" in shown(shown_card)
        await slack.clicks(shown_card, "ops_approve", by=APPROVER)
        answer = await seen(slack, "It is up.")

    assert ["restart nginx"] == lab.did
    assert asked["ts"] == answer["thread_ts"]
    assert "Approved by anna" in shown(shown_card)
    assert not {"ops_approve", "ops_deny"} & buttons(shown_card).keys()
    assert {"ops_feedback_good", "ops_feedback_bad"} == buttons(answer).keys()
    assert any("nginx hangs" in text for text in slack.workspace.texts())
    assert [] == slack.api.refused


async def test_a_click_without_the_role_is_refused(
    tmp_path: Path, slack: SlackServer, lab: Lab
) -> None:
    """A viewer's click decides nothing, is told to the viewer alone, and is in the audit trail."""
    model = ScriptedModel(calls(RESTART), says("It is up."))
    async with in_slack(tmp_path, slack, model, lab.tools()) as bench:
        await slack.says(f"{ME} restart nginx please")
        shown_card = await card(slack)
        await slack.clicks(shown_card, "ops_approve", by=VIEWER)
        noted = await bench.store.read("SELECT data FROM events WHERE kind = 'noted'")

    assert [] == lab.did
    [whisper] = slack.workspace.ephemeral
    assert VIEWER == whisper["user"]
    assert "approver" in whisper["text"]
    assert any(VIEWER in data for (data,) in noted)


async def test_a_denial_carries_its_reason(tmp_path: Path, slack: SlackServer, lab: Lab) -> None:
    """Deny opens a form; the reason is told to the model and stands on the card."""
    model = ScriptedModel(calls(RESTART), says("Then I leave it."))
    async with in_slack(tmp_path, slack, model, lab.tools()):
        await slack.says(f"{ME} restart nginx please")
        shown_card = await card(slack)
        await slack.clicks(shown_card, "ops_deny", by=APPROVER)
        await slack.submits(slack.workspace.views[-1], {"reason": "not now"}, by=APPROVER)
        await seen(slack, "Then I leave it.")

    assert [] == lab.did
    assert "Denied by anna: not now" in shown(shown_card)
    assert "not now" in str(model.asked[-1].messages)


async def test_an_edit_is_judged_and_runs(tmp_path: Path, slack: SlackServer, lab: Lab) -> None:
    """Edit shows the arguments; what was typed is judged first, sent again it runs."""
    model = ScriptedModel(calls(RESTART), says("It is up."))
    async with in_slack(tmp_path, slack, model, lab.tools()):
        await slack.says(f"{ME} restart nginx please")
        shown_card = await card(slack)
        await slack.clicks(shown_card, "ops_edit", by=APPROVER)
        form = slack.workspace.views[-1]
        assert "nginx" in str(form)
        judged = await slack.submits(form, {"arg:unit": "apache2"}, by=APPROVER)
        assert "update" == judged["response_action"]
        assert "change" in str(judged["view"])
        await slack.submits(judged["view"], {}, by=APPROVER)
        await seen(slack, "It is up.")

    assert ["restart apache2"] == lab.did
    assert "Edited" in shown(shown_card)


async def test_a_slash_command_gets_a_thread(tmp_path: Path, slack: SlackServer, lab: Lab) -> None:
    """/ops asks like a mention does: a root message, and the answer in its thread."""
    model = ScriptedModel(calls(RESTART), says("It is up."))
    async with in_slack(tmp_path, slack, model, lab.tools()):
        assert "" == await slack.orders("ask restart nginx")
        shown_card = await card(slack)
        said = await slack.orders(f"approve {buttons(shown_card)['ops_approve']}", by=APPROVER)
        answer = await seen(slack, "It is up.")
        root = slack.workspace.find("C1", answer["thread_ts"])

    assert "approved" in said
    assert root is not None
    assert "olga asked: restart nginx" in root["text"]
    assert ["restart nginx"] == lab.did


async def test_direct_messages_and_follow_ups(tmp_path: Path, slack: SlackServer) -> None:
    """A direct message needs no mention, and neither does a follow-up in the bot's own thread."""
    model = ScriptedModel(says("Fine."), says("Still fine."))
    async with in_slack(tmp_path, slack, model):
        first = await slack.says("how is web1?", channel="D1")
        await seen(slack, "Fine.", channel="D1")
        await slack.says("and now?", channel="D1", thread=first["ts"])
        answer = await seen(slack, "Still fine.", channel="D1")

    assert first["ts"] == answer["thread_ts"]


async def test_the_shortcut_asks_about_a_message(tmp_path: Path, slack: SlackServer) -> None:
    """*Ask about this message* opens a form; the question and the message reach the model, the
    answer goes below the message."""
    model = ScriptedModel(says("The disk is full."))
    async with in_slack(tmp_path, slack, model):
        alert = slack.write("ALERT: disk full on web1", by="U3")
        await slack.shortcut(alert, by=OPERATOR)
        await slack.submits(slack.workspace.views[-1], {"question": "what now?"})
        answer = await seen(slack, "The disk is full.")

    assert alert["ts"] == answer["thread_ts"]
    asked = str(model.asked[0].messages)
    assert "what now?" in asked
    assert "disk full on web1" in asked


async def test_commands_in_threads(tmp_path: Path, slack: SlackServer) -> None:
    """``!status`` in a thread says how the bot is; an unknown one is told to the person alone."""
    async with in_slack(tmp_path, slack, ScriptedModel()):
        await slack.says(f"{ME} !status")
        await seen(slack, "mode supervised")
        await slack.says(f"{ME} !nonsense")

    assert "nonsense" in slack.workspace.ephemeral[-1]["text"]
