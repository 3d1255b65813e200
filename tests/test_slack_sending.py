"""What bots in Slack get wrong with what goes out, each as a test."""

import asyncio
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from adapters.slack.service import SlackService, SlackTrouble
from bot.agents import Ask
from bot.events import ModelReplied
from bot.tool import ToolCall
from tests.fakes.model import ScriptedModel, calls, says
from tests.fakes.slack.server import SlackServer, slack_server
from tests.fakes.slack.workspace import buttons, shown
from tests.kernel_kit import settings
from tests.slack_kit import APPROVER, ME, card, in_slack, people, seen, until
from tests.small_tools import RESTART, Lab


@pytest.fixture
async def slack() -> AsyncGenerator[SlackServer]:
    async with slack_server() as server:
        people(server)
        yield server


async def answered(directory: Path, slack: SlackServer, text: str, last: str) -> list[str]:
    """All messages of a run whose answer is *text*; the last one shows *last*."""
    async with in_slack(directory, slack, ScriptedModel(says(text))):
        await slack.says(f"{ME} tell me")
        await seen(slack, last)
    assert [] == slack.api.refused
    return slack.workspace.texts()


async def test_5_10_a_long_answer_is_whole(tmp_path: Path, slack: SlackServer) -> None:
    """60 kB: the head in messages, all of it in a file, nothing refused."""
    text = "\n".join(f"line {number} of a long answer" for number in range(2_200))
    async with in_slack(tmp_path, slack, ScriptedModel(says(text))):
        await slack.says(f"{ME} tell me")
        await until(lambda: next(iter(slack.workspace.files), None), "a file")
        await until(
            lambda: next((f for f in slack.workspace.files if "channel" in f), None), "shared"
        )

    assert text == slack.workspace.files[0]["data"].decode()
    assert "line 0 of" in slack.workspace.texts()[0]
    assert [] == slack.api.refused


async def test_5_11_no_message_becomes_too_many_blocks(tmp_path: Path, slack: SlackServer) -> None:
    """100 list items: Slack takes markdown apart and refuses more than 50 blocks."""
    text = "\n".join(f"- item {number}" for number in range(100)) + "\n\nthe end"

    texts = await answered(tmp_path, slack, text, "the end")

    assert all(any(f"item {number}\n" in t + "\n" for t in texts) for number in range(100))


async def test_5_11_fences_stay_whole(tmp_path: Path, slack: SlackServer) -> None:
    """Code that is cut is closed and opened again with its language."""
    code = "\n".join(f"print({number})  # {'x' * 60}" for number in range(200))

    texts = await answered(tmp_path, slack, f"See:\n```python\n{code}\n```\nthe end", "the end")

    assert all(0 == text.count("```") % 2 for text in texts)
    assert sum("```python" in text for text in texts) >= 2


async def test_5_12_no_native_stream_is_used(tmp_path: Path, slack: SlackServer) -> None:
    """Streams die after five minutes and are seen by one person: plain messages are not."""
    await answered(tmp_path, slack, "All of it.", "All of it.")

    assert not [call for call in slack.api.calls if "tream" in call]


async def test_5_13_the_answer_goes_before_progress(
    tmp_path: Path, slack: SlackServer, lab: Lab
) -> None:
    """Slack takes nothing for a while: afterwards the card comes first, and no old progress."""
    made = [ToolCall(f"{n}.1", "look", {"at": f"part {n}"}) for n in range(8)]
    looks = [calls(each, text=f"step {n}") for n, each in enumerate(made)]
    model = ScriptedModel(*looks, says("Done."))
    async with in_slack(tmp_path, slack, model, lab.tools()):
        slack.api.trouble["chat.postMessage"] = ["429 1"]
        slack.api.trouble["chat.update"] = ["429 1"] * 2
        await slack.says(f"{ME} look around")
        await seen(slack, "Done.")

    texts = slack.workspace.texts()
    assert 1 == sum("Done." in text for text in texts)


async def test_5_14_nobody_is_pinged_by_text(tmp_path: Path, slack: SlackServer) -> None:
    """Mentions in the answer, in thoughts and in arguments are text, and stay readable."""
    evil = "<!channel> <@U2> <#C1> & <b> \u202eevil"
    restart = ToolCall("1.1", "restart", {"unit": evil})
    answer = says(f"Look: {evil}\n\n| a |\n|---|\n| {evil} |")
    model = ScriptedModel(calls(restart, text=evil), answer)
    async with in_slack(tmp_path, slack, model, Lab().tools()):
        await slack.says(f"{ME} hello")
        await slack.clicks(await card(slack), "ops_approve", by=APPROVER)
        await seen(slack, "Look:")

    for message in slack.workspace.messages["C1"][1:]:
        for block in message["blocks"]:
            if block["type"] in ("section", "context", "markdown"):
                assert not {"<!channel", "<@U2", "<#C1"} & set(str(block).split())
                assert "<!channel>" not in str(block)
                assert "<@U2>" not in str(block)
        assert "\u202e" not in str(message)


async def test_5_15_no_link_is_previewed(tmp_path: Path, slack: SlackServer) -> None:
    """Slack is told of every message not to fetch what it links to."""
    await answered(tmp_path, slack, "See https://example.org", "example.org")

    mine = [m for m in slack.workspace.messages["C1"] if m.get("bot_id")]
    assert all(m["unfurl_links"] is False and m["unfurl_media"] is False for m in mine)


async def test_5_18_a_bad_token_is_said_and_hangs_nothing(
    tmp_path: Path, slack: SlackServer
) -> None:
    """The client would ask for ever with a bad app-level token: it is tried first."""
    wrong = settings(
        tmp_path, slack_bot_token="xoxb-fake", slack_app_token="xapp-wrong",
        slack_api_url=f"{slack.url}/api/",
    )  # fmt: skip
    async with asyncio.timeout(5):
        with pytest.raises(SlackTrouble, match="AI_SLACK_APP_TOKEN"):
            await SlackService(wrong, None).serve(None)  # type: ignore[arg-type]


async def test_5_18_dropped_sockets_come_back(tmp_path: Path, slack: SlackServer) -> None:
    """Sockets are cut, and Slack asks for new ones: both are opened again."""
    async with in_slack(tmp_path, slack, ScriptedModel(says("One."), says("Two.")), sockets=2):
        await slack.drop("refresh_requested")
        await slack.connected(2)
        await slack.says(f"{ME} first")
        await seen(slack, "One.")
        await slack.drop()
        await slack.connected(1)
        await slack.says(f"{ME} second")
        await seen(slack, "Two.")


async def test_5_19_a_run_goes_on_after_a_restart(
    tmp_path: Path, slack: SlackServer, lab: Lab
) -> None:
    """What was waiting waits on, and its messages are edited, not posted again."""
    model = ScriptedModel(calls(RESTART, text="thinking"))
    async with in_slack(tmp_path, slack, model, lab.tools()):
        await slack.says(f"{ME} restart nginx")
        await card(slack)
    before = len(slack.workspace.messages["C1"])
    async with in_slack(tmp_path, slack, ScriptedModel(says("Up.")), lab.tools()):
        await slack.clicks(await card(slack), "ops_approve", by=APPROVER)
        await seen(slack, "Up.")

    assert before + 1 == len(slack.workspace.messages["C1"])


async def test_5_20_the_stop_button_ends_the_run(
    tmp_path: Path, slack: SlackServer, lab: Lab
) -> None:
    """Stop stands under what the bot is doing; the run ends, and says what had run."""
    model = ScriptedModel(calls(ToolCall("1.1", "slow", {}), text="this takes a while"))
    async with in_slack(tmp_path, slack, model, lab.tools()):
        await slack.says(f"{ME} wait")
        working = await seen(slack, "this takes a while")
        assert "ops_stop" in buttons(working)
        await slack.clicks(working, "ops_stop")
        await seen(slack, "Stopped by olga")
        await until(lambda: working if "ops_stop" not in buttons(working) else None, "no button")

    assert "slow" not in lab.did


async def test_uncertain_posts_are_looked_for(tmp_path: Path, slack: SlackServer) -> None:
    """The connection breaks after Slack took the message: it is found, not posted twice."""
    slack.api.trouble["chat.postMessage"] = ["drop after"]
    async with in_slack(tmp_path, slack, ScriptedModel(says("Only once."))):
        await slack.says(f"{ME} hello")
        await until(
            lambda: {} if slack.api.calls.count("conversations.replies") else None, "a search"
        )
        await seen(slack, "Only once.")
        await asyncio.sleep(0.5)

    assert 1 == sum("Only once." in text for text in slack.workspace.texts())


async def test_slack_may_be_down(tmp_path: Path, slack: SlackServer) -> None:
    """Slack does not answer at the start: the bot runs, says so, and Slack comes back by itself."""

    def script(_ask: Ask) -> ModelReplied:
        return says("Back.")

    slack.api.trouble["auth.test"] = ["500"] * 2
    async with in_slack(tmp_path, slack, ScriptedModel(script=script), sockets=0) as bench:
        await until(lambda: {} if "auth.test" in slack.api.calls else None, "a try")
        await asyncio.sleep(0.1)
        assert "Slack" in (await bench.kernel.health()).parts.get("slack", "")
        await slack.connected()
        await slack.says(f"{ME} hello")
        await seen(slack, "Back.")
        assert "" == (await bench.kernel.health()).parts["slack"]
    assert shown(slack.workspace.messages["C1"][-1])
