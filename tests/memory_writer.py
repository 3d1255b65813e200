"""A process that remembers as fast as it can and says so: ``python -m tests.memory_writer``."""

import asyncio
import sys
from itertools import count
from pathlib import Path

from bot.memory import Standpoint
from tests.kernel_kit import ANN, THREAD
from tests.memory_kit import mind


def spelled(number: int) -> str:
    """A text that means something else for every number."""
    return f"vessel {number} docked at {''.join(chr(97 + int(digit)) for digit in str(number))}"


async def main(directory: Path, url: str) -> None:
    """Prints the number of each memory once it is acknowledged."""
    at = Standpoint(ANN, THREAD)
    async with mind(directory, url, serving=True) as one:
        for number in count(1):
            stored = await one.tell(spelled(number), at, scope="user")
            sys.stdout.write(f"{stored.memory.id}\n")
            sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), sys.argv[2]))
