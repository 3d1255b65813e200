"""What bots in Slack get wrong with what comes in, each as a test."""

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from tests.fakes.model import ScriptedModel, calls, says
from tests.fakes.slack.server import SlackServer, slack_server
from tests.fakes.slack.workspace import BOT_USER, buttons, shown
from tests.kernel_kit import Bench
from tests.slack_kit import (
    APPROVER,
    GUEST,
    ME,
    OPERATOR,
    STRANGER,
    VIEWER,
    card,
    in_slack,
    people,
    seen,
    until,
)
from tests.small_tools import RESTART, Lab


@pytest.fixture
async def slack() -> AsyncGenerator[SlackServer]:
    async with slack_server() as server:
        people(server)
        yield server


async def run_count(bench: Bench) -> int:
    [(count,)] = await bench.store.read("SELECT COUNT(*) FROM runs")
    return count


async def test_5_1_a_mention_is_two_events_and_one_run(tmp_path: Path, slack: SlackServer) -> None:
    """Slack sends a mention as app_mention and as message, with two event ids."""
    async with in_slack(tmp_path, slack, ScriptedModel(says("Once."))) as bench:
        deliveries = await slack.tell(slack.write(f"{ME} hello"))
        await seen(slack, "Once.")

        assert 2 == len(deliveries)
        assert 1 == await run_count(bench)


async def test_5_2_what_was_ignored_swallows_nothing(tmp_path: Path, slack: SlackServer) -> None:
    """A message that is not for the bot leaves no mark that keeps its mention out."""
    async with in_slack(tmp_path, slack, ScriptedModel(says("Here."))):
        message = slack.write("just talking")
        await slack.tell(message)
        message["text"] = f"{ME} just asking"
        await slack.tell(message)

        await seen(slack, "Here.")


async def test_5_3_redeliveries_start_nothing(tmp_path: Path, slack: SlackServer) -> None:
    """Slack repeats what it thinks was lost, also across a restart: one run, one answer."""
    async with in_slack(tmp_path, slack, ScriptedModel(says("Once."))):
        message = slack.write(f"{ME} hello")
        for retry in range(3):
            await slack.tell(message, retry=retry)
        await seen(slack, "Once.")
    async with in_slack(tmp_path, slack, ScriptedModel()) as bench:
        await slack.tell(message, retry=3)

        assert 1 == await run_count(bench)
    assert 1 == sum("Once." in text for text in slack.workspace.texts())


async def test_5_3_a_command_runs_once(tmp_path: Path, slack: SlackServer) -> None:
    """A command in a mention is two events too, and comes again: it runs and answers once, and
    so does a refusal."""
    async with in_slack(tmp_path, slack, ScriptedModel()):
        message = slack.write(f"{ME} !whoami")
        for retry in range(2):
            await slack.tell(message, retry=retry)
        await slack.says(f"{ME} hello", by=GUEST)
        await seen(slack, "slack:U1, operator")
    async with in_slack(tmp_path, slack, ScriptedModel()):
        await slack.tell(message, retry=3)

    assert 1 == len(slack.workspace.texts())
    assert 1 == len(slack.workspace.ephemeral)


async def test_5_4_what_was_written_meanwhile_is_found(tmp_path: Path, slack: SlackServer) -> None:
    """A mention that was written while the bot was away is answered when it is back."""
    async with in_slack(tmp_path, slack, ScriptedModel(says("First."))):
        await slack.says(f"{ME} hello")
        await seen(slack, "First.")
    slack.write(f"{ME} are you there?")
    async with in_slack(tmp_path, slack, ScriptedModel(says("Second."))) as bench:
        await seen(slack, "Second.")

        assert 2 == await run_count(bench)


async def test_5_4_old_orders_do_not_run(tmp_path: Path, slack: SlackServer) -> None:
    """What was written too long ago is told so, once, and not obeyed."""
    async with in_slack(tmp_path, slack, ScriptedModel(says("First."))):
        await slack.says(f"{ME} hello")
        await seen(slack, "First.")
    slack.write(f"{ME} restart everything")
    for _ in range(2):
        async with in_slack(tmp_path, slack, ScriptedModel(), catch_up_age=0) as bench:
            await seen(slack, "I was away")

            assert 1 == await run_count(bench)
    assert 1 == sum("I was away" in text for text in slack.workspace.texts())


async def test_5_5_a_typed_approval_needs_the_same_role(
    tmp_path: Path, slack: SlackServer, lab: Lab
) -> None:
    """/ops approve is judged like the button; a role that was taken away does not count."""
    model = ScriptedModel(calls(RESTART), says("Up."))
    async with in_slack(tmp_path, slack, model, lab.tools()):
        await slack.says(f"{ME} restart nginx")
        approval = buttons(await card(slack))["ops_approve"]
        said = await slack.orders(f"approve {approval}", by=VIEWER)

    assert "approver" in said
    assert [] == lab.did


async def test_5_6_the_second_click_is_told_who_decided(
    tmp_path: Path, slack: SlackServer, lab: Lab
) -> None:
    """Two people click: the first wins, the other one is told, and the buttons are gone."""
    model = ScriptedModel(calls(RESTART), says("Up."))
    async with in_slack(tmp_path, slack, model, lab.tools()):
        await slack.says(f"{ME} restart nginx")
        found = await card(slack)
        stale = {**found, "blocks": list(found["blocks"])}
        await slack.clicks(found, "ops_approve", by=APPROVER)
        await seen(slack, "Up.")
        await slack.clicks(stale, "ops_approve", by=APPROVER)

    assert ["restart nginx"] == lab.did
    assert "ops_approve" not in buttons(found)
    assert "anna" in slack.workspace.ephemeral[-1]["text"]


async def test_5_6_an_expired_card_loses_its_buttons(
    tmp_path: Path, slack: SlackServer, lab: Lab
) -> None:
    """Nobody decides: the card says so, and nothing can be clicked any more."""
    model = ScriptedModel(calls(RESTART))
    async with in_slack(tmp_path, slack, model, lab.tools(), approval_ttl=10) as bench:
        await slack.says(f"{ME} restart nginx")
        found = await card(slack)
        await bench.store.write("UPDATE approvals SET expires = 1")
        await until(lambda: found if "Expired" in shown(found) else None, "expiry")

    assert not {"ops_approve", "ops_deny", "ops_edit"} & buttons(found).keys()
    assert [] == lab.did


async def test_5_7_a_click_after_a_restart_runs_the_call(
    tmp_path: Path, slack: SlackServer, lab: Lab
) -> None:
    """A card outlives the process that posted it: the click starts the call, once."""
    async with in_slack(tmp_path, slack, ScriptedModel(calls(RESTART)), lab.tools()):
        await slack.says(f"{ME} restart nginx")
        found = await card(slack)
    async with in_slack(tmp_path, slack, ScriptedModel(says("Up.")), lab.tools()):
        await slack.clicks(found, "ops_approve", by=APPROVER)
        await seen(slack, "Up.")

    assert ["restart nginx"] == lab.did
    assert "Approved by anna" in shown(found)


async def test_5_8_a_lost_click_can_be_typed(tmp_path: Path, slack: SlackServer, lab: Lab) -> None:
    """Slack does not repeat clicks; the card names the order that does the same, in any case."""
    model = ScriptedModel(calls(RESTART), says("Up."))
    async with in_slack(tmp_path, slack, model, lab.tools()):
        await slack.says(f"{ME} restart nginx")
        found = await card(slack)
        approval = buttons(found)["ops_approve"]
        assert f"/ops approve {approval}" in shown(found)
        await slack.says(f"!approve {approval.lower()}", by=APPROVER, thread=found["thread_ts"])
        await seen(slack, "Up.")

    assert ["restart nginx"] == lab.did


async def test_5_9_slack_is_answered_after_the_decision_is_kept(
    tmp_path: Path, slack: SlackServer, lab: Lab
) -> None:
    """When a click is acknowledged its decision is in the database: no task is left to lose."""
    model = ScriptedModel(calls(RESTART), says("Up."))
    async with in_slack(tmp_path, slack, model, lab.tools()) as bench:
        await slack.says(f"{ME} restart nginx")
        await slack.clicks(await card(slack), "ops_approve", by=APPROVER)
        rows = await bench.store.read("SELECT status FROM approvals")

    assert rows[0][0] in ("approved", "used")


async def test_5_16_other_bots_are_not_answered(tmp_path: Path, slack: SlackServer) -> None:
    """Neither bots, nor the bot itself, nor Slack's own notes start anything."""
    async with in_slack(tmp_path, slack, ScriptedModel()) as bench:
        await slack.says(f"{ME} hi", by="U1", bot_id="B9")
        await slack.says(f"{ME} hi", by=BOT_USER)
        await slack.says(f"{ME} joined", subtype="channel_join")
        await slack.event(
            {"type": "message", "subtype": "message_changed", "channel": "C1",
             "ts": "1.1", "message": {"text": ME}}
        )  # fmt: skip

        assert 0 == await run_count(bench)


@pytest.mark.parametrize("who", [GUEST, STRANGER, "U404"])
async def test_5_17_strangers_may_nothing(tmp_path: Path, slack: SlackServer, who: str) -> None:
    """Guests, people of other organisations and those Slack does not know start nothing."""
    async with in_slack(tmp_path, slack, ScriptedModel()) as bench:
        await slack.says(f"{ME} hello", by=who)

        assert 0 == await run_count(bench)
    assert "role" in slack.workspace.ephemeral[-1]["text"]


async def test_5_17_groups_and_mail_give_roles(tmp_path: Path, slack: SlackServer) -> None:
    """Members of a listed group, and of a listed address, have its role."""
    slack.workspace.person("U7", "gina")
    slack.workspace.person("U8", "otto", email="op@example.org")
    slack.workspace.groups["S1"] = ("U7",)
    async with in_slack(tmp_path, slack, ScriptedModel()):
        said = [await slack.orders("whoami", by=who) for who in ("U7", "U8", OPERATOR, VIEWER)]

    assert ["operator", "operator", "operator", "viewer"] == [text.split(", ")[1] for text in said]
