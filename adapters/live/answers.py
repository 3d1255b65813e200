"""A run's answers as messages, which are made once: a long conversation is told many times."""

from collections.abc import Iterable, Iterator
from typing import Protocol

from adapters.live.story import Story
from adapters.live.wire import Post


class Writer(Protocol):
    """An answer as a platform's messages; their parts begin with *name*."""

    def __call__(self, run: str, text: str, *, name: str) -> Iterable[Post]: ...


def answers(story: Story, write: Writer) -> Iterator[Post]:
    """Those after which the run went on, and the one it ended with."""
    said = {f"said {number}": text for number, text in enumerate(story.answers)}
    if story.ending is not None and story.ending.how == "done":
        said["answer"] = story.ending.text
    for name, text in said.items():
        if name not in story.kept:
            story.kept[name] = tuple(write(story.run, text, name=name))
        yield from story.kept[name]
