"""What of a host belongs to the bot itself, so that no runbook touches it."""

import re
from collections.abc import Sequence
from pathlib import Path
from platform import node

from bot.config import BadSettings, Settings
from healer.deletion import unlistable
from healer.never import Bounds

_CONTAINER = re.compile(r"[0-9a-f]{12}")
_UNIT = re.compile(r"([^/]+\.service)$", re.MULTILINE)
_CGROUP = Path("/proc/self/cgroup")


def bounds(settings: Settings) -> Bounds:
    """Raises BadSettings when a directory is listed that cannot be."""
    for directory in settings.runbook_directories:
        if reason := unlistable(directory):
            raise BadSettings(f"AI_RUNBOOK_DIRECTORIES: {reason}")
    places = (settings.data_dir.resolve(), settings.database.resolve())
    cgroup = _CGROUP.read_text() if _CGROUP.exists() else ""
    return Bounds(settings.runbook_directories, (*map(str, places), *names(cgroup, node())))


def names(cgroup: str, host: str) -> Sequence[str]:
    """The systemd unit and the container that the bot runs as, if it does; from the text of
    ``/proc/self/cgroup`` and the host's name, which in a container is its id."""
    unit = _UNIT.search(cgroup)
    return (*((unit[1],) if unit else ()), *((host,) if _CONTAINER.fullmatch(host) else ()))
