"""What a verdict of the command policy takes, in process and with the second opinion."""

import time
from itertools import cycle, islice

from bot.tool import Level
from tests.bench.machine import Yardstick, quantile
from tests.policy.corpus import items
from tools.security import Policy
from tools.security.second import opinion

Figures = dict[str, float]


async def measure(judged: int, confirmed: int) -> Figures:
    """*judged* commands of the corpus in turn; *confirmed* scripts by the second parser."""
    policy = Policy()
    commands = [item.command for item in items()]
    verdicts = [policy.judge(command) for command in commands]
    yard = Yardstick()
    yard.take()
    waits = [_judging(policy, command) for command in islice(cycle(commands), judged)]
    scripts = [s for v in verdicts if v.level is Level.ALLOW for s in v.unsure]
    opinions = [_asking(script) for script in islice(cycle(scripts), confirmed)]
    yard.take()
    return {
        "p50_us": quantile(waits, 0.5) / 1e3,
        "p99_us": quantile(waits, 0.99) / 1e3,
        "second_p99_ms": quantile(opinions, 0.99) / 1e6,
        **yard.figures(),
    }


def _judging(policy: Policy, command: str) -> float:
    began = time.perf_counter_ns()
    policy.judge(command)
    return time.perf_counter_ns() - began


def _asking(script: str) -> float:
    began = time.perf_counter_ns()
    opinion(script)
    return time.perf_counter_ns() - began
