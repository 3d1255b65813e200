"""The healer's decisions as tables: readings, fleets, budgets and calls, with nothing around."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from bot.ports import Refused
from healer.budgets import Outcome, Repair, over_budget
from healer.check import Finding
from healer.durations import seconds
from healer.escalation import due, escalated
from healer.fleet import common_causes
from healer.incidents import Incident, opened
from healer.opening import in_storm, openings
from healer.records import Silence
from healer.rules import USUAL
from healer.signals import Signal, fingerprint
from healer.standing import STORM, Escalation, Standing
from healer.updating import updated

PERIOD, NOW = 30.0, 100_000.0


def signal(readings: str, *, host: str = "web1", confirmed: bool = True) -> Signal:
    """After *readings*, ``+`` well and ``-`` bad, the last of which was seen NOW."""
    made = Signal("services", host, "nginx.service")
    began = NOW - PERIOD * (len(readings) - 1)
    for number, each in enumerate(readings):
        ok = each == "+"
        finding = Finding("nginx.service", ok, "nginx is", confirmed=confirmed and not ok)
        at = began + number * PERIOD
        made = made.fold(finding, at, at, USUAL)
    return made


@pytest.mark.parametrize(
    ("readings", "phase"),
    [
        ("+", "ok"),
        ("-", "failing"),
        ("-+", "ok"),
        ("-+-", "failing"),
        ("--", "open"),
        ("--++", "open"),
        ("--++-++", "open"),
        ("--+++", "ok"),
        ("--+++-", "failing"),
    ],
)
def test_hysteresis(readings: str, phase: str) -> None:
    """Two bad readings in a row open it, three good ones in a row close it, nothing less does."""
    assert signal(readings).phase == phase


@pytest.mark.parametrize(
    ("readings", "flaps"),
    [("--", False), ("-+-", False), ("-+-+", True), ("-+-+" + "+" * 58, False), ("+" * 9, False)],
)
def test_flapping(readings: str, *, flaps: bool) -> None:
    """Four changes within half an hour are flapping, and are forgotten after it."""
    assert signal(readings).flaps(USUAL) is flaps


@pytest.mark.parametrize(
    ("readings", "why"),
    [
        ("-----", ""),
        ("--+--", ""),
        ("-+--+", "it is well just now"),
        ("-++--", ""),
        ("+++--", "bad only 2 of the last 5 times"),
        ("---", "bad for less than 120 s"),
    ],
)
def test_beyond_doubt(readings: str, why: str) -> None:
    """Bad in three of five readings, for two minutes, and right now: less is too early."""
    found = signal(readings).unsettled(USUAL)
    assert found == why


def test_unconfirmed() -> None:
    """However long it is bad, without a second reading nothing is repaired."""
    assert "no second" in signal("-" * 20, confirmed=False).unsettled(USUAL)


def test_history_stays_small() -> None:
    """Of thousands of points at most 240 are kept, the newest among them."""
    made = Signal("disk", "web1", "/")
    for at in range(2000):
        made = made.fold(Finding("/", ok=True, text="", value=at), at, at, USUAL)
    assert len(made.history) <= 240
    assert made.history[-1].value == 1999
    times = [point.at for point in made.history]
    assert times == sorted(times)


FLEET = [f"web{n}" for n in range(10)]


@pytest.mark.parametrize(
    ("bad", "hosts", "where"),
    [
        (1, 1, None),
        (1, 2, None),
        (2, 2, "group web"),
        (2, 3, "group web"),
        (2, 4, "group web"),
        (2, 10, None),
        (3, 10, "group web"),
    ],
)
def test_common_cause(bad: int, hosts: int, where: str | None) -> None:
    """Two of three hosts, three of a group, or more than 40 % of it have one cause."""
    signals = [signal("--", host=name) for name in FLEET[:bad]]
    found = common_causes(signals, {"web": FLEET[:hosts]}, NOW, USUAL)
    assert [each.where for each in found] == ([where] if where else [])
    assert all(len(each.members) == bad for each in found)


def test_no_common_cause_with_what_is_long_bad() -> None:
    """What has been bad for longer than five minutes is no part of what begins now."""
    signals = [signal("-" * 20, host="web0"), *(signal("--", host=n) for n in FLEET[1:3])]
    assert common_causes(signals, {"web": FLEET}, NOW, USUAL) == []


def test_one_host() -> None:
    """Three targets of one host have one cause; a signal has no more than one."""
    signals = [replace(signal("--"), target=f"{n}.service") for n in range(3)]
    [found] = common_causes(signals, {"web": FLEET}, NOW, USUAL)
    assert found.where == "host web1"
    assert len(found.members) == 3


KEY = fingerprint("services", "web1", "nginx.service")


def repair(
    ago: float, *, host: str = "web1", outcome: Outcome = "verified", waits: bool = False
) -> Repair:
    key = fingerprint("services", host, "nginx.service")
    groups = ("web",) if host.startswith("web") else ()
    return Repair(
        "AAAAAAA", 1, key, host, groups, "restart-service", "1", NOW - ago,
        outcome=outcome, waits=waits,
    )  # fmt: skip


BUDGETS: list[tuple[Sequence[Repair], str]] = [
    ([], ""),
    ([repair(590)], "a short while ago"),
    ([repair(601)], ""),
    ([repair(5000), repair(1190)], "a short while ago"),
    ([repair(5000), repair(1201)], ""),
    ([repair(80_000), repair(40_000), repair(20_000)], "needs a human"),
    ([repair(90_000), repair(40_000), repair(20_000)], ""),
    ([repair(60, outcome="nothing"), repair(30, outcome="declined")], ""),
    ([repair(60, outcome="open", waits=True)], ""),
    ([repair(60, host="web2", outcome="open")], "another host of its group"),
    ([repair(60, host=f"db{n}", outcome="open") for n in range(2)], "2 repairs are going on"),
    ([repair(60 * n, host=f"db{n}") for n in range(1, 6)], ""),
    ([repair(60 * n, host=f"db{n}") for n in range(1, 7)], "6 repairs within an hour"),
    ([repair(3601 + n, host=f"db{n}") for n in range(6)], ""),
    ([replace(repair(60 * n), fingerprint=f"other {n}") for n in range(1, 5)], "4 repairs on web1"),
]


@pytest.mark.parametrize(("repairs", "why"), BUDGETS)
def test_budgets(repairs: Sequence[Repair], why: str) -> None:
    """What was repaired lately holds the next one back; what changed nothing does not."""
    found = list(over_budget(repairs, KEY, "web1", ("web",), NOW, USUAL))
    assert bool(found) is bool(why)
    assert any(why in each for each in found) or not why


def incident(name: str = "nginx.service", *, ago: float = 0.0) -> Incident:
    finding = Finding(name, ok=False, text=f"{name} is down")
    return opened("services", "web1", finding, NOW - ago, NOW - ago)


def standing(*incidents: Incident, contacts: tuple[str, ...] = ("web:ann", "web:bob")) -> Standing:
    by_key = {each.fingerprint: each for each in incidents}
    return Standing(NOW, NOW, incidents=by_key, escalation=Escalation(contacts))


def test_openings() -> None:
    """What is bad for long enough opens once; what is an incident already does not."""
    key, found = signal("--").key, Finding("nginx.service", ok=False, text="nginx is down")
    here = replace(standing(), signals={key: signal("--")})
    assert [each.line for each in openings(here, {key: found})] == ["opened: nginx is down on web1"]
    assert openings(replace(here, signals={key: signal("+-")}), {key: found}) == []
    assert openings(replace(here, incidents={key: incident()}), {key: found}) == []


@pytest.mark.parametrize(
    ("earlier", "fresh", "loud"), [(0, 10, 10), (0, 11, 10), (0, 500, 10), (8, 5, 2), (30, 5, 0)]
)
def test_storm(earlier: int, fresh: int, loud: int) -> None:
    """Ten a minute are told one by one, all others as parts of one storm; none is left out."""
    before = [incident(f"old{n}", ago=10) for n in range(earlier)]
    made = in_storm(standing(*before), [incident(f"new{n}") for n in range(fresh)])
    storms = [each.incident for each in made if each.incident.check == STORM]
    parts = [each.incident for each in made if each.incident.quiet]
    others = [each.incident for each in made if each.incident.check != STORM]
    assert len(others) == fresh
    assert len(others) - len(parts) == loud
    assert len(storms) == (1 if parts else 0)
    assert {each.cause for each in parts} == {each.id for each in storms}


def test_storm_goes_on() -> None:
    """A storm that is there already takes in what comes next; what is a minute old is no part."""
    storm = opened(STORM, "", Finding("", ok=False, text="a storm"), NOW - 30, NOW - 30)
    before = [incident(f"old{n}", ago=10) for n in range(10)]
    [made] = in_storm(standing(storm, *before), [incident()])
    assert made.incident.cause == storm.id
    past = [incident(f"old{n}", ago=61) for n in range(10)]
    assert not in_storm(standing(*past), [incident()])[0].incident.quiet


def test_called_in_turn() -> None:
    """One after another is called every quarter of an hour, twice through the list, then no one."""
    open_ = incident(ago=901)
    here, called = standing(open_), list[str]()
    for _ in range(10):
        change = due(here, open_)
        if change:
            open_ = change.incident
            called += change.notify
        assert due(here, open_) is None, "no second call at the same time"
        here = replace(here, time=here.time + 900)
    assert called == ["web:ann", "web:bob", "web:ann", "web:bob"]


@pytest.mark.parametrize(
    ("change", "calls"),
    [
        ({}, True),
        ({"time": NOW - 899}, False),
        ({"severity": "warning"}, False),
        ({"owner": "Ann"}, False),
        ({"silenced": NOW + 1}, False),
        ({"quiet": True}, False),
        ({"closed": NOW}, False),
    ],
)
def test_who_is_not_called(change: dict[str, object], *, calls: bool) -> None:
    """Nobody is called for what is mild, taken care of, silenced, told elsewhere or over."""
    open_ = replace(incident(ago=901), **change)
    assert bool(due(standing(open_), open_)) is calls


def test_nobody_to_call() -> None:
    """Without contacts an incident is escalated all the same, and no one is named."""
    change = escalated(standing(contacts=()), incident(), "it flaps")
    assert (change.notify, change.incident.state(NOW)) == ((), "escalated")


def test_flapping_calls() -> None:
    """What flaps calls a person, but not while the host is in maintenance."""
    flapping = replace(signal("-+-+--"), phase="open")
    here = replace(standing(incident()), signals={KEY: flapping})
    change = updated(here, incident(), None)
    assert change
    assert change.notify == ("web:ann",)
    window = Silence("host web1", NOW + 60, "Ann")
    assert updated(replace(here, silences={window.scope: window}), incident(), None) is None


@pytest.mark.parametrize(
    ("text", "length"),
    [("45s", 45), ("45m", 2700), ("45 min", 2700), ("2h", 7200), ("1d 12h", 129_600),
     (" 1H30M ", 5400), ("30d", 2_592_000)],
)  # fmt: skip
def test_durations(text: str, length: float) -> None:
    """Durations are read as people write them."""
    assert seconds(text) == length


@pytest.mark.parametrize("text", ["", "0m", "soon", "5", "-1h", "1h!", "h", "1h x 2m", "31d"])
def test_no_durations(text: str) -> None:
    """What is none, or longer than 30 days, is refused."""
    with pytest.raises(Refused):
        seconds(text)
