"""The answer as messages: Markdown in blocks, tables as tables, all of a long one as a file."""

from collections.abc import Iterator, Sequence

from adapters.live.tables import Grid, parts
from adapters.live.texts import split
from adapters.live.wire import Picture, Post, Urgency
from adapters.slack import blocks, escape
from adapters.slack.blocks import Block

LONGEST = 9_000
"""Characters of Markdown in one message. Slack refuses above some 13,000, and takes one block
apart into at most 50: https://github.com/slackapi/bolt-js/issues/2509"""
RENDERED = 40
"""Lines that may become blocks of their own: Slack counts paragraphs, headings and lists."""
MESSAGES = 3
ROWS = 100


def answer(run: str, text: str, *, name: str) -> Iterator[Post]:
    """Its messages, in order, with buttons for an opinion under the run's last."""
    messages = list(_messages(text))
    cut = messages[:MESSAGES]
    for number, shown in enumerate(cut):
        last = number == len(cut) - 1
        if last and len(messages) > len(cut):
            shown.append(blocks.context("The answer is longer: the file below holds all of it."))
        if last and name == "answer":
            shown.append(_opinion(run))
        head = escape.mrkdwn(" ".join(text.split())[:300])
        yield Post(f"{name} {number}", Urgency.ANSWER, {"text": head, "blocks": shown}, final=True)
    if len(messages) > len(cut):
        file = Picture("answer.md", text.encode())
        body = {"text": "the whole answer"}
        yield Post(f"{name} file", Urgency.ANSWER, body, (file,), final=True)


def _messages(text: str) -> Iterator[list[Block]]:
    """The blocks of each message."""
    current: list[Block] = []
    size = tables = 0
    for block in _blocks(text):
        grid = block["type"] == "table"
        needed = 0 if grid else _weight(block["text"])
        if current and (size + needed > LONGEST or (grid and tables)):
            yield current
            current, size, tables = [], 0, 0
        current.append(block)
        size += needed
        tables += grid
    yield current or [blocks.markdown("(an empty answer)")]


def _blocks(text: str) -> Iterator[Block]:
    for part in parts(text):
        if isinstance(part, Grid) and len(part.rows) <= ROWS and len(part.rows[0]) <= 20:
            yield blocks.table(part.rows)
            continue
        plain = f"```\n{part.aligned}\n```" if isinstance(part, Grid) else part.lines
        for piece in split(escape.markdown(plain), LONGEST):
            yield from _paragraphs(piece)


def _paragraphs(piece: str) -> Iterator[Block]:
    """Pieces that Slack takes apart into no more blocks than it allows."""
    current: list[str] = []
    for line in piece.split("\n"):
        if _rendered("\n".join(current)) >= RENDERED and not _fenced(current):
            yield blocks.markdown("\n".join(current))
            current = []
        current.append(line)
    if any(line.strip() for line in current):
        yield blocks.markdown("\n".join(current))


def _weight(text: str) -> int:
    """Characters, or as many as its blocks stand for."""
    return max(len(text), _rendered(text) * LONGEST // RENDERED)


def _rendered(text: str) -> int:
    """How many blocks Slack makes of it: one for each line, but for a fence only one."""
    count, fenced = 0, False
    for line in text.split("\n"):
        if line.lstrip().startswith(("```", "~~~")):
            fenced = not fenced
            count += fenced
        elif line.strip() and not fenced:
            count += 1
    return count


def _fenced(lines: Sequence[str]) -> bool:
    """Whether a fence is open at the end."""
    return sum(line.lstrip().startswith(("```", "~~~")) for line in lines) % 2 == 1


def _opinion(run: str) -> Block:
    return blocks.actions(
        f"feedback:{run}",
        blocks.button("ops_feedback_good", "👍", run),
        blocks.button("ops_feedback_bad", "👎", run),
    )
