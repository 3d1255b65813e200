"""A Docker engine of the tests' own: its socket, its data and its bridge are nobody else's."""

import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Generator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp

import pytest

_PATIENCE = 60.0
"""Seconds the engine may take to answer, or to end."""


@dataclass(frozen=True, slots=True)
class Engine:
    """A running engine and how to talk to it."""

    socket: Path

    def docker(self, *words: str, stdin: bytes = b"") -> str:
        """What ``docker WORDS`` prints; raises AssertionError with what it complained of."""
        command = ["docker", "--host", f"unix://{self.socket}", *words]
        done = subprocess.run(command, input=stdin, capture_output=True, timeout=120)
        assert done.returncode == 0, f"{words}: {done.stderr.decode()}"
        return done.stdout.decode().strip()

    def load(self, tag: str, tar: Path, *, command: Sequence[str]) -> None:
        """Make an image of a root file system; *command* is what it starts."""
        self.docker("import", "--change", f"CMD {json.dumps(command)}", str(tar), tag)

    def busybox(self, tag: str = "busybox:lab") -> str:
        """A tiny image with a shell and all of BusyBox's programs."""
        with scratch() as root:
            programs = root / "root" / "bin"
            programs.mkdir(parents=True)
            shutil.copy("/bin/busybox", programs / "busybox")
            for name in _output("/bin/busybox", "--list").split():
                with suppress(FileExistsError):
                    (programs / name).symlink_to("busybox")
            for folder in ("tmp", "etc", "root"):
                (root / "root" / folder).mkdir()
            tar = root / "root.tar"
            _output("tar", "-C", str(root / "root"), "-cf", str(tar), ".")
            self.load(tag, tar, command=["sh"])
        return tag


@contextmanager
def engine() -> Generator[Engine]:
    """Run dockerd. Skips where it cannot; fails where nothing may be skipped."""
    need(os.geteuid() == 0, "a Docker engine needs root")
    need(all(map(shutil.which, ("dockerd", "docker"))), "no dockerd: run .ci/lab as root")
    with scratch() as home, _bridge() as bridge, (home / "log").open("wb") as log:
        socket = home / "docker.sock"
        words = [
            # It goes when the tests do, however they end.
            "setpriv", "--pdeathsig", "TERM", "dockerd",
            "--data-root", str(home / "data"), "--exec-root", str(home / "exec"),
            "--pidfile", str(home / "pid"), "--host", f"unix://{socket}",
            # Ports are published by its proxies on loopback: the machine's rules stay as they are.
            "--bridge", bridge, "--iptables=false", "--ip-masq=false",
        ]  # fmt: skip
        process = subprocess.Popen(words, stdout=log, stderr=log, start_new_session=True)
        try:
            _await_answer(process, socket, home / "log")
            yield Engine(socket)
        finally:
            _end(process, Engine(socket))


def need(there: object, reason: str) -> None:
    """Skip the test when something is not *there*; fail it in CI."""
    if there:
        return
    if os.environ.get("CI") == "true":  # noqa: TID251 - says where the tests run, not a setting
        pytest.fail(reason)
    pytest.skip(reason)


@contextmanager
def scratch() -> Generator[Path]:
    """A directory whose path is short enough for sockets; gone afterwards."""
    path = Path(mkdtemp(prefix="lab-"))
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


@contextmanager
def _bridge() -> Generator[str]:
    """A network of its own, so that several engines on one machine give out no address twice."""
    name, number = f"lab{os.getpid()}", os.getpid() % 250
    _output("ip", "link", "add", name, "type", "bridge")
    try:
        _output("ip", "address", "add", f"10.213.{number}.1/24", "dev", name)
        _output("ip", "link", "set", name, "up")
        yield name
    finally:
        _output("ip", "link", "delete", name)


def _await_answer(process: subprocess.Popen[bytes], socket: Path, log: Path) -> None:
    deadline = time.monotonic() + _PATIENCE
    asking = ["docker", "--host", f"unix://{socket}", "version"]
    while subprocess.run(asking, capture_output=True).returncode:
        if process.poll() is not None or time.monotonic() > deadline:
            pytest.fail(f"dockerd does not answer:\n{log.read_text()[-3000:]}")
        time.sleep(0.1)  # nothing tells when it listens


def _end(process: subprocess.Popen[bytes], running: Engine) -> None:
    """Stop the containers at once, then the engine."""
    with suppress(AssertionError, subprocess.TimeoutExpired):
        if containers := running.docker("ps", "--all", "--quiet").split():
            running.docker("rm", "--force", "--volumes", *containers)
    process.terminate()
    try:
        process.wait(_PATIENCE)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _output(*words: str) -> str:
    return subprocess.run(words, check=True, capture_output=True, text=True).stdout
