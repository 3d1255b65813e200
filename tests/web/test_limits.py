"""How often is too often: windows and the password throttle, on a clock of their own."""

import pytest

from adapters.web.limits import TooMany, Window
from adapters.web.throttle import Regulars, Throttle


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_a_window_slides() -> None:
    """Not more than n in any minute, however the minute is laid."""
    clock = Clock()
    window = Window(3, 60.0, clock=clock)
    for second in (0, 30, 59):
        clock.now = 1000.0 + second
        window.count("a")

    with pytest.raises(TooMany) as refused:
        window.count("a")
    window.count("b")
    clock.now = 1060.0
    window.count("a")
    with pytest.raises(TooMany):
        window.count("a")

    assert refused.value.wait == 1


def test_a_window_forgets_who_went_away() -> None:
    """Memory is for those of the last minute only."""
    clock = Clock()
    window = Window(3, 60.0, clock=clock)
    for client in range(1000):
        window.count(client)
    clock.now += 61
    window.count("new")

    assert list(window._times) == ["new"]


def test_guessing_gets_slower_and_never_locks() -> None:
    """Five tries are free; then 1, 2, 4 … 300 s; after a pause all is forgotten."""
    clock = Clock()
    throttle = Throttle(clock=clock)
    waits: list[int] = []
    for _ in range(16):
        try:
            throttle.check("a")
        except TooMany as error:
            waits.append(error.wait)
            clock.now += error.wait
            throttle.check("a")
        throttle.failed("a")

    clock.now += 901
    throttle.failed("a")
    throttle.check("a")

    assert waits == [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]


def test_a_try_that_was_none_is_taken_back() -> None:
    """Only real failures add up."""
    throttle = Throttle(clock=Clock())
    for _ in range(5):
        throttle.failed("a")
    throttle.undo("a")
    throttle.check("a")
    throttle.failed("a")

    with pytest.raises(TooMany):
        throttle.check("a")
    throttle.forgive("a")
    throttle.check("a")


def test_a_place_is_known_for_a_month() -> None:
    """Since somebody was last let in there; another account there is another matter."""
    clock = Clock()
    regulars = Regulars(clock=clock)
    regulars.welcome("ann", "home")
    known = [regulars.counted_as(name, "home") for name in ("ann", "bob")]
    clock.now += 30 * 86_400

    assert known == ["regular home ann", "account bob"]
    assert regulars.counted_as("ann", "home") == "account ann"
