"""Slack's three kinds of text: what must be escaped in each, and what people's text means."""

import re

from adapters.live.texts import visible

_CONTROL = re.compile(r"<([@#!])|<(?=(?:https?|mailto):)")
_LINK = re.compile(r"<([^<>|]+)(?:\|([^<>]*))?>")


def mrkdwn(text: str) -> str:
    """Plain text for a ``mrkdwn`` object: nothing in it is a mention, a link or an order."""
    escaped = visible(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    # Its marks of emphasis and code have no escape: a joiner in front keeps them plain.
    return re.sub(r"(?<![\w`])([*_~`])(?=\S)", "\u2060\\1", escaped)


def markdown(text: str) -> str:
    """A model's Markdown for a ``markdown`` block: it stays Markdown, but pings nobody."""
    return _CONTROL.sub(lambda found: f"&lt;{found[1] or ''}", visible(text))


def plain(text: str, bot: str) -> str:
    """What somebody wrote, without Slack's marks: ``<@U1|ann>`` → ``@ann``, links bare.

    *bot*: the bot's own user id, whose mentions are left out."""
    without = re.sub(rf"<@{re.escape(bot)}(\|[^>]*)?>[:,]?", " ", text)
    shown = _LINK.sub(_meant, without)
    return shown.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&").strip()


def _meant(found: re.Match[str]) -> str:
    target, label = found[1], found[2] or ""
    match target[0]:
        case "@":
            return f"@{label or target[1:]}"
        case "#":
            return f"#{label or target[1:]}"
        case "!":
            return f"@{label or target[1:].partition('^')[0]}".replace("@@", "@")
        case _:
            return target.removeprefix("mailto:")
