"""Running code of plugins: a bug in one harms no run, no other plugin and not the bot."""

import traceback
from asyncio import CancelledError
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path

import structlog
from pydantic.errors import PydanticUserError

from bot.tool import ToolError

log = structlog.get_logger()
_NOT_A_BUG = (ToolError, CancelledError, GeneratorExit)


@contextmanager
def theirs(
    path: Path,
    failure: Callable[[str], Exception],
    but: tuple[type[BaseException], ...] = _NOT_A_BUG,
) -> Generator[None]:
    """Around code of the plugin *path*: whatever it raises, *but* this, becomes *failure* of one
    line."""
    try:
        yield
    except but:
        raise
    except BaseException as error:
        # Somebody else's code may raise anything, SystemExit too, which would end the bot.
        log.exception("plugin failed", file=path.name)
        raise failure(told(error, path)) from error


def told(error: BaseException, path: Path) -> str:
    """``weather.py:12: KeyError: 'temp'``: the plugin's line that went wrong, and how."""
    line = _line(error, str(path))
    where = f"{path.name}:{line}" if line else path.name
    if isinstance(error, SyntaxError):
        text = error.msg  # str() would name the file once more
    elif isinstance(error, PydanticUserError):
        text = f"an argument has a type that a model cannot give ({error.message.split('.')[0]})"
    else:
        text = next(iter(str(error).splitlines()), "")
    return f"{where}: {type(error).__name__}: {text}".rstrip(": ")


def _line(error: BaseException, file: str) -> int:
    """The innermost line of *file*; 0 when the error has none."""
    if isinstance(error, SyntaxError) and error.filename == file:
        return error.lineno or 0
    frames = traceback.walk_tb(error.__traceback__)
    lines = [line for frame, line in frames if frame.f_code.co_filename == file]
    return lines[-1] if lines else 0
