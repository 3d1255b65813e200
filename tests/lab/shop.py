"""A small shop on a machine: its own nginx, journal, logs and repository, and one mistake in it."""

import shlex
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass

from tests.lab.machines import Machine

_CONFIG = """\
pid /run/{name}.pid;
error_log stderr;
events {{}}
http {{
    access_log {logs}/access.log;
    server {{
        listne 127.0.0.1:{port};
        return 200 "the {name} is open\\n";
    }}
}}
"""
_UNIT = """\
[Unit]
Description=The {name}

[Service]
ExecStart=/usr/sbin/nginx -c {config} -g 'daemon off;'
"""
_OPEN = """\
set -e
mkdir -p {place} {logs}
printf %s {unit} >/etc/systemd/system/{name}.service
printf %s {broken} >{config}
head -c 300000 /dev/zero >{logs}/orders.log
head -c 3000 /dev/zero >{logs}/error.log
cd {place}
git init --quiet --initial-branch=main
git config user.name 'Carl Customer'
git config user.email carl@example.org
git add nginx.conf
git commit --quiet --message 'Move the shop to port {port}'
systemctl daemon-reload
systemctl start {name}
for _ in $(seq 100); do
  systemctl is-failed --quiet {name} && break
  sleep 0.1
done
systemctl is-failed {name}
journalctl --sync
"""
_CLOSE = """\
systemctl stop {name}
systemctl reset-failed {name}
rm -rf {place} {logs} /etc/systemd/system/{name}.service
systemctl daemon-reload
true
"""
_VISIT = "exec 3<>/dev/tcp/127.0.0.1/{port}; printf 'GET / HTTP/1.0\\r\\n\\r\\n' >&3; cat <&3"


@dataclass(frozen=True, slots=True)
class Shop:
    """The unit *name*, which does not start before ``listne`` in its configuration is mended."""

    machine: Machine
    name: str
    port: int

    @property
    def place(self) -> str:
        """Its repository."""
        return f"/srv/{self.name}"

    @property
    def config(self) -> str:
        return f"{self.place}/nginx.conf"

    @property
    def logs(self) -> str:
        """The directory of its logs; orders.log is by far the biggest."""
        return f"/var/log/{self.name}"

    @property
    def broken(self) -> str:
        """The content of its configuration."""
        return _CONFIG.format(name=self.name, port=self.port, logs=self.logs)

    @property
    def mended(self) -> str:
        """What it should be."""
        return self.broken.replace("listne", "listen")

    def visit(self) -> str:
        """What it tells who visits it; raises AssertionError while it is closed."""
        return self.machine.ssh(f"bash -c {shlex.quote(_VISIT.format(port=self.port))}")

    def open(self) -> None:
        unit = shlex.quote(_UNIT.format(name=self.name, config=self.config))
        self._run(_OPEN, unit=unit, broken=shlex.quote(self.broken))

    def close(self) -> None:
        self._run(_CLOSE)

    def _run(self, script: str, **more: str) -> None:
        known = {"place": self.place, "config": self.config, "logs": self.logs}
        self.machine.ssh(script.format(name=self.name, port=self.port, **known, **more))


@contextmanager
def shop(machine: Machine, name: str, port: int) -> Generator[Shop]:
    """A shop, closed at first; gone afterwards. Two on a machine need names and ports apart."""
    made = Shop(machine, name, port)
    try:
        made.open()
        yield made
    finally:
        made.close()
