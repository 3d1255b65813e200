"""The machines that tools act on: the one the bot runs on, and those of the inventory."""

from collections.abc import Mapping

from bot.config import BadSettings, Settings
from bot.ports import Part
from bot.resources import Host, Roots
from tools.hosts.doctor import doctor
from tools.hosts.inventory import Build, Entry, Inventory
from tools.hosts.local import LocalHost
from tools.hosts.roots import local_roots
from tools.hosts.state import listing
from tools.security.rules import Rules, load


def create(settings: Settings) -> Inventory:
    """Raises BadSettings."""
    roots, rules = local_roots(settings), load(settings.policy_file)
    if settings.hosts_file is None and settings.default_host != LocalHost.name:
        raise BadSettings(
            f"AI_DEFAULT_HOST={settings.default_host}: there is no such host, only local"
        )
    build = _builder(rules, roots) if settings.hosts_file else None
    return Inventory(LocalHost(roots, rules), settings.default_host, settings.hosts_file, build)


def part(hosts: Inventory) -> Part:
    """What the inventory adds to the process besides itself."""
    return Part(
        commands=listing(hosts),
        doctor={"hosts": lambda: doctor(hosts)},
        troubles=lambda: {"hosts": hosts.trouble},
    )


def _builder(rules: Rules, local: Roots) -> Build:
    """asyncssh takes most of a second to load, so only an inventory loads it."""
    from tools.hosts.link import Link
    from tools.hosts.ssh import SshHost
    from tools.hosts.way import Way

    def build(name: str, entry: Entry, made: Mapping[str, Host]) -> Host:
        way = Way(
            name, entry.address, entry.port, entry.user, (entry.key,) if entry.key else (),
            entry.known_hosts,
        )  # fmt: skip
        through = made[entry.jump] if entry.jump else None
        jump = through.link if isinstance(through, SshHost) else None
        write = entry.roots("write")
        roots = Roots(
            read=tuple(dict.fromkeys((*entry.roots("read"), *write))),
            write=write,
            # A host on this very machine leads to the bot's own files as well.
            never=local.never if entry.loopback else (),
            backups=f"{write[0].rstrip('/')}/.backups" if write else "",
        )
        return SshHost(Link(way, jump), roots, rules, docker=entry.socket, mode=entry.mode)

    return build
