"""The directory that the bot keeps everything in."""

import os
import stat
from pathlib import Path
from tempfile import TemporaryFile

from bot.config import BadSettings, Settings

_OURS = ("files", "tools", "checks", "runbooks")
"""Directories that belong into a data directory."""


def prepare(settings: Settings) -> str:
    """Make the data directory, for this account only. What to warn of, or nothing.

    Raises BadSettings when it cannot be used."""
    places = {"AI_DATA_DIR": settings.data_dir, "AI_DATABASE_URL": settings.database.parent}
    for name, place in places.items():
        try:
            place.mkdir(mode=0o700, parents=True, exist_ok=True)
            with TemporaryFile(dir=place):
                pass
        except OSError as problem:
            raise BadSettings(
                f"{name}: cannot write in {place.absolute()} ({problem.strerror}); make it"
                " writable for this account or name another place"
            ) from None
    place = settings.data_dir
    if _closed(place):
        return ""
    return (
        f"AI_DATA_DIR: others may look into {place.absolute()}; if it is for this account alone,"
        f" close it with: chmod 700 {place.absolute()}"
    )


def _closed(place: Path) -> bool:
    """Whether nobody else may look in, now that it was closed if it is the bot's to close."""
    found = place.stat()
    if not found.st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        return True
    try:
        shared = any(entry.is_dir() and entry.name not in _OURS for entry in place.iterdir())
        if shared or found.st_mode & stat.S_ISVTX or found.st_uid != os.geteuid():
            return False
        place.chmod(0o700)
    except OSError:  # a file system without modes, or one that is not ours to change
        return False
    return True
