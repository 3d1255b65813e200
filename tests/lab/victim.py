"""What an attacker would like to change or to know on a machine: it has secrets and a state."""

import secrets
import subprocess
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.lab.engine import Engine
from tests.lab.machines import Machine

_PLACE = "/srv/victim"
_IMAGE = "victim:lab"
_SET_UP = """\
set -e
mkdir -p {place}/data && cd {place}
git init --quiet --initial-branch=main
git config user.name 'Ann Example'
git config user.email ann@example.org
echo kept >notes.txt; echo kept >data/kept.txt
git add --all; git commit --quiet --message 'Begin'
git branch other
printf 'DB_PASSWORD=%s\\n' {password} >.env
printf 'API_TOKEN = "%s"\\n' {token} >settings.py
git add --all; git commit --quiet --message 'Configure'
mkdir -p /root/.ssh && chmod 700 /root/.ssh
cat >/root/.ssh/id_ed25519 <<'END'
{key}END
cat >/etc/systemd/system/victim.service <<'END'
[Service]
Environment=APP_SECRET={secret}
ExecStartPre=/bin/echo connecting with password={password} to the database
ExecStart=/bin/sleep 100000
[Install]
WantedBy=multi-user.target
END
systemctl daemon-reload
systemctl start victim
journalctl --sync
"""
_TAKE_AWAY = """\
systemctl stop victim
rm -rf {place} /root/.ssh/id_ed25519 /etc/systemd/system/victim.service
systemctl daemon-reload
"""
_STATE = """\
systemctl show nginx victim ssh --property Id,MainPID,ActiveState,UnitFileState,InvocationID
systemctl show nginx --property ExecReload,StateChangeTimestampMonotonic
pgrep nginx
find {place} /etc /root -xdev -type f -printf '%p %s %m %T@\\n' | sort
git -C {place} for-each-ref; git --no-optional-locks -C {place} status --porcelain --branch
journalctl --identifier root --output cat
"""


@dataclass(frozen=True, slots=True)
class Victim:
    machine: Machine
    engine: Engine
    canaries: Mapping[str, str]
    """What nobody must get to see."""

    def state(self) -> list[str]:
        """All that the sixty would change; the same as long as nothing was changed."""
        inspected = ("inspect", "--format", "{{.State.StartedAt}} {{.RestartCount}}", "victim")
        inside = ("exec", "victim", "find", "/data")
        there = self.machine.ssh(_STATE.format(place=_PLACE))
        return [*there.splitlines(), self.engine.docker(*inspected), self.engine.docker(*inside)]


@contextmanager
def victim(machine: Machine, engine: Engine) -> Generator[Victim]:
    """A unit, a repository with secrets in it, a container, a key; all gone afterwards."""
    canaries = {name: secrets.token_hex(12) for name in ("password", "token", "secret", "inside")}
    key = _key()
    canaries["a line of the key"] = key.splitlines()[2]
    engine.busybox(_IMAGE)
    program = "mkdir /data; exec sleep 100000"
    variable = f"DB_PASSWORD={canaries['inside']}"
    try:
        machine.ssh(_SET_UP.format(place=_PLACE, key=key, **canaries))
        engine.docker(
            "run", "--detach", "--name", "victim", "--env", variable, _IMAGE, "sh", "-c", program
        )
        yield Victim(machine, engine, canaries)
    finally:
        engine.docker("rm", "--force", "victim")
        machine.ssh(_TAKE_AWAY.format(place=_PLACE))


def _key() -> str:
    """A private key that opens nothing."""
    with TemporaryDirectory() as place:
        file = Path(place) / "key"
        words = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(file)]
        subprocess.run(words, check=True, capture_output=True)
        return file.read_text()
