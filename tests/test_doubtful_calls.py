"""The agent and calls that may already have run: look first, run again, leave it."""

from agent.react import GRACE
from bot.agents import Call, Finish, Wait
from bot.events import ApprovalDecided, ApprovalExpired, ApprovalRequested
from bot.tool import Verdict
from tests.recording import ANN, TOOLS, Recording, call


def doubt(number: int = 1, approval: str = "AAAAAAA") -> ApprovalRequested:
    cut = call(number, "execute_command", command="reboot")
    return ApprovalRequested(
        approval, cut, Verdict(), "local", "root@local", "", 1234.5, may_have_run=True
    )


def cut_off() -> Recording:
    """A run whose command was cut off by a crash; the model has answered that it is unknown."""
    run = Recording("reboot")
    run.reply("", doubt().call)
    run.finish(doubt().call, "the bot was ended meanwhile", "unknown")
    run.add(doubt())
    return run


def test_look_first() -> None:
    """*Look first* asks with READ tools only, until that approval is decided."""
    run = cut_off()
    run.add(ApprovalDecided("AAAAAAA", "1.1", "look", ANN))

    ask = run.ask
    assert [t.name for t in ask.tools] == ["disk_usage"]
    assert "may already have run" in ask.messages[-1].text

    run.reply("The machine is up since Monday: it did not reboot.")
    assert Wait(1234.5 + GRACE) == run.next

    run.add(ApprovalDecided("AAAAAAA", "1.1", "leave", ANN))
    assert Finish("The machine is up since Monday: it did not reboot.") == run.next


def test_run_again() -> None:
    """*Run again* is the same call once more; its result is news that is answered, with all tools
    again."""
    run = cut_off()
    run.add(ApprovalDecided("AAAAAAA", "1.1", "look", ANN))
    run.reply("I do not know whether it ran.")
    run.add(ApprovalDecided("AAAAAAA", "1.1", "again", ANN))
    assert Call((doubt().call,)) == run.next

    run.finish(doubt().call, "rebooting")
    assert run.shown[-1].text.endswith("was run again. Its result:\nrebooting")
    assert tuple(TOOLS.values()) == run.ask.tools


def test_undecided_call_keeps_the_run() -> None:
    """An answer does not end the run while a person may still say *run again*."""
    run = cut_off()
    run.reply("I do not know whether it ran.")
    assert Wait(1234.5 + GRACE) == run.next

    run.add(ApprovalExpired("AAAAAAA", "1.1"))
    assert Finish("I do not know whether it ran.") == run.next
