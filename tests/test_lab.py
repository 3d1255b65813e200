"""The lab itself: what it promises to the tests that stand in it."""

import tomllib
from pathlib import Path

from tests.lab.engine import Engine
from tests.lab.machines import DOCKER, Machines


def test_containers_run(engine: Engine) -> None:
    """The engine runs a program in an image made here, and forgets it."""
    image = engine.busybox()

    assert "hello" == engine.docker("run", "--rm", image, "echo", "hello")


def test_machines_are_whole(machines: Machines) -> None:
    """Each boots systemd with services and a journal, and is reached by SSH alone."""
    for machine in machines:
        assert machine.name == machine.ssh("hostname")
        assert "active" == machine.ssh("systemctl is-active nginx")
        assert "nginx" in machine.ssh("journalctl --unit nginx --lines 5")
        assert machine.ssh("git --version")
        assert "deploy" == machine.ssh("id --user --name", user="deploy")
        assert machine.ssh(f"test -S {DOCKER} && echo engine")


def test_machines_differ(machines: Machines) -> None:
    """What is done to one is not done to the other, whose key is another one too."""
    machines.web1.ssh("touch /root/here")
    try:
        assert "" == machines.web2.ssh("find /root/here 2>/dev/null || true")
    finally:
        machines.web1.ssh("rm /root/here")

    first, second = machines.web1.known_hosts.read_text().splitlines()
    assert first.split()[1:3] != second.split()[1:3]


def test_an_inventory_names_both(machines: Machines, tmp_path: Path) -> None:
    """The file that a test hands to the bot has everything to reach them."""
    written = machines.inventory(tmp_path / "hosts.toml", user="deploy", docker=DOCKER)

    hosts = tomllib.loads(written.read_text())["hosts"]
    assert ["web1", "web2"] == list(hosts)
    assert machines.web2.port == hosts["web2"]["port"]
    assert {"deploy"} == {host["user"] for host in hosts.values()}
    assert ["web"] == hosts["web1"]["groups"]
