"""One run on its way to people: what was delivered of its story, and what is still to be."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from adapters.live.deliveries import Delivery
from adapters.live.incidents import ROOT
from adapters.live.story import Story
from adapters.live.wire import Post, Renderer, Urgency
from bot.chat import ThreadRef


@dataclass(frozen=True, slots=True)
class Due:
    """A message that is not as it should be."""

    post: Post
    digest: str
    message: str
    """The message to edit; empty when it is still to be posted."""


@dataclass(slots=True)
class Telling:
    log: str
    thread: ThreadRef
    story: Story
    delivered: dict[str, Delivery] = field(default_factory=dict[str, Delivery])
    loaded: bool = False
    """What was delivered in an earlier life is known."""
    tries: dict[str, int] = field(default_factory=dict[str, int])
    """How often a message was tried in vain, by part."""
    after: dict[str, float] = field(default_factory=dict[str, float])
    """When a message that failed may be tried again, by part."""
    moved: set[str] = field(default_factory=set[str])
    """Parts whose message was taken away, to be posted anew: also when the run is over by then."""
    due: list[Due] = field(default_factory=list[Due])
    source: ThreadRef | None = None
    """The thread it is about, when it is told somewhere else."""

    def where(self, part: str) -> ThreadRef:
        """Where a message goes: all of an incident's but the first go into that one's thread."""
        root = self.delivered.get(ROOT) if self.story.incident and part != ROOT else None
        return replace(self.thread, thread=root.message) if root else self.thread

    @property
    def place(self) -> str:
        return str(self.thread)

    @property
    def whole(self) -> bool:
        """All of it has been told, and nothing more will come."""
        return self.loaded and self.story.ending is not None and not self.due

    def refresh(self, render: Renderer) -> None:
        """Find out anew what is due."""
        self.due = list(self._due(render(self.story)))

    def _due(self, posts: Sequence[Post]) -> Iterator[Due]:
        over = self.story.ending is not None
        for post in posts:
            known = self.delivered.get(post.part)
            message = known.message if known else ""
            if known and known.state == "failed":
                continue
            late = over and post.urgency is Urgency.PROGRESS and known is None
            if late and post.part not in self.moved:
                continue  # the answer is there: what led to it is not told late
            if not message or (known and known.digest != post.digest):
                yield Due(post, post.digest, message)
