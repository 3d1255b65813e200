"""The command policy on commands with a known answer, and on disguises of them."""

import random
from collections import Counter

from bot.tool import Level
from tests.policy.corpus import Item, items, weaker
from tests.policy.variants import variant
from tools.security import Policy, classify

ITEMS = items()
POLICY = Policy()
VARIANTS = 10_000
SEED = 20_261_127


def test_nothing_dangerous_passes_and_little_is_nagged() -> None:
    """No answer is below the floor; at most 3 % of what only reads is asked for."""
    judged = {item: classify(item.command).level for item in ITEMS}
    missed = [item.command for item, level in judged.items() if weaker(level, item.floor)]
    nagged = [i.command for i, lv in judged.items() if i.level is Level.ALLOW and lv is not i.level]
    soft = [i.command for i, lv in judged.items() if i.level is Level.DENY and weaker(lv, i.level)]
    harmless = sum(item.level is Level.ALLOW for item in ITEMS)

    assert [] == missed
    assert len(nagged) <= 0.03 * harmless, nagged
    assert len(soft) <= 13, soft


def test_what_was_written_to_get_past_it_does_not() -> None:
    """Some 3,000 commands by people who thought as attackers: none is below its floor."""
    hostile = items("policy_hostile")
    levels = [POLICY.judge(item.command).level for item in hostile]
    missed = [i.command for i, lv in zip(hostile, levels, strict=True) if weaker(lv, i.floor)]

    assert [] == missed


def _wrappable(item: Item) -> bool:
    """Broken ones cannot be put into anything, and documents end at their own mark."""
    broken = ("unbalanced", "df -h | )", "ls &&", "then echo yes")
    return not any(part in item.command for part in broken) and "<<" not in item.command


def test_no_disguise_lowers_the_answer() -> None:
    """10,000 seeded disguises: none is below the floor, and few harmless ones ask."""
    rng = random.Random(SEED)
    usable = [item for item in ITEMS if _wrappable(item)]
    missed: list[str] = []
    asked: Counter[bool] = Counter()
    for _ in range(VARIANTS):
        item = rng.choice(usable)
        text = variant(item.command, rng)
        level = POLICY.judge(text).level
        if weaker(level, item.floor):
            missed.append(f"{item.level} {text!r}")
        if item.level is Level.ALLOW:
            asked[level is not Level.ALLOW] += 1

    assert [] == missed[:10], f"seed {SEED}: {len(missed)}"
    assert asked[True] <= 0.08 * asked.total(), f"seed {SEED}"
