"""Real repositories: a bare one, a clone to look at, and a colleague who pushes."""

import subprocess
from dataclasses import dataclass
from pathlib import Path


def git(directory: Path, *words: str, check: bool = True) -> str:
    """Plain git, as a person would run it: with everything that the configuration says."""
    env = {"PATH": "/usr/bin:/bin", "HOME": "/nonexistent", "GIT_TERMINAL_PROMPT": "0"}
    command = ["git", "-c", "protocol.file.allow=always", *words]
    done = subprocess.run(
        command, cwd=directory, env=env, capture_output=True, text=True, timeout=30, check=False
    )
    assert done.returncode == 0 or not check, done.stderr
    return done.stdout.strip()


def introduce(repository: Path) -> None:
    """Who commits there."""
    git(repository, "config", "user.name", "Ann Example")
    git(repository, "config", "user.email", "ann@example.org")


def made(directory: Path) -> Path:
    """An empty repository whose branch is main."""
    directory.mkdir()
    git(directory, "init", "--quiet", "--initial-branch=main")
    introduce(directory)
    return directory


def commit(repository: Path, name: str, content: str, message: str = "") -> str:
    """The id of a commit that writes one file."""
    (repository / name).parent.mkdir(parents=True, exist_ok=True)
    (repository / name).write_text(content)
    git(repository, "add", "--", name)
    git(repository, "commit", "--quiet", "--message", message or f"write {name}")
    return head(repository)


def head(repository: Path) -> str:
    return git(repository, "rev-parse", "HEAD")


@dataclass(frozen=True, slots=True)
class World:
    root: Path

    @property
    def bare(self) -> Path:
        return self.root / "bare.git"

    @property
    def here(self) -> Path:
        """The clone that the tools are pointed at."""
        return self.root / "here"

    @property
    def colleague(self) -> Path:
        return self.root / "colleague"

    def pushed(self, name: str, content: str, message: str = "") -> str:
        """The id of a commit that the colleague pushed."""
        made = commit(self.colleague, name, content, message)
        git(self.colleague, "push", "--quiet", "origin", "HEAD")
        return made


def world(root: Path) -> World:
    """One commit with a.txt, known to all three."""
    here = World(root)
    root.mkdir(exist_ok=True)
    first = made(root / "colleague")
    commit(first, "a.txt", "one\ntwo\nthree\n", "begin")
    git(root, "clone", "--quiet", "--bare", "colleague", "bare.git")
    git(first, "remote", "add", "origin", str(here.bare))
    git(first, "fetch", "--quiet")
    git(root, "clone", "--quiet", str(here.bare), "here")
    introduce(here.here)
    return here
