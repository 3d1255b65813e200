"""Where in Slack a conversation is: the workspace, a channel, and the message it began with."""

from typing import Any

from bot.chat import ThreadRef


def thread_of(team: str, channel: str, root: str) -> ThreadRef:
    return ThreadRef("slack", team, channel, root)


def root_of(event: dict[str, Any]) -> str:
    """The first message of the thread that an event's message is in, or begins."""
    return str(event.get("thread_ts") or event["ts"])
