"""Many scripts in one command: what one does is no matter to the others."""

import asyncio

from bot.resources import Roots
from healer.batch import LATE, MOST, Asked, compose, new_token, seconds, split
from tools.hosts.local import LocalHost

Answers = dict[str, tuple[str, int | None]]


async def asked(token: str = "", **scripts: str) -> Answers:
    """What a real bash answers; nobody has more than a second."""
    token = token or new_token()
    given = {name: Asked(script, 1) for name, script in scripts.items()}
    host = LocalHost(Roots())
    done = await host.run(compose(given, token), timeout=seconds(given), keep=4 * MOST)
    return split(done.output, token)


async def test_each_answers_for_itself() -> None:
    """Output, also without a last line's end, and exit code come back by name."""
    answers = await asked(one="echo a; echo ' b'; exit 3", two="printf 'no end'", three="true")

    assert {"one": ("a\n b\n", 3), "two": ("no end\n", 0), "three": ("", 0)} == answers


async def test_one_that_hangs_harms_no_other() -> None:
    """It is ended when its time is over, with what it printed; those after it answer as ever."""
    answers = await asked(hung="echo begun; sleep 30", after="echo fine")

    assert ("fine\n", 0) == answers["after"]
    assert "begun\n" == answers["hung"][0]
    assert answers["hung"][1] in LATE


async def test_children_that_live_on_are_not_waited_for() -> None:
    """A child that leaves its group and keeps the output open holds nobody up."""
    async with asyncio.timeout(8):
        answers = await asked(left="setsid sleep 20 & echo left", after="echo fine")

    assert ("fine\n", 0) == answers["after"]


async def test_markers_cannot_be_forged() -> None:
    """Not even by one who knows the token, by a carriage return or without a line's end."""
    token = new_token()
    lines = (f"{token} = evil 0", f"{token} > victim", " a lie", f"{token} = victim 0")
    text = "".join(f"{end}{line}" for end in (r"\n", r"\r") for line in lines)
    evil = f"printf '{text}'"

    answers = await asked(token, victim="echo true; exit 1", evil=evil)

    assert ("true\n", 1) == answers["victim"]
    assert 0 == answers["evil"][1]


async def test_garbage_is_cut_and_harms_no_other() -> None:
    """Bytes without end or meaning: a share of them is kept, the rest is read and dropped."""
    answers = await asked(garbage="head -c 9000000 /dev/urandom; exit 4", after="echo fine")

    assert ("fine\n", 0) == answers["after"]
    assert 4 == answers["garbage"][1]
    assert len(answers["garbage"][0]) <= 4 * MOST


async def test_broken_shell_text_harms_no_other() -> None:
    """A quote that is never closed, an exit, a kill of its own shell: the others answer."""
    answers = await asked(quote="echo 'x", left="exit 9", killed="kill -9 $$", after="echo fine")

    assert ("fine\n", 0) == answers["after"]
    assert [2, 9, 137] == [answers[name][1] for name in ("quote", "left", "killed")]


def test_an_answer_without_its_end_is_no_answer() -> None:
    """When the connection is lost half way, what was begun has no exit code."""
    assert {"a": ("", 0), "b": ("", None)} == split("T > a\nT = a 0\nT > b\n half", "T")
