"""What reading a model's reply takes: prose and a call in any notation, 4 kB in all."""

import time
from itertools import cycle, islice

from agent.models.replies import parse_reply
from tests.bench.machine import Yardstick, quantile
from tests.reply_tools import TOOLS
from tests.test_replies_formats import SAMPLES

PROSE = (
    "The root filesystem is 45% full, and /var has grown by 3 GB since Monday because of the"
    " journal. You can make it smaller with `journalctl --vacuum-size=1G`; see [the"
    " manual](https://www.freedesktop.org/).\n\n- /var/log: 3.2 GB\n- /var/cache: 1.1 GB\n\n"
)
LONG = 4096
HOSTILE = '{"a' * 333_333


def measure(read: int) -> dict[str, float]:
    """*read* replies, each a sample after as much prose as makes it 4 kB."""
    texts = [_padded(sample["text"]) for sample in SAMPLES]
    yard = Yardstick()
    yard.take()
    waits = [_reading(text) for text in islice(cycle(texts), read)]
    hostile = _reading(HOSTILE)
    yard.take()
    return {
        "p50_us": quantile(waits, 0.5) / 1e3,
        "p99_us": quantile(waits, 0.99) / 1e3,
        "hostile_ms": hostile / 1e6,
        **yard.figures(),
    }


def _padded(text: str) -> str:
    prose = (PROSE * (LONG // len(PROSE) + 1))[: max(0, LONG - len(text))]
    return f"{prose}\n\n{text}"


def _reading(text: str) -> float:
    began = time.perf_counter_ns()
    parse_reply(text, TOOLS)
    return time.perf_counter_ns() - began
