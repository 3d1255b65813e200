"""Which parts of this machine's file system the file tools may touch."""

import os
from pathlib import Path

from bot.config import BadSettings, Settings
from bot.resources import Roots

BESIDE = ("", "-wal", "-shm", "-journal", ".lock")
"""Files that belong to a SQLite database, after its name."""


def local_roots(settings: Settings) -> Roots:
    """Makes the directories the bot itself offers. Raises BadSettings."""
    data = os.path.realpath(settings.data_dir)
    files = f"{data}/files"
    Path(files, ".backups").mkdir(mode=0o700, parents=True, exist_ok=True)
    read, write = _parse(settings.files_roots or ("read:/", f"write:{files}"))
    for root in (*read, *write):
        if within(root, data) and not within(root, files):
            raise BadSettings(f"AI_FILES_ROOTS: {root} holds the bot's own data; use {files}")
    database = os.path.realpath(settings.database)
    never = [data, os.path.realpath(".env"), *(f"{database}{suffix}" for suffix in BESIDE)]
    kept = (settings.roles_file, settings.policy_file, settings.hosts_file, settings.checks_file)
    own = (*kept, settings.plugins, settings.checks)
    never += map(os.path.realpath, filter(None, own))
    return Roots(
        read=tuple(dict.fromkeys((*read, *write, files))),
        write=write,
        never=tuple(never),
        backups=f"{files}/.backups",
    )


def within(path: str, root: str) -> bool:
    """Whether the real path *path* is *root* or lies under it."""
    return path == root or path.startswith(root.rstrip("/") + "/")


def _parse(words: tuple[str, ...]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    found: dict[str, list[str]] = {"read": [], "write": []}
    for word in words:
        kind, _, path = word.partition(":")
        if kind not in found or not path.startswith("/"):
            raise BadSettings(f"AI_FILES_ROOTS: {word!r} is not read:/path or write:/path")
        found[kind].append(os.path.realpath(path))
    return tuple(found["read"]), tuple(found["write"])
