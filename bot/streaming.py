"""A reply as it streams: redacted, and shown to whoever follows."""

from bot.events import ModelDelta
from bot.feed import Feed
from bot.ports import Delta
from bot.redact import Redactor, Stream
from bot.run import Run


class Deltas:
    """Turns a model's pieces into live items of the feed."""

    def __init__(self, run: Run, feed: Feed, redactor: Redactor) -> None:
        self._run = run
        self._feed = feed
        self._redactor = redactor
        self._step = run.ledger.spent.steps
        self._streams: dict[str, Stream] = {}
        self._offsets: dict[str, int] = {}

    def add(self, piece: Delta) -> None:
        if self._feed.followed(self._run.thread):
            stream = self._streams.setdefault(piece.channel, self._redactor.stream())
            self._show(piece, stream.feed(piece.text))

    def end(self) -> None:
        """Show what was held back because it could still have become a secret."""
        for channel, stream in self._streams.items():
            self._show(Delta("", "thinking" if channel == "thinking" else "text"), stream.flush())

    def _show(self, piece: Delta, text: str) -> None:
        if text:
            offset = self._offsets.get(piece.channel, 0)
            self._offsets[piece.channel] = offset + len(text)
            self._feed.live(
                ModelDelta(self._run.id, self._step, offset, text, piece.channel, self._run.thread)
            )
