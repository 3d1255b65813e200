"""The log: one line per fact, on standard output, without secrets and query strings."""

import logging
import re
import sys
from collections.abc import Callable
from typing import Literal

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

Format = Literal["text", "json"]
_QUERY = re.compile(r"(?<=[\w/])\?[^\s\"'<>]*=[^\s\"'<>]*")
"""A query string may carry tickets and tokens, and never says what a log needs."""


def configure(form: Format, redact: Callable[[str], str]) -> None:
    """Set up this process's log. Warnings of the libraries in use go the same way."""
    started: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    finished = [*_rendering(form), _cleaning(redact)]
    structlog.configure(
        processors=[*started, *finished],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(),
    )
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*started, structlog.stdlib.add_logger_name],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *finished],
        )
    )
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
    logging.captureWarnings(capture=True)


def _rendering(form: Format) -> list[Processor]:
    if form == "json":
        return [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
    # Colours would come between a name and its value, and a fancy traceback shows local variables.
    return [
        structlog.dev.ConsoleRenderer(
            colors=False, exception_formatter=structlog.dev.plain_traceback
        )
    ]


def _cleaning(redact: Callable[[str], str]) -> Processor:
    """The last step: what is written holds no secret, wherever in the line it stood."""

    def clean(_: WrappedLogger, __: str, line: EventDict | str) -> str:
        return redact(_QUERY.sub("?…", str(line)))

    return clean
