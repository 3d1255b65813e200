"""Several Ollama servers: which one is asked next."""

import asyncio
from collections import OrderedDict
from collections.abc import Sequence

from agent.models.lane import Lane
from agent.models.ollama import Ollama

SKIPPED = 30.0
"""Seconds a server that failed is not asked while another one is there."""
PLACES = 1_024
"""Questions a server is asked at once, unless told otherwise."""
_REMEMBERED = 4_096
"""Threads whose server is known."""


class Server:
    def __init__(self, ollama: Ollama, places: int) -> None:
        """*places*: questions it is asked at once; the others wait."""
        self.ollama = ollama
        self.lane = Lane(places)
        self._failed = float("-inf")

    def fail(self) -> None:
        self._failed = asyncio.get_running_loop().time()

    def works(self, skipped: float) -> bool:
        return asyncio.get_running_loop().time() - self._failed > skipped


class Servers:
    """In the order they were given."""

    def __init__(self, ollamas: Sequence[Ollama], *, places: int, skipped: float = SKIPPED) -> None:
        self.all = tuple(Server(ollama, places) for ollama in ollamas)
        self._skipped = skipped
        self._home: OrderedDict[str, Server] = OrderedDict()

    def order(self, thread: str) -> tuple[list[Server], list[Server]]:
        """The sound ones, and those that failed a moment ago.

        First the one that knows the thread, whose prompt it need not read again; then those with
        the fewest replies in flight; last those where one would have to wait."""
        home = self._home.get(thread)
        order = sorted(self.all, key=lambda each: _rank(each, home))
        sound = [each for each in order if each.works(self._skipped)]
        return sound, [each for each in order if each not in sound]

    def settle(self, thread: str, server: Server) -> None:
        """It answered in this thread."""
        if not thread:
            return
        self._home[thread] = server
        self._home.move_to_end(thread)
        if len(self._home) > _REMEMBERED:
            self._home.popitem(last=False)


def _rank(server: Server, home: Server | None) -> tuple[bool, bool, int]:
    return server.lane.full, server is not home, server.lane.load
