"""The log: readable, for programs too, and without what must not leave."""

import json
import logging
from collections.abc import Generator
from typing import Any

import pytest
import structlog

from bot import logs
from bot.redact import Redactor

REDACT = Redactor({"AI_ADMIN_PASSWORD": 'hunter "22"'})


@pytest.fixture(autouse=True)
def restored() -> Generator[None]:
    """The log's set-up belongs to the process: put it back."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    structlog.reset_defaults()
    logging.captureWarnings(capture=False)
    root.handlers[:] = handlers
    root.setLevel(level)


def fail() -> None:
    local = "only-in-a-variable"
    raise LookupError(f'no hunter "22" here {len(local)}')


def write_all() -> None:
    log: Any = structlog.get_logger()
    log.info("asked", url="/ws/chat?token=abc.def&thread=1", why='hunter "22"', password="a b")
    try:
        fail()
    except LookupError:
        log.exception("broke")
    logging.getLogger("aiohttp.access").info("GET / 200")
    logging.getLogger("apscheduler").warning("missed by %s", "0:00:03")


@pytest.mark.parametrize("form", ["text", "json"])
def test_nothing_secret_is_written(form: logs.Format, capsys: pytest.CaptureFixture[str]) -> None:
    """No secret, no query string and no local variable, in either form."""
    logs.configure(form, REDACT)

    write_all()

    written = capsys.readouterr().out
    assert "‹secret: AI_ADMIN_PASSWORD›" in written
    assert "/ws/chat?…" in written
    hidden = ("hunter", "abc.def", "a b", "only-in-a-variable")
    assert [] == [secret for secret in hidden if secret in written]


def test_text_is_for_people(capsys: pytest.CaptureFixture[str]) -> None:
    """Level, what happened, the traceback; other libraries' warnings, not their chatter."""
    logs.configure("text", REDACT)

    write_all()

    written = capsys.readouterr().out
    assert "Traceback (most recent call last)" in written
    assert "missed by 0:00:03" in written
    assert "GET / 200" not in written


def test_json_is_for_programs(capsys: pytest.CaptureFixture[str]) -> None:
    """Every line is one object that says when, how bad and what."""
    logs.configure("json", REDACT)

    write_all()

    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [("info", "asked"), ("error", "broke"), ("warning", "missed by 0:00:03")] == [
        (line["level"], line["event"]) for line in lines
    ]
    assert "apscheduler" == lines[2]["logger"]
    assert all(line["timestamp"].endswith("Z") for line in lines)
