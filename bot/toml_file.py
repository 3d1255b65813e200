"""Files that operators write and change at any time: read, watched, faults named by their line."""

import tomllib
from pathlib import Path
from typing import Any

from bot.config import BadSettings


def read(file: Path, setting: str) -> tuple[str, dict[str, Any]]:
    """The text of the file that *setting* names, and what it says. Raises BadSettings."""
    try:
        text = file.expanduser().read_text(encoding="utf-8", errors="replace")
        return text, tomllib.loads(text)
    except OSError as problem:
        raise BadSettings(f"{setting}: {problem}; correct the path or unset it") from problem
    except tomllib.TOMLDecodeError as problem:
        raise BadSettings(f"{file}: {problem}") from problem


def place(file: Path, text: str, word: str, after: str = "") -> str:
    """``hosts.toml:3``, the first line that holds *word*, below the one that holds *after*."""
    lines = text.splitlines()
    start = next((n for n, line in enumerate(lines) if after in line), 0) if after else 0
    found = next((n for n in range(start, len(lines)) if word in lines[n]), start)
    return f"{file}:{found + 1}"


def fingerprint(file: Path) -> tuple[int, ...]:
    """What changes when the file does; nothing when it cannot be looked at."""
    try:
        found = file.expanduser().stat()
    except OSError:
        return ()
    return found.st_mtime_ns, found.st_size, found.st_ino
