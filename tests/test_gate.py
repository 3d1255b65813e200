"""The gate: the table of modes and risks, and everything that moves a call out of its row."""

from dataclasses import replace
from itertools import product
from typing import Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.chat import Role
from bot.gate import Mode, Situation, gate
from bot.tool import Level, Risk, Trust, Verdict

A, Q, D = Level.ALLOW, Level.ASK, Level.DENY
MODES: tuple[Mode, ...] = ("autonomous", "supervised", "read_only")
ROLES = tuple(Role)
FLAGS = ("tainted", "granted", "stale", "approved", "blocked_host", "healer")
STRENGTH = {A: 0, Q: 1, D: 2}
Column = Literal["read", "asking read", "change", "danger", "denied"]
VERDICTS: dict[Column, Verdict] = {
    "read": Verdict(A, Risk.READ),
    "asking read": Verdict(Q, Risk.READ),
    "change": Verdict(Q, Risk.CHANGE),
    "danger": Verdict(Q, Risk.DANGER),
    "denied": Verdict(D, Risk.CHANGE),
}
# Mode, then what else holds → the levels of the columns above, as the design's table has them.
TABLE: list[tuple[Mode, dict[str, object], tuple[Level, Level, Level, Level, Level]]] = [
    ("read_only", {}, (A, D, D, D, D)),
    ("read_only", {"granted": True}, (A, D, D, D, D)),
    ("read_only", {"approved": True}, (A, D, D, D, D)),
    ("read_only", {"runbook": "step", "runbook_declares_danger": True}, (A, D, D, D, D)),
    ("supervised", {}, (A, Q, Q, Q, D)),
    ("supervised", {"granted": True}, (A, Q, A, Q, D)),
    ("supervised", {"granted": True, "tainted": True}, (A, Q, Q, Q, D)),
    ("supervised", {"granted": True, "stale": True}, (A, Q, Q, Q, D)),
    ("supervised", {"granted": True, "fan_out": 2}, (A, Q, Q, Q, D)),
    ("supervised", {"approved": True}, (A, A, A, A, D)),
    ("supervised", {"approved": True, "tainted": True}, (A, A, A, A, D)),
    ("supervised", {"approved": True, "blocked_host": True}, (A, A, D, D, D)),
    ("supervised", {"runbook": "step"}, (A, Q, A, Q, D)),
    ("supervised", {"runbook": "step", "runbook_declares_danger": True}, (A, Q, A, A, D)),
    ("supervised", {"runbook": "step", "tainted": True}, (A, Q, A, Q, D)),
    ("supervised", {"runbook": "step", "fan_out": 3}, (A, Q, Q, Q, D)),
    ("supervised", {"runbook": "step", "healer": True}, (A, Q, A, Q, D)),
    ("supervised", {"healer": True}, (A, Q, D, D, D)),
    ("autonomous", {}, (A, Q, A, Q, D)),
    ("autonomous", {"tainted": True}, (A, Q, Q, Q, D)),
    ("autonomous", {"tainted": True, "granted": True}, (A, Q, Q, Q, D)),
    ("autonomous", {"stale": True}, (A, Q, Q, Q, D)),
    ("autonomous", {"fan_out": 2}, (A, Q, Q, Q, D)),
    ("autonomous", {"blocked_host": True}, (A, Q, D, D, D)),
    ("autonomous", {"host_mode": "supervised"}, (A, Q, Q, Q, D)),
    ("autonomous", {"tool_mode": "read_only"}, (A, D, D, D, D)),
    ("supervised", {"host_mode": "autonomous", "tool_mode": "autonomous"}, (A, Q, Q, Q, D)),
    ("read_only", {"runbook": "whole"}, (A, D, D, D, D)),
    ("supervised", {"runbook": "whole", "healer": True}, (A, Q, Q, Q, D)),
    ("supervised", {"runbook": "whole", "granted": True}, (A, Q, Q, Q, D)),
    ("autonomous", {"runbook": "whole"}, (A, Q, Q, Q, D)),
    ("autonomous", {"runbook": "step"}, (A, Q, A, Q, D)),
    ("autonomous", {"runbook": "step", "stale": True}, (A, Q, Q, Q, D)),
]


@pytest.mark.parametrize(("mode", "holds", "levels"), TABLE)
def test_the_table(mode: Mode, holds: dict[str, object], levels: tuple[Level, ...]) -> None:
    """An operator's calls end as the design's table says."""
    situation = replace(Situation(mode, Role.OPERATOR), **holds)

    assert levels == tuple(gate(verdict, situation).level for verdict in VERDICTS.values())


def expected(v: Verdict, s: Situation) -> Level:
    """The design's text once more, written as one flat list of cases."""
    modes = {s.mode, s.host_mode, s.tool_mode}
    mode = next(mode for mode in reversed(MODES) if mode in modes)
    taint = s.tainted and s.runbook == "no"
    risk = Risk.DANGER if v.risk is Risk.CHANGE and s.fan_out > 1 else v.risk
    ask = Level.ALLOW if s.approved else Level.ASK
    may_read_system = v.risk is Risk.READ and v.trust is Trust.SYSTEM
    changes = risk is not Risk.READ
    asks = v.level is Q or (taint and v.egress)
    cases = [
        (v.level is D or s.role is Role.NOBODY, D),
        (s.role is Role.VIEWER and not may_read_system, D),
        (changes and (mode == "read_only" or s.blocked_host), D),
        (changes and s.healer and s.runbook == "no", D),
        (not changes and taint and v.secret, D),
        (not changes and asks, D if mode == "read_only" else ask),
        (v.rule is Q, ask),
        (not changes, A),
        (s.stale or s.runbook == "whole", ask),
        (s.runbook == "step" and (risk is Risk.CHANGE or s.runbook_declares_danger), A),
        (risk is Risk.DANGER or taint, ask),
        (mode == "autonomous" or s.granted or v.rule is A, A),
    ]
    return next((level for holds, level in cases if holds), ask)


def every_verdict() -> list[Verdict]:
    return [
        Verdict(level, risk, (), trust, rule, secret=secret, egress=egress)
        for level, risk, trust, rule, (secret, egress) in product(
            Level,
            Risk,
            (Trust.SYSTEM, Trust.EXTERNAL),
            (None, Q, A),
            ((False, False), (True, False), (False, True)),
        )
    ]


def every_situation() -> list[Situation]:
    flags = product((False, True), repeat=6)
    places = product(MODES, Role, (None, "read_only"), (1, 2))
    return [
        Situation(
            mode,
            role,
            tainted,
            granted,
            fan_out,
            stale,
            host,
            approved=approved,
            runbook="step" if step else "no",
            blocked_host=blocked,
        )
        for (mode, role, host, fan_out), flag in product(places, flags)
        for tainted, granted, stale, approved, step, blocked in [flag]
    ]


@pytest.mark.parametrize("role", ROLES)
def test_every_combination(role: Role) -> None:
    """No combination of verdict and situation differs from the oracle."""
    situations = [s for s in every_situation() if s.role is role]
    verdicts = every_verdict()

    wrong = [(v, s) for v, s in product(verdicts, situations) if gate(v, s).level != expected(v, s)]

    assert [] == wrong


verdicts = st.builds(
    Verdict,
    st.sampled_from(Level),
    st.sampled_from(Risk),
    st.just(("said the tool",)),
    st.sampled_from(Trust),
    st.sampled_from((None, A, Q)),
    secret=st.booleans(),
    egress=st.booleans(),
)
situations = st.builds(
    Situation,
    st.sampled_from(MODES),
    st.sampled_from(ROLES),
    host_mode=st.sampled_from((None, *MODES)),
    tool_mode=st.sampled_from((None, *MODES)),
    fan_out=st.integers(1, 3),
    runbook=st.sampled_from(("no", "whole", "step")),
    runbook_declares_danger=st.booleans(),
    **{flag: st.booleans() for flag in FLAGS},
)


@given(verdicts, situations, st.sampled_from(MODES), st.sampled_from(ROLES))
@settings(max_examples=500)
def test_stricter_is_never_weaker(v: Verdict, s: Situation, mode: Mode, role: Role) -> None:
    """A stricter mode, a lower role, taint, a missing grant or approval never lets more through."""
    level = STRENGTH[gate(v, s).level]
    stricter = [
        replace(s, tainted=True),
        replace(s, stale=True),
        replace(s, blocked_host=True),
        replace(s, healer=True),
        replace(s, granted=False),
        replace(s, approved=False),
        replace(s, runbook_declares_danger=False),
        replace(s, fan_out=s.fan_out + 1),
        replace(s, host_mode=s.host_mode or mode),
    ]
    if MODES.index(mode) > MODES.index(s.mode):
        stricter.append(replace(s, mode=mode))
    if s.role.covers(role):
        stricter.append(replace(s, role=role))

    assert all(level <= STRENGTH[gate(v, other).level] for other in stricter)
    assert v.level is not D or level == STRENGTH[D]


@given(verdicts, situations)
def test_reasons_are_kept_and_given(v: Verdict, s: Situation) -> None:
    """What the tool said stays first; every level but a plain read gets a reason of the gate."""
    final = gate(v, s)

    assert v.reasons == final.reasons[: len(v.reasons)]
    assert final.level is A or len(final.reasons) > len(v.reasons)
    assert replace(final, level=v.level, risk=v.risk, reasons=v.reasons) == v


def test_the_card_names_every_reason() -> None:
    """A person reads all that speaks against a call, not merely the first reason."""
    situation = Situation("autonomous", Role.OPERATOR, tainted=True, stale=True)

    final = gate(Verdict(Q, Risk.CHANGE, ("restarts nginx",), rule=Q), situation)

    assert final.reasons == (
        "restarts nginx",
        "a rule of the operators asks for an approval",
        "the run was away for more than 15 minutes; old orders are confirmed first",
        "it changes something after the run has read outsiders' words",
    )
