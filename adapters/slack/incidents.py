"""An incident in Slack: its message with buttons, and a line for each thing that happens to it."""

from collections.abc import Iterator

from adapters.live.incidents import MARKS, ROOT, Button, buttons, people
from adapters.live.story import Story
from adapters.live.texts import visible
from adapters.live.wire import Post, Urgency
from adapters.slack import blocks
from adapters.slack.blocks import Block
from adapters.slack.escape import mrkdwn
from bot.events import IncidentChanged


def told(story: Story, incident: IncidentChanged) -> Iterator[Post]:
    over = incident.state == "resolved"
    head = f"{MARKS[incident.state]} *{mrkdwn(visible(incident.title))}*"
    shown = [blocks.section(f"{head}\n{incident.state} · `{incident.incident}`")]
    facts = "\n".join(f"{name}: {mrkdwn(visible(value))}" for name, value in incident.facts)
    shown += [blocks.context(facts)] if facts else []
    if incident.runbook and not over:
        shown.append(blocks.context(f"Suggested: {mrkdwn(visible(incident.runbook))}"))
    if made := [_button(each, incident.incident) for each in buttons(incident)]:
        shown.append(blocks.actions(f"incident:{incident.incident}", *made[:5]))
        shown += [blocks.actions(f"more:{incident.incident}", *made[5:])] if made[5:] else []
    body = {"text": f"{MARKS[incident.state]} {mrkdwn(incident.title)}", "blocks": shown}
    yield Post(ROOT, Urgency.APPROVAL, body, final=over)
    for seq, change in story.lines:
        if change.text:
            yield _line(seq, change)


def _line(seq: int, change: IncidentChanged) -> Post:
    called = " ".join(f"<@{each}>" for each in people(change, "slack"))
    text = f"{MARKS[change.state]} {mrkdwn(visible(change.text))} {called}".strip()
    shown = [blocks.section(text)]
    if seq == 0 and change.details:
        shown.append(blocks.preformatted(visible(change.details)))
    body = {"text": text, "blocks": shown}
    return Post(f"line {seq}", Urgency.NOTICE, body, final=True)


def _button(button: Button, incident: str) -> Block:
    style = button.style if button.style in ("primary", "danger") else ""
    return blocks.button(f"ops_{button.action}", button.label, incident, style=style)
