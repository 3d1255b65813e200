"""An incident in Discord: its card with buttons, and a line for each thing that happens to it."""

from collections.abc import Iterator
from typing import Any

from adapters.discord import parts
from adapters.discord.parts import escaped, fenced
from adapters.live.incidents import MARKS, ROOT, buttons, people
from adapters.live.story import Story
from adapters.live.texts import shortened, visible
from adapters.live.wire import Post, Urgency
from bot.events import IncidentChanged


def told(story: Story, incident: IncidentChanged) -> Iterator[Post]:
    over = incident.state == "resolved"
    texts = [
        f"### {MARKS[incident.state]} {escaped(incident.title)}",
        f"{incident.state} · `{incident.incident}`",
        "\n".join(f"-# {name}: {escaped(value)}" for name, value in incident.facts),
    ]
    if incident.runbook and not over:
        texts.append(f"Suggested: {escaped(incident.runbook)}")
    made = [parts.button(b.action, b.label, incident.incident, b.style) for b in buttons(incident)]
    rows = [parts.row(*made[at : at + 5]) for at in range(0, len(made), 5)]
    colour = parts.GREY if over else parts.RED if incident.severity == "critical" else parts.AMBER
    body = parts.cards(colour, texts, *rows)
    yield Post(ROOT, Urgency.APPROVAL, body, final=over)
    for seq, change in story.lines:
        if change.text:
            yield _line(seq, change)


def _line(seq: int, change: IncidentChanged) -> Post:
    called = people(change, "discord")
    said = f"{MARKS[change.state]} {escaped(change.text)}"
    details = fenced(visible(change.details), 1_000) if seq == 0 and change.details else ""
    mentions = " ".join(f"<@{each}>" for each in called)
    content = "\n".join(filter(None, (said, details, mentions)))
    body: dict[str, Any] = {"content": shortened(content, parts.CONTENT), "flags": parts.NO_EMBEDS}
    if called:
        body["allowed_mentions"] = {"parse": [], "users": called}
    return Post(f"line {seq}", Urgency.NOTICE, body, final=True)
