"""Watching many hosts: what is due, all of a host together, no host in another's way."""

import math
from collections.abc import Iterable, Mapping, Sequence

import pytest

from healer.check import Answer, Check, Finding, Limits, Point, Surroundings, Unreadable, check
from healer.watch import Watch
from tests.checks_kit import CHECKS, NOW, Many, texts, watching, well


def missing() -> str:
    return {"here": ""}["gone"]


@check(every=30, script="echo here")
def quick(answer: Answer, limits: Limits) -> Iterable[Finding]:
    """Says what was printed."""
    yield Finding("", ok=True, text=answer.output.strip(), value=len(answer.history("")))


@check(every=60, script="sleep 30", timeout=1)
def hung(answer: Answer, limits: Limits) -> Iterable[Finding]:
    """Never answers."""
    yield Finding("", ok=True, text="answered")


@check(every=30, script="true")
def buggy(answer: Answer, limits: Limits) -> Iterable[Finding]:
    """Has a bug."""
    yield Finding("", ok=True, text=missing())


@check(every=30, script=lambda host, limits: missing())
def wordless(answer: Answer, limits: Limits) -> Iterable[Finding]:
    """Cannot say its script."""
    yield Finding("", ok=True, text="answered")


async def test_what_is_due_on_a_host_is_one_command() -> None:
    """Two checks, one command; nothing before their next period, then the shorter one alone."""
    hosts = Many(1)
    watch = watching(hosts, quick, CHECKS["disk"])

    first = {each.check for each in await watch.look(NOW)}
    again = await watch.look(NOW + 1)
    later = {each.check for each in await watch.look(NOW + 31)}

    assert ({"quick", "disk"}, [], {"quick"}) == (first, again, later)
    assert 2 == hosts.machines["h0"].commands


async def test_a_check_that_hangs_or_breaks_harms_no_other() -> None:
    """Those that answer do; of the others it is known why they say nothing, until they do."""
    watch = watching(Many(1), hung, buggy, wordless, quick)

    seen = await watch.look(NOW)
    troubles = watch.troubles()

    assert ["quick@h0: here"] == texts(seen)
    assert "no answer within 1 s" == troubles["check hung on h0"]
    assert "KeyError: 'gone'" in troubles["check buggy on h0"]
    assert "test_watch.py" in troubles["check wordless on h0"]


async def test_a_host_that_is_away_says_only_that() -> None:
    """One finding, of the check host; the others of its targets stay as they were."""
    hosts = Many(2)
    hosts.machines["h1"].away = "h1: no route to host"
    watch = watching(hosts, quick, CHECKS["host"])

    seen = await watch.look(NOW)
    hosts.machines["h1"].away = ""
    back = await watch.look(NOW + 31)

    assert ["h1 cannot be reached: h1: no route to host"] == [
        each.finding.text for each in seen if each.host == "h1"
    ]
    assert [False] == [each.finding.ok for each in seen if each.host == "h1"]
    assert {"quick", "host"} == {each.check for each in back if each.host == "h1"}


async def test_a_host_that_never_answers_holds_nobody_up() -> None:
    """It has its time; the other hosts' findings are there."""
    hosts = Many(3)
    hosts.machines["h1"].slow = 60
    watch = watching(hosts, quick, CHECKS["host"], patience=1)

    seen = await watch.look(NOW)

    assert ["no answer within 1 s"] == [
        each.finding.text.partition(": ")[2] for each in seen if each.host == "h1"
    ]
    assert {"h0", "h2"} == {each.host for each in seen if each.check == "quick"}


async def test_hosts_do_not_start_together() -> None:
    """Fifty hosts each have a moment of their own, the same in each period and in each process."""
    hosts = Many(50)
    watch = watching(hosts, quick, spread=30)

    starts = {second: len(await watch.look(NOW + second)) for second in range(60)}

    assert max(starts.values()) <= 12
    assert 50 == sum(starts[second] for second in range(31))
    assert all(starts[second] == starts[second + 30] for second in range(1, 30))


async def test_at_most_twenty_hosts_at_once() -> None:
    """However many are due."""
    hosts = Many(30)
    for machine in hosts.machines.values():
        machine.slow = 0.05
    await watching(hosts, quick).look(NOW)

    assert 20 == max(hosts.together)


async def test_what_was_bad_and_is_gone_is_told_once() -> None:
    """A container that was removed must not stay bad for ever."""
    names = ["a", "b"]

    @check(every=30, script="true")
    def things(answer: Answer, limits: Limits) -> Iterable[Finding]:
        """Things that are bad."""
        return [Finding(name, ok=False, text=f"{name} is bad") for name in names]

    watch = watching(Many(1), things)
    await watch.look(NOW)
    del names[0]
    second = await watch.look(NOW + 30)
    third = await watch.look(NOW + 60)

    assert [("b", False), ("a", True)] == [(e.finding.target, e.finding.ok) for e in second]
    assert ["b"] == [each.finding.target for each in third]


async def test_an_unreadable_answer_changes_nothing() -> None:
    """What was bad is neither bad nor well then."""
    answers: list[Finding | None] = [Finding("x", ok=False, text="x is bad"), None]

    @check(every=30, script="true")
    def moody(answer: Answer, limits: Limits) -> Iterable[Finding]:
        """Sometimes says nothing."""
        said = answers.pop(0)
        if said is None:
            raise Unreadable("it says nothing today")
        return [said]

    watch = watching(Many(1), moody)
    await watch.look(NOW)

    assert [] == await watch.look(NOW + 30)
    assert {"check moody on h0": "it says nothing today"} == watch.troubles()


async def test_history_is_kept_by_target() -> None:
    """A check sees its signal's earlier points; a clock that was set back begins it anew."""
    watch = watching(Many(1), quick)
    seen = [await watch.look(NOW + 30 * number) for number in range(3)]

    assert [Point(NOW + 30 * n, float(n)) for n in range(3)] == list(
        watch.history("quick", "h0", "")
    )
    assert 2 == seen[2][0].finding.value
    await watch.look(NOW - 3600)
    assert 1 == len(watch.history("quick", "h0", ""))


async def test_a_check_that_is_no_script() -> None:
    """It is asked once for all hosts, and knows the bot's troubles and how the clock jumped."""
    jumps: list[float] = []

    @check(every=30)
    async def around(near: Surroundings, limits: Limits) -> Mapping[str, Sequence[Finding]]:
        """Looks around."""
        jumps.append(near.jump)
        return {"": [Finding(part, ok=True, text=part) for part in await near.troubles()]}

    watch = watching(Many(2), around)
    seen = await watch.look(NOW)
    await watch.look(NOW + 3600)

    assert ["around@: slack"] == texts(seen)
    assert 0 == jumps[0]
    assert 3590 < jumps[1] <= 3600


async def test_a_look_that_fails_or_hangs() -> None:
    """It is a trouble, and the other checks go on."""

    @check(every=30)
    async def broken(near: Surroundings, limits: Limits) -> Mapping[str, Sequence[Finding]]:
        """Fails."""
        raise SystemExit

    watch = watching(Many(1), broken, quick)

    assert ["quick@h0: here"] == texts(await watch.look(NOW))
    assert "SystemExit" in watch.troubles()["check broken"]


async def test_a_check_that_is_switched_off() -> None:
    """It is not asked, and what it found bad is over."""
    on = [True]

    @check(every=30, script="true")
    def bad(answer: Answer, limits: Limits) -> Iterable[Finding]:
        """Is bad."""
        yield Finding("x", ok=False, text="x is bad")

    def limits(check: Check, _host: str) -> Limits:
        return check.limits(enabled=on[0])

    watch = Watch(Many(1), lambda: {"bad": bad}, limits, well, spread=0)
    await watch.look(NOW)
    on[0] = False

    assert [True] == [each.finding.ok for each in await watch.look(NOW + 30)]
    assert [] == await watch.look(NOW + 60)


@pytest.mark.parametrize("script", ["true #" + "x" * 9000, "true \0", "true \ud800"])
async def test_a_script_that_cannot_be_run_harms_no_other(script: str) -> None:
    """Too long for a command line, or no text: the host's other checks are asked all the same."""

    @check(every=30, script=script)
    def odd(answer: Answer, limits: Limits) -> Iterable[Finding]:
        """Cannot be asked."""
        return []

    watch = watching(Many(1), odd, quick)

    assert ["quick@h0: here"] == texts(await watch.look(NOW))
    assert "its script" in watch.troubles()["check odd on h0"]


async def test_what_checks_say_is_made_fit_to_be_shown() -> None:
    """One line that can be seen, a number that is one, and not without end."""

    @check(every=30, script="true")
    def endless(answer: Answer, limits: Limits) -> Iterable[Finding]:
        """Never ends."""
        number = 0
        while True:
            number += 1
            yield Finding(f"{number}\u202e", ok=True, text="a\nb\x1b[2J" * 200, value=math.inf)

    seen = await watching(Many(1), endless).look(NOW)

    assert 1000 == len(seen)
    assert ("1", None, 300) == (
        seen[0].finding.target, seen[0].finding.value, len(seen[0].finding.text)
    )  # fmt: skip
    assert seen[0].finding.text.startswith("a b [2Ja b [2J")


async def test_checks_that_give_something_else() -> None:
    """Neither a script's nor another's reading may give what are no findings."""

    @check(every=30, script="true")
    def words(answer: Answer, limits: Limits) -> Iterable[Finding]:
        """Gives words."""
        return ["bad"]  # pyright: ignore[reportReturnType] - as somebody might write it

    @check(every=30)
    async def nothing(near: Surroundings, limits: Limits) -> Mapping[str, Sequence[Finding]]:
        """Gives nothing."""
        return None  # pyright: ignore[reportReturnType] - as above

    watch = watching(Many(1), words, nothing, quick)

    assert ["quick@h0: here"] == texts(await watch.look(NOW))
    assert "a check gives findings, not str" in watch.troubles()["check words on h0"]
    assert "TypeError" in watch.troubles()["check nothing"]
