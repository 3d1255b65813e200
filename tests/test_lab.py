"""The lab itself: what it promises to the tests that stand in it."""

from tests.lab.engine import Engine


def test_containers_run(engine: Engine) -> None:
    """The engine runs a program in an image made here, and forgets it."""
    image = engine.busybox()

    assert "hello" == engine.docker("run", "--rm", image, "echo", "hello")
