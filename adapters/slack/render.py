"""What a story looks like in Slack. Pure: the same story gives the same messages."""

from collections.abc import Sequence
from dataclasses import dataclass

from adapters.live.answers import answers
from adapters.live.pacing import CARD, SLACK, grouped
from adapters.live.plots.drawing import plots
from adapters.live.story import Story
from adapters.live.texts import call_line, one_line, plan_lines
from adapters.live.views import Step
from adapters.live.wire import Post, Urgency
from adapters.slack import blocks
from adapters.slack.answer import answer
from adapters.slack.blocks import Block
from adapters.slack.cards import budget, card
from adapters.slack.escape import mrkdwn
from adapters.slack.incidents import told

SHOWN = 8
"""Steps of a message that are shown; the page has all."""


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
        mark = ":octagonal_sign:" if story.ending.how == "stopped" else ":x:"
        text = mrkdwn(story.ending.text)
        body = {"text": text[: blocks.PLAIN], "blocks": [blocks.section(f"{mark} {text}")]}
        return [*posts, Post("answer 0", Urgency.ANSWER, body, final=True)]

    def _progress(self, story: Story) -> Sequence[Post]:
        groups = grouped(story.steps, CARD if self.thoughts == "card" else SLACK)
        return [_steps(story, number, groups) for number in range(len(groups))]


def _steps(story: Story, number: int, groups: Sequence[Sequence[Step]]) -> Post:
    group = groups[number]
    last = number == len(groups) - 1
    shown: list[Block] = []
    if number == 0 and story.plan:
        shown.append(blocks.context("\n".join(map(mrkdwn, plan_lines(story)))))
    if len(group) > SHOWN:
        shown.append(blocks.context(f"{len(group) - SHOWN} earlier steps are on the page"))
    shown += [blocks.section(_step(step)) for step in group[-SHOWN:]]
    working = last and story.ending is None
    if working:
        stop = blocks.button("ops_stop", "Stop", story.run)
        note = "stopping …" if story.stopping else "working …"
        shown += [blocks.context(note), blocks.actions(f"run:{story.run}", stop)]
    text = one_line(group[-1].thought or call_line(group[-1].calls[-1]), 200) if group else ""
    over = not working and all(step.over for step in group)
    body = {"text": mrkdwn(text) or "working", "blocks": shown}
    return Post(f"steps {number}", Urgency.PROGRESS, body, final=over)


def _step(step: Step) -> str:
    thought = mrkdwn(one_line(step.thought, 600))
    lines = [f"{mrkdwn(call_line(call))}" for call in step.calls[:20]]
    more = [f"and {len(step.calls) - 20} more calls"] if len(step.calls) > 20 else []
    return "\n".join(filter(None, [f"_{thought}_" if thought else "", *lines, *more])) or "…"
