"""What the HTTP library itself writes to the log."""

import logging

from aiohttp.http_exceptions import HttpProcessingError


def server_log() -> logging.Logger:
    """Without the requests that are no HTTP: anybody could fill the log with their tracebacks."""
    log = logging.getLogger("aiohttp.server")
    log.addFilter(_is_ours)
    return log


def _is_ours(record: logging.LogRecord) -> bool:
    return not (record.exc_info and isinstance(record.exc_info[1], HttpProcessingError))
