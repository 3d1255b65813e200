"""A model that makes the same call again and again."""

from bot.agents import Ask, Fail
from tests.recording import Recording, call


def test_told_once_then_stopped() -> None:
    """The same call with the same result three times: told; once more: the run ends, and says what
    it had done."""
    run = Recording()
    for number in range(1, 4):
        assert isinstance(run.next, Ask)
        run.reply("", call(number))
        run.finish(call(number), "60 %")
    assert "3 times" in run.ask.messages[-1].text

    run.reply("", call(4))
    run.finish(call(4), "60 %")

    assert isinstance(run.next, Fail)
    assert "4 times with the same result" in run.next.reason
    assert "60 %" in run.next.reason


def test_another_result_is_progress() -> None:
    """Watching something change is no repetition."""
    run = Recording()
    for number in range(1, 9):
        run.reply("", call(number))
        run.finish(call(number), f"{number} %")

    assert isinstance(run.next, Ask)
    assert not any("times" in message.text for message in run.ask.messages)


def test_every_run_begins_anew() -> None:
    """What was looked at in an earlier run of the thread may be looked at again."""
    run = Recording()
    for number in range(1, 3):
        run.reply("", call(number))
        run.finish(call(number), "60 %")
    run.reply("60 %")
    run.start("and now?")
    run.reply("", call(9))
    run.finish(call(9), "60 %")

    assert not any("times" in message.text for message in run.ask.messages)
