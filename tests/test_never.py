"""What no runbook may touch, whoever wrote it, and what it may."""

from collections.abc import Mapping

import pytest
from pydantic import JsonValue

from healer import never
from healer.deletion import unlistable
from healer.never import Bounds
from healer.own import names

OURS = Bounds(("/srv/app/logs",), ("/var/lib/bot", "helper.service", "0123456789ab"))


def refused(arguments: Mapping[str, JsonValue]) -> str:
    return "; ".join(never.reasons("some_tool", arguments, OURS, ("/var/log/nginx",)))


@pytest.mark.parametrize(
    ("command", "why"),
    [
        ("systemctl restart sshd", "ssh"),
        ("systemctl restart ssh.socket", "ssh"),
        ("systemctl restart NetworkManager", "the network"),
        ("ip link set eth0 down", "the network"),
        ("/usr/sbin/ip link set eth0 down", "the network"),
        ("sudo -n apt-get install nginx", "packages"),
        ("apt-get clean && apt-get remove nginx", "packages"),
        ("sudo -n pip install x", "packages"),
        ("iptables -F", "the firewall"),
        ("ufw disable", "the firewall"),
        ("reboot", "power"),
        ("systemctl poweroff", "power"),
        ("systemctl restart postgresql@16-main", "a database"),
        ("docker restart app-mysql-1", "a database"),
        ("find /var/lib/mysql -type f -delete", "a database"),
        ("mkfs.ext4 /dev/sdb1", "the storage layout"),
        ("umount /srv", "the storage layout"),
        ("lvextend -L +1G vg/root", "the storage layout"),
        ("dd if=/dev/zero of=/dev/sda", "the storage layout"),
        ("systemctl restart dbus", "stands on"),
        ("systemctl restart helper", "the bot itself"),
        ("systemctl restart helper.service", "the bot itself"),
        ("docker restart 0123456789ab", "the bot itself"),
        ("cat /var/lib/bot/secret", "the bot itself"),
        ("ls --hide=/var/lib/bot", "the bot itself"),
        ("python3 -m bot backup", "the bot itself"),
        ("systemctl restart ai-orchestrator", "the bot itself"),
        ("pkill -f worker", "by number or pattern"),
        ("kill 1", "by number or pattern"),
        ("bash -c 'x'", "a program within a command"),
        ("env python3.11 x.py", "a program within a command"),
        ("ls | xargs touch", "a program within a command"),
        ("docker exec web true", "a program within a command"),
        ("touch $(date)", "computes nothing"),
        ("touch `date`", "a command within a command"),
        ("touch $HOME/x", "computes nothing"),
        ("diff <(ls) x", "a command within a command"),
        ("ls\nreboot", "one line"),
        ("ls 'x", "quotes"),
        ("r\\m -r /etc", "deletion only within"),
        ("'r'm -r /etc", "deletion only within"),
        ("rm -r /etc", "deletion only within"),
        ("/bin/rm -r /etc", "deletion only within"),
        ("true; rm -r /etc", "deletion only within"),
        ("true&&rm -r /etc", "deletion only within"),
        ("if true; then rm -r /etc; fi", "deletion only within"),
        ("sudo -n rm -r /etc", "deletion only within"),
        ("rm -r /srv/app/logs/../../etc", "deletion only within"),
        ("rm -r /srv/app/logs-old", "deletion only within"),
        ("rm -r relative", "deletion only within"),
        ("rm -r ~/x", "deletion only within"),
        ("rm -r /srv/app/logs/{a,../../b}", "deletion only within"),
        ("rm", "does not say what it deletes"),
        ("truncate --size=0 /var/log/syslog", "deletion only within"),
        ("truncate -s 0 /srv/app/logs/x", "deletion only within"),
        ("find / -type f -delete", "the bot itself"),
        ("find /etc -type f -delete", "deletion only within"),
        ("find -type f -delete", "does not say what it deletes"),
        ("find /srv/app/logs /etc -type f -delete", "deletion only within"),
        ("find /srv/app/logs -delete", "only files"),
        ("find /srv/app/logs -type f -name x -o -delete", "without alternatives"),
        ("find -L /srv/app/logs -type f -delete", "only prints or deletes"),
        ("find /srv/app/logs -exec touch {} +", "only prints or deletes"),
        ("find /etc -type f -fprint /x", "only prints or deletes"),
        ("echo x > /etc/motd", "writes no files"),
        ("echo x >> /etc/motd", "writes no files"),
        ("echo x &> /srv/app/logs/x", "writes no files"),
        ("cp a /etc/motd", "writes no files"),
        ("docker system prune --force", "takes away"),
        ("docker volume prune --force", "takes away"),
        ("docker image prune --all --force", "without --all"),
        ("docker image prune -af", "without --all"),
        ("docker rm web", "takes away"),
    ],
)
def test_never(command: str, why: str) -> None:
    """Each of these is refused, with the reason."""
    assert why in refused({"command": command})


@pytest.mark.parametrize(
    "command",
    [
        "systemctl reload nginx",
        "nginx -t 2>&1 | tail -n 1",
        "nginx -t > /dev/null",
        "journalctl --vacuum-size=200M",
        "apt-get clean",
        "sudo -n dnf clean packages",
        "du -sm /var/cache/apt/archives",
        "docker image prune --force",
        "docker builder prune --force",
        "rm -- /srv/app/logs/app.log.1",
        "rm -- /srv/app/logs/*.gz",
        "find /var/log/nginx -xdev -type f -mtime +14 -delete",
        'if [ "$UID" = 0 ]; then true; else sudo -n true; fi',
    ],
)
def test_allowed(command: str) -> None:
    """What a runbook is for goes through."""
    assert refused({"command": command}) == ""


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        ({"service": "ssh"}, "ssh"),
        ({"service": "sshd@1.service"}, "ssh"),
        ({"service": "NETWORKING.service"}, "the network"),
        ({"container": "app-redis-1"}, "a database"),
        ({"path": "/var/lib/bot/x"}, "the bot itself"),
        ({"services": ["nginx", "nftables"]}, "the firewall"),
        ({"options": {"unit": "mariadb"}}, "a database"),
    ],
)
def test_other_arguments(arguments: dict[str, JsonValue], why: str) -> None:
    """Not only command lines: whatever a tool is given counts, also within lists."""
    assert why in refused(arguments)


@pytest.mark.parametrize("service", ["nginx", "php8.2-fpm", "node", "worker@1.service", "docker"])
def test_ordinary_services(service: str) -> None:
    """A service may have the name of a program that no command may run."""
    assert refused({"service": service}) == ""


def test_what_holds_the_bot_is_not_emptied() -> None:
    """A listed directory in which the bot's own data lies is not deleted in as a whole."""
    bounds = Bounds(("/srv/data",), ("/srv/data/bot",))
    command = "find /srv/data -type f -delete"

    [why] = never.reasons("execute_command", {"command": command}, bounds)

    assert why == "find /srv/data: never the bot itself"


@pytest.mark.parametrize("directory", ["/", "/var", "var/log", "/var/log/..", "/srv/x/"])
def test_what_cannot_be_listed(directory: str) -> None:
    """A directory in which anything is deleted is absolute and deep enough."""
    assert unlistable(directory)


def test_who_the_bot_is() -> None:
    """Its unit is read from its control group, its container from the host's name."""
    assert names("0::/system.slice/helper.service\n", "web1") == ("helper.service",)
    assert names("0::/user.slice/session-1.scope\n", "web1") == ()
    assert names("0::/\n", "0123456789ab") == ("0123456789ab",)
