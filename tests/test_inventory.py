"""hosts.toml: what it may say, what is said when it is wrong, and what happens when it changes."""

import os
import pwd
import re
from pathlib import Path

import asyncssh
import pytest

from bot.config import BadSettings
from bot.tool import ToolError
from tests.bot_process import bot_says
from tests.lab.sshd import Sshd
from tests.lab.sshd import sshd as own_sshd
from tests.tools_kit import settings
from tools.hosts import create, inventory
from tools.hosts.inventory import Inventory
from tools.hosts.ssh import SshHost

HOSTS = """
[hosts.web1]
address = "10.0.0.1"
groups = ["web", "front"]
mode = "read_only"
docker = true
files = "read:/,write:/srv/app"

[hosts.web2]
address = "10.0.0.2"
port = 2222
user = "ops"
groups = ["web"]
jump = "web1"
docker = "/run/other.sock"
"""


def made(tmp_path: Path, text: str, **given: str) -> Inventory:
    file = tmp_path / "hosts.toml"
    file.write_text(text)
    chosen = settings(tmp_path / "data").model_copy(update={"hosts_file": file, **given})
    return create(chosen)


def test_what_it_says(tmp_path: Path) -> None:
    """Names, groups, accounts, modes, engines, roots and jumps; this machine is always there."""
    hosts = made(tmp_path, HOSTS, default_host="web2")
    web1, web2 = hosts.get("web1"), hosts.get(None)

    assert ["local", "web1", "web2"] == list(hosts.names())
    assert ["web1", "web2"] == list(hosts.expand("group:web"))
    assert ["web1"] == list(hosts.expand("group:front"))
    assert ("root@web1", "ops@web2") == (web1.account, web2.account)
    assert ("read_only", None) == (web1.mode, web2.mode)
    assert ("/var/run/docker.sock", "/run/other.sock") == (web1.docker, web2.docker)
    assert (("/", "/srv/app"), ("/srv/app",)) == (web1.roots.read, web1.roots.write)
    assert () == web2.roots.write
    assert isinstance(web2, SshHost)


@pytest.mark.parametrize("target", ["web9", "group:none"])
def test_unknown_names_list_the_known_ones(tmp_path: Path, target: str) -> None:
    """The model reads what there is."""
    with pytest.raises(ToolError, match=r"there are: (front, web|local, web1, web2)"):
        made(tmp_path, HOSTS).expand(target)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[hosts.a]\n", r"toml:1: a: address"),
        ("[hosts.a]\naddress = '1'\nport = 99999\n", r"toml:3: a: port"),
        ("[hosts.a]\naddress = '1'\nadress = '2'\n", r"toml:3: a: adress"),
        ("[hosts.a]\naddress = '1'\njump = 'b'\n", r"toml:3: a: there is no host 'b'"),
        ("[hosts.a]\naddress = '1'\njump = 'a'\n", r"toml:3: a: the hosts it goes through"),
        ("[hosts.a]\naddress = '1'\nmode = 'free'\n", r"toml:3: a: mode"),
        ("[hosts.a]\naddress = '1'\nfiles = 'exec:/'\n", r"toml:3: a: files.*exec:/"),
        ("[hosts.local]\naddress = '1'\n", r"toml:1: 'local' cannot be"),
        ("[host.a]\n", r"toml:1: write \[hosts.NAME\]"),
        ("[hosts.a\n", r"line 1"),
    ],
)
def test_a_bad_file_refuses_to_start(tmp_path: Path, text: str, said: str) -> None:
    """The file, the line, the host, and what is wrong."""
    with pytest.raises(BadSettings, match=said):
        made(tmp_path, text)


def test_a_default_that_is_not_there(tmp_path: Path) -> None:
    """AI_DEFAULT_HOST must be one of them."""
    with pytest.raises(BadSettings, match="AI_DEFAULT_HOST=web9"):
        made(tmp_path, HOSTS, default_host="web9")


def test_it_is_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A good edit counts, and what stayed the same stays connected; a bad one is told only."""
    monkeypatch.setattr(inventory, "_RECHECK", 0.0)
    hosts = made(tmp_path, HOSTS)
    web1, web2 = hosts.get("web1"), hosts.get("web2")
    file = tmp_path / "hosts.toml"
    _write(file, HOSTS.replace("10.0.0.2", "10.0.0.3") + "\n[hosts.db]\naddress = '10.0.0.9'\n")

    assert "db" in hosts.names()
    assert web1 is hosts.get("web1")
    assert web2 is not hosts.get("web2")
    _write(file, "[hosts.web1]\n")
    assert "db" in hosts.names()
    assert "the last good inventory stays" in hosts.trouble
    _write(file, HOSTS)
    assert "db" not in hosts.names()
    assert "" == hosts.trouble


def _write(file: Path, text: str) -> None:
    file.write_text(text)
    later = file.stat().st_mtime_ns + 10**9
    os.utime(file, ns=(later, later))


@pytest.fixture
def table(sshd: Sshd) -> str:
    return _listed(sshd)


def _listed(server: Sshd) -> str:
    return (
        f'[hosts.self]\naddress = "127.0.0.1"\nport = {server.port}\nkey = "{server.key}"\n'
        f'known_hosts = "{server.known_hosts}"\n'
    )


async def test_the_doctor_shows_what_it_found(tmp_path: Path, table: str, sshd: Sshd) -> None:
    """All well: each host with its account, key, shell and what is there; the status is 0."""
    file = tmp_path / "hosts.toml"
    file.write_text(table)
    status, said = await bot_says(tmp_path, "doctor", "hosts", hosts_file=str(file))
    [row] = [line for line in said.splitlines() if line.startswith("self")]
    fingerprint = asyncssh.read_public_key(str(sshd.home / "host.pub")).get_fingerprint()

    assert (0, True) == (status, "nothing is wrong" in said)
    for word in ("root@self", "yes", fingerprint, pwd.getpwuid(0).pw_shell, "ms", "git"):
        assert word in row
    assert re.search(r"^local +root@local +yes +- ", said, re.MULTILINE)


async def test_the_doctor_finds_what_is_wrong(tmp_path: Path, table: str) -> None:
    """A host that is away: the same table, why below it, and an exit status of 1."""
    file = tmp_path / "hosts.toml"
    file.write_text(f'{table}\n[hosts.gone]\naddress = "127.0.0.1"\nport = 1\n')
    status, said = await bot_says(tmp_path, "doctor", "hosts", hosts_file=str(file))

    assert 1 == status
    assert "gone (127.0.0.1:1) refuses connections" in said
    assert "root@self" in said


async def test_the_doctor_names_a_slow_start_up_file(tmp_path: Path) -> None:
    """A login shell that takes its time before each command: which file makes it so."""
    (tmp_path / ".bashrc").write_text("sleep 0.6\n")
    (tmp_path / "bot").mkdir()
    with own_sshd(f"SetEnv HOME={tmp_path}") as server:
        file = tmp_path / "hosts.toml"
        file.write_text(_listed(server))
        status, said = await bot_says(tmp_path / "bot", "doctor", "hosts", hosts_file=str(file))

    assert 1 == status
    assert re.search(rf"self: each command waits \d.* {tmp_path}/.bashrc \(0\.[6-9]", said)
