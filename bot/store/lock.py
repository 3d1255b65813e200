"""One bot process per database file."""

import fcntl
import os
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path


class Taken(Exception):
    """Another process serves this database. *owner* is its process id."""

    def __init__(self, owner: str) -> None:
        super().__init__(owner)
        self.owner = owner


@contextmanager
def exclusive(database: Path) -> Generator[None]:
    """Hold ``<database>.lock`` while inside; the system lets go of it however the process ends.

    Raises Taken."""
    with Path(f"{database}.lock").open("a+") as file:
        file.seek(0)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Taken(file.read().strip() or "unknown") from None
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield
