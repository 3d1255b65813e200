"""Real repositories for tests: a remote, a clone of it, and somebody else who pushes."""

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

_WHO = {
    "GIT_AUTHOR_NAME": "Ann", "GIT_AUTHOR_EMAIL": "ann@example.org",
    "GIT_COMMITTER_NAME": "Ann", "GIT_COMMITTER_EMAIL": "ann@example.org",
    "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_NOSYSTEM": "1",
}  # fmt: skip


def git(where: Path, *words: str) -> str:
    """As a person there would run it."""
    environment = {"PATH": os.defpath, "HOME": str(where), **_WHO}
    done = subprocess.run(
        ["git", "-C", str(where), *words], env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, f"{words}: {done.stderr}"
    return done.stdout.strip()


def commit(where: Path, name: str, text: str, subject: str) -> str:
    path = where / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    git(where, "add", "--", name)
    git(where, "commit", "-q", "-m", subject)
    return git(where, "rev-parse", "HEAD")


@dataclass(frozen=True, slots=True)
class Repositories:
    remote: Path
    """Bare."""
    here: Path
    """The clone that the tools work in."""
    other: Path
    """Another clone, of somebody who pushes."""

    def push(self, name: str, text: str, subject: str) -> str:
        made = commit(self.other, name, text, subject)
        git(self.other, "push", "-q")
        return made


def repositories(directory: Path) -> Repositories:
    made = Repositories(directory / "remote.git", directory / "here", directory / "other")
    directory.mkdir(exist_ok=True)
    git(directory, "init", "-q", "--bare", "-b", "main", str(made.remote))
    git(directory, "clone", "-q", str(made.remote), str(made.other))
    git(made.other, "switch", "-q", "-c", "main")
    commit(made.other, "app.py", "print(1)\n", "Begin")
    git(made.other, "push", "-q", "-u", "origin", "main")
    git(directory, "clone", "-q", str(made.remote), str(made.here))
    return made
