"""What a story looks like in Discord. Pure: the same story gives the same messages."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from adapters.discord import parts
from adapters.discord.cards import budget, card
from adapters.discord.incidents import told
from adapters.discord.parts import escaped
from adapters.live.answers import answers
from adapters.live.pacing import CARD, DISCORD, grouped
from adapters.live.plots.drawing import plots
from adapters.live.story import Story
from adapters.live.tables import Grid
from adapters.live.tables import parts as pieces
from adapters.live.texts import call_line, one_line, plan_lines, shortened, split
from adapters.live.views import Step
from adapters.live.wire import Picture, Post, Urgency

MESSAGES = 4
"""Messages of an answer; a longer one goes on in a file."""
_STEPS = 1_800


@dataclass(frozen=True, slots=True)
class Render:
    """*thoughts*: ``replies``, ``card`` or ``off``."""

    thoughts: str = "replies"

    def __call__(self, story: Story) -> Sequence[Post]:
        quiet = self.thoughts == "off"
        if story.incident:
            return [*told(story, story.incident), *plots(story)]
        return [*self._told(story, quiet=quiet), *(() if quiet else plots(story))]

    def _told(self, story: Story, *, quiet: bool) -> Sequence[Post]:
        posts = [] if quiet else list(self._progress(story))
        posts += [card(each) for each in story.cards.values()]
        posts += [budget(story.run, each) for each in story.budgets]
        posts += answers(story, answer)
        if story.ending is None or story.ending.how == "done":
            return posts
        mark = "🛑" if story.ending.how == "stopped" else "❌"
        body = _plain(shortened(f"{mark} {escaped(story.ending.text)}", parts.CONTENT))
        return [*posts, Post("answer 0", Urgency.ANSWER, body, final=True)]

    def _progress(self, story: Story) -> Iterator[Post]:
        groups = grouped(story.steps, CARD if self.thoughts == "card" else DISCORD)
        for number, group in enumerate(groups):
            yield _steps(story, number, group, last=number == len(groups) - 1)


def answer(run: str, text: str, *, name: str) -> Iterator[Post]:
    """Its messages, in order, with buttons for an opinion under the run's last."""
    messages = split(_columns(text), parts.CONTENT) or ["(an empty answer)"]
    cut = messages[:MESSAGES]
    for number, shown in enumerate(cut):
        body = _plain(shown)
        if number == len(cut) - 1 and name == "answer":
            body["components"] = [_opinion(run)]
        yield Post(f"{name} {number}", Urgency.ANSWER, body, final=True)
    if len(messages) > len(cut):
        said = _plain("The answer is longer: this file holds all of it.")
        file = Picture("answer.md", text.encode())
        yield Post(f"{name} file", Urgency.ANSWER, said, (file,), final=True)


def _steps(story: Story, number: int, group: Sequence[Step], *, last: bool) -> Post:
    head = [escaped(line) for line in plan_lines(story)] if number == 0 else []
    lines = "\n".join(head)[:700]
    working = last and story.ending is None
    kept = list[str]()
    for step in reversed(group):
        if sum(map(len, kept)) + len(told := _step(step)) > _STEPS - len(lines):
            kept.append("… earlier steps are on the page")
            break
        kept.append(told)
    note = ("-# stopping …" if story.stopping else "-# working …") if working else ""
    content = "\n".join(filter(None, [lines, *reversed(kept), note]))
    body = _plain(shortened(content, parts.CONTENT))
    stop = parts.button("stop", "Stop", story.run, "danger")
    body["components"] = [parts.row(stop)] if working else []
    over = not working and all(step.over for step in group)
    return Post(f"steps {number}", Urgency.PROGRESS, body, final=over)


def _step(step: Step) -> str:
    thought = escaped(one_line(step.thought, 600))
    lines = [escaped(call_line(call)) for call in step.calls[:12]]
    more = [f"and {len(step.calls) - 12} more calls"] if len(step.calls) > 12 else []
    whole = "\n".join(filter(None, [f"*{thought}*" if thought else "", *lines, *more]))
    return shortened(whole, 1_000) or "…"


def _columns(text: str) -> str:
    """Discord shows no tables: they are set in columns."""
    return "\n".join(
        f"```\n{piece.aligned}\n```" if isinstance(piece, Grid) else piece.lines
        for piece in pieces(text)
    )


def _opinion(run: str) -> parts.Component:
    return parts.row(
        parts.button("feedback_good", "👍", run), parts.button("feedback_bad", "👎", run)
    )


def _plain(content: str) -> dict[str, Any]:
    return {"content": content, "flags": parts.NO_EMBEDS}
