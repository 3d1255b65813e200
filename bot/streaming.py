"""A reply as it streams: redacted, and shown to whoever follows."""

from typing import Literal

from bot.feed import Feed
from bot.ports import Delta
from bot.recorded import ModelDelta
from bot.redact import Redactor
from bot.run import Run

Channel = Literal["text", "thinking"]


class Deltas:
    """Turns a model's pieces into live items of the feed.

    Who begins to follow in the middle is shown the piece from its beginning: a secret is only
    known for one when it is seen whole."""

    def __init__(self, run: Run, feed: Feed, redactor: Redactor) -> None:
        self._run = run
        self._feed = feed
        self._redactor = redactor
        self._channels: dict[Channel, _Channel] = {}

    def add(self, piece: Delta) -> None:
        if piece.channel not in self._channels:
            self._channels[piece.channel] = _Channel(self._run, piece.channel, self._redactor)
        channel = self._channels[piece.channel]
        channel.unseen.append(piece.text)
        if self._feed.followed(self._run.thread):
            channel.show(self._feed)

    def end(self) -> None:
        """Show what was held back because it could still have become a secret."""
        for channel in self._channels.values():
            channel.end(self._feed)


class _Channel:
    def __init__(self, run: Run, name: Channel, redactor: Redactor) -> None:
        self._run = run
        self._name: Channel = name
        self._stream = redactor.stream()
        self._step = run.ledger.replies
        self._offset = 0
        self.unseen: list[str] = []

    def show(self, feed: Feed) -> None:
        self._send(feed, self._stream.feed("".join(self.unseen)))
        self.unseen.clear()

    def end(self, feed: Feed) -> None:
        self._send(feed, self._stream.flush())

    def _send(self, feed: Feed, text: str) -> None:
        if text:
            run, offset = self._run, self._offset
            feed.live(ModelDelta(run.id, self._step, offset, text, self._name, run.thread))
            self._offset += len(text)
