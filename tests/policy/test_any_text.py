"""Whatever text comes, a verdict comes back: quickly, and never an unfounded yes."""

from time import process_time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.tool import Level
from tests.policy.corpus import items
from tools.security import Policy
from tools.security.prefilter import joined
from tools.security.syntax import Source

POLICY = Policy()
for item in items():  # the tables are read, and their expressions compiled, once
    POLICY.judge(item.command)
SHELL = st.text("ab/-$`'\"\\;&|<>(){}[]*?~!# \n\t=.:{}@%+^0129xé\u202e\r", max_size=120)
BAD = [
    "",
    " \n\t",
    "ls\0rm",
    "ls\rrm -rf /",
    "x" * 1_000_000,
    "echo \ud800",
    "uptime \u202e",
    "upt\u200bime",
    "(" * 5_000 + ")" * 5_000,
    "ls\u00a0-l",
    "l\u0455 -la",
    "{\U000d1111",
    "\U00029be0\xb8{\U00071188\U000ae563",
    "$00",
]


@pytest.mark.parametrize("command", BAD, ids=range(len(BAD)))
def test_what_nobody_can_read_is_never_allowed(command: str) -> None:
    """Nothing, control and invisible characters, endless text: a reason, and a person."""
    verdict = POLICY.classify(command)

    assert verdict.level is not Level.ALLOW
    assert verdict.reasons


ENDLESS = {
    "commands": "df;" * 2700,
    "pipes": "cat|" * 2000 + "cat",
    "loops in loops": "".join(f"for v{i} in 1 2 3 4 5 6 7 8; do " for i in range(14))
    + "echo "
    + " ".join(f"$v{i}" for i in range(14))
    + "; done" * 14,
    "functions that call functions": "".join(
        f"f{i}() {{ f{i + 1}; f{i + 1}; }};" for i in range(18)
    )
    + "f18() { ls; }; f0",
    "a value that doubles": "a=xx;" + "a=$a$a;" * 40 + "echo $a",
    "braces": "echo " + "{a,b,c}" * 20,
    "links": "".join(f"ln -s /{i} /l{i};" for i in range(400)),
    "quotes": '"' * 8001,
    "half-open": "<<A " * 1500,
}


@pytest.mark.parametrize("shape", ENDLESS)
def test_what_grows_without_end_is_given_up(shape: str) -> None:
    """No script takes more than a moment; one that would is for a person, or harmless."""
    began = process_time()
    verdict = POLICY.judge(ENDLESS[shape])
    seconds = process_time() - began

    assert seconds < 0.25
    assert verdict.level is not Level.ALLOW or shape in ("braces", "a value that doubles")


def test_a_denial_is_kept_when_the_walk_is_given_up() -> None:
    """What was found before the end counts."""
    assert Level.DENY is POLICY.judge("rm -rf /etc;" + "df;" * 2000).level


@settings(max_examples=400, deadline=None)
@given(st.one_of(st.text(max_size=200), SHELL))
def test_any_text_gets_a_quick_verdict(command: str) -> None:
    """Nothing is raised, 50 ms of CPU are enough, and what does not parse is never allowed."""
    began = process_time()
    verdict = POLICY.judge(command)
    seconds = process_time() - began

    assert seconds < 0.05
    assert verdict.level is not Level.ALLOW or not Source(joined(command)).root.has_error


def test_one_word_out_of_place_is_not_missed_by_both_parsers() -> None:
    """A script with more than words and pipes is also read by the second parser."""
    judged = POLICY.judge("for u in nginx ssh; do systemctl status $u; done")

    assert Level.ALLOW is judged.level
    assert 1 == len(judged.unsure)
    assert () == POLICY.classify("for u in nginx ssh; do systemctl status $u; done").unsure


async def test_the_second_opinion_comes_off_the_loop() -> None:
    """decide() gives the same answer as classify(), without waiting in the event loop."""
    command = "systemctl is-active nginx && echo up"

    assert POLICY.classify(command) == await POLICY.decide(command)
