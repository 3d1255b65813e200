"""A repair: it looks, asks, looks again, does, verifies, and undoes what failed; nothing else."""

from pathlib import Path

from bot.agents import Call, Fail, Finish, Wait
from tests.runbook_kit import BEGAN, UNDO, Told, text_of


def test_a_repair_that_helps(tmp_path: Path) -> None:
    """Looked at first, each step in order, seen to hold as often as the runbook says, and told."""
    told = Told(tmp_path)
    assert told.wanted.args == {"thing": "pump", "host": "web1"}

    told.answers(look_1="broken", step_1="oiled", step_2="it moved")
    told.answers(verify_1_1="works", verify_2_1="works")

    assert told.next == Finish("repaired: oil it, hit it; seen 2 times since: pump works")


def test_arguments_keep_their_type(tmp_path: Path) -> None:
    """A number of the order is a number in the call."""
    told = Told(tmp_path)
    told.answers(look_1="broken", step_1="oiled")

    assert told.wanted.args == {"thing": "pump", "with": 3, "host": "web1"}


def test_a_stale_alarm_repairs_nothing(tmp_path: Path) -> None:
    """When what was wrong is not so any more, the repair ends before anybody is asked."""
    told = Told(tmp_path, level="suggest")
    told.answers(look_1="works")

    assert told.next == Finish("nothing to repair: “pump is broken” does not hold: works")


def test_what_needs_a_person_is_left_to_one(tmp_path: Path) -> None:
    """A precondition that refuses ends the repair with its reason."""
    told = Told(tmp_path)
    told.answers(look_1="broken and hopeless")

    assert told.next == Fail("not repaired: it is hopeless")


def test_what_cannot_be_seen_is_not_repaired(tmp_path: Path) -> None:
    """A look that fails says nothing either way, so nothing is done."""
    told = Told(tmp_path)
    told.answer("web1 is unreachable", "error")

    assert told.next == Fail("not repaired: “pump is broken” cannot be told: web1 is unreachable")


def test_one_approval_for_the_whole(tmp_path: Path) -> None:
    """At the level suggest a person sees every step once; afterwards nothing is asked again."""
    told = Told(tmp_path, level="suggest", text=text_of(undo=UNDO))
    told.answers(look_1="broken")

    asked = told.wanted
    assert asked.id == "approve"
    assert asked.name == "apply_runbook"
    assert asked.args["host"] == "web1"
    assert asked.args["parameters"] == {"thing": "pump", "limit": 3}
    assert asked.args["steps"] == (
        "  1. oil it: mend thing=pump with=oil host=web1\n"
        "  2. hit it: mend thing=pump with=3 host=web1\n"
        "undone, when it does not help:\n"
        "  1. take it back: mend with=nothing host=web1"
    )

    told.answers(approve="approved", again_1="broken", step_1="oiled", step_2="moved")
    told.answers(verify_1_1="works", verify_2_1="works")
    assert isinstance(told.next, Finish)


def test_it_looks_again_after_the_approval(tmp_path: Path) -> None:
    """Hours may lie between question and answer: what got well by itself is left alone."""
    told = Told(tmp_path, level="suggest")
    told.answers(look_1="broken", approve="approved", again_1="works")

    assert told.next == Finish("nothing to repair: “pump is broken” does not hold: works")


def test_a_denied_repair_ends(tmp_path: Path) -> None:
    """A person's no is the end, with their reason."""
    told = Told(tmp_path, level="suggest")
    told.answers(look_1="broken")
    told.answer("Ann: we replace it tomorrow", "denied", to="approve")

    assert told.next == Finish("not repaired: Ann: we replace it tomorrow")


def test_it_stops_at_the_first_failure(tmp_path: Path) -> None:
    """After a step that failed the next ones are not tried; without an undo a person is told so."""
    told = Told(tmp_path)
    told.answers(look_1="broken")
    told.answer("no oil left", "error", to="step-1")

    assert told.next == Fail(
        "not repaired: this failed: oil it: no oil left; there is nothing to undo it by"
    )


def test_a_command_that_ends_badly_failed(tmp_path: Path) -> None:
    """A tool that ran a command went well even when the command did not: its exit status counts."""
    told = Told(tmp_path)
    told.answers(look_1="broken", step_1="exit 2 after 0.1 s\nno such file")

    assert told.next == Fail(
        "not repaired: this failed: oil it: exit 2 after 0.1 s: no such file;"
        " there is nothing to undo it by"
    )


def test_a_step_without_what_it_must_print_failed(tmp_path: Path) -> None:
    """An output that is not what the runbook expects is a failure."""
    told = Told(tmp_path)
    told.answers(look_1="broken", step_1="oiled", step_2="stuck")

    assert told.next == Fail(
        "not repaired: this failed: hit it: stuck; there is nothing to undo it by"
    )


def test_what_made_it_worse_is_undone(tmp_path: Path) -> None:
    """When the verification fails the undo steps run, in order, and the end says so."""
    told = Told(tmp_path, text=text_of(undo=UNDO))
    told.answers(look_1="broken", step_1="oiled", step_2="moved")
    told.answers(verify_1_1="burns", verify_2_1="burns", verify_3_1="burns", undo_1="back")

    assert told.next == Fail(
        "not repaired: “pump works” does not hold: burns; undone: take it back"
    )


def test_an_undo_that_fails_is_told(tmp_path: Path) -> None:
    """Nothing else is tried: a person must know that it is worse than before."""
    told = Told(tmp_path, text=text_of(undo=UNDO))
    told.answers(look_1="broken")
    told.answer("no oil left", "error", to="step-1")
    told.answer("stuck", "error", to="undo-1")

    assert told.next == Fail(
        "not repaired: this failed: oil it: no oil left;"
        " could not be undone: this failed: take it back: stuck"
    )


def test_the_verification_waits_between_its_rounds(tmp_path: Path) -> None:
    """Each round comes its time after the answer before it, also the first."""
    told = Told(tmp_path)
    told.answers(look_1="broken", step_1="oiled", step_2="moved")

    wait = told.next
    assert isinstance(wait, Wait)
    assert wait.until == BEGAN + 3 + 40
    told.answers(verify_1_1="works")
    wait = told.next
    assert isinstance(wait, Wait)
    assert wait.until == BEGAN + 3 + 40 + 1 + 40


def test_a_slow_starter_gets_its_time(tmp_path: Path) -> None:
    """Bad rounds at first are forgiven, as many as must be good; it is not restarted again."""
    told = Told(tmp_path)
    told.answers(look_1="broken", step_1="oiled", step_2="moved", verify_1_1="starting")
    told.answers(verify_2_1="starting", verify_3_1="works", verify_4_1="works")

    assert isinstance(told.next, Finish)


def test_flapping_is_no_repair(tmp_path: Path) -> None:
    """Good rounds count only in a row."""
    told = Told(tmp_path)
    told.answers(look_1="broken", step_1="oiled", step_2="moved", verify_1_1="works")
    told.answers(verify_2_1="burns", verify_3_1="works", verify_4_1="burns")

    assert isinstance(told.next, Fail)


def test_a_changed_runbook_is_not_carried_out(tmp_path: Path) -> None:
    """What was proposed is what runs; a file that changed since ends the repair."""
    told = Told(tmp_path, version="0123456789ab")

    assert told.next == Fail("the runbook mend changed since it was proposed")


def test_the_kill_switch_is_read_before_each_step(tmp_path: Path) -> None:
    """Once it is on nothing more is done, not even an undo, and the end says how far it came."""
    told = Told(tmp_path, text=text_of(undo=UNDO))
    told.halted = "the healer is switched off"
    told.answers(look_1="broken")
    assert told.next == Fail("not repaired: the healer is switched off")

    told.halted = ""
    told.answers(step_1="oiled")
    told.halted = "web1 is under maintenance"
    assert told.next == Fail("stopped after 1 of its steps: web1 is under maintenance")


def test_a_step_of_unknown_outcome_is_not_repeated(tmp_path: Path) -> None:
    """It may have been done: no further step, and the verification says what became of it."""
    told = Told(tmp_path)
    told.answers(look_1="broken")
    told.answer("the connection was lost", "unknown", to="step-1")
    told.answers(verify_1_1="works", verify_2_1="works")

    assert told.next == Finish("repaired: oil it; seen 2 times since: pump works")


def test_it_ends_when_it_is_enough(tmp_path: Path) -> None:
    """What is measured is measured before anybody is asked and after each step."""
    enough = {
        "say": "less than ${limit} is left",
        "tool": "look",
        "below": {"pattern": "([0-9]+) left", "value": "${limit}"},
    }
    told = Told(tmp_path, text=text_of(enough=enough))
    told.answers(look_1="broken", look_enough="7 left", step_1="oiled")
    told.answer("2 left", to="enough-1")

    assert isinstance(told.next, Wait)
    told.answers(verify_1_1="works", verify_2_1="works")
    assert told.next == Finish("repaired: oil it; seen 2 times since: pump works")


def test_enough_before_the_first_step_is_nothing_to_repair(tmp_path: Path) -> None:
    """When it is enough already nothing is done, and nobody is asked."""
    enough = {"say": "there is room", "tool": "look", "expect": "room"}
    told = Told(tmp_path, level="suggest", text=text_of(enough=enough))
    told.answers(look_1="broken", look_enough="much room")

    assert told.next == Finish("nothing to repair: there is room")


def test_all_steps_and_still_not_enough(tmp_path: Path) -> None:
    """When the last step did not bring it below, the repair failed, and says what was tried."""
    enough = {"say": "there is room", "tool": "look", "expect": "room"}
    told = Told(tmp_path, text=text_of(enough=enough))
    told.answers(look_1="broken", look_enough="full", step_1="oiled", enough_1="full")
    told.answers(step_2="moved", enough_2="full")

    assert told.next == Fail(
        "not repaired: “there is room” still does not hold: oil it, hit it;"
        " there is nothing to undo it by"
    )


def test_a_step_with_nothing_to_do_is_left_out(tmp_path: Path) -> None:
    """What a step would work on is looked at first; without it the next step comes."""
    there = {"say": "there is rust", "tool": "look", "expect": "rust"}
    steps = [
        {"say": "scrape", "tool": "mend", "only_if": there},
        {"say": "paint", "tool": "mend", "arguments": {"coats": "${limit}"}},
    ]
    told = Told(tmp_path, text=text_of(steps=steps))
    told.answers(look_1="broken")
    told.answer("clean", to="step-1-if")

    assert told.wanted.id == "step-2"


def test_what_a_repair_may_do_at_the_gate(tmp_path: Path) -> None:
    """Looks only read; the whole is asked for once; steps belong to what was approved."""
    told = Told(tmp_path, level="suggest")
    stances: list[str] = []
    for output in ("broken", "approved", "broken", "oiled"):
        stances.append(told.agent.stance(told.state).runbook)
        told.answer(output)

    assert stances == ["no", "whole", "no", "step"]
    assert told.agent.stance(told.state).healer
    assert isinstance(told.next, Call)
