"""The inventory: the machine the bot runs on."""

from collections.abc import Sequence

from bot.config import BadSettings, Settings
from bot.resources import Host, Hosts
from bot.tool import ToolError
from tools.hosts.local import LocalHost
from tools.hosts.roots import local_roots
from tools.security.rules import load


class Inventory:
    """Implements ``bot.resources.Hosts`` over a fixed set of hosts."""

    def __init__(self, *hosts: Host, default: str) -> None:
        self.default = default
        self._hosts = {host.name: host for host in hosts}

    def names(self) -> Sequence[str]:
        return sorted(self._hosts)

    def get(self, name: str | None) -> Host:
        host = self._hosts.get(name or self.default)
        if host is None:
            raise ToolError(f"there is no host {name!r}; there are: {', '.join(self.names())}")
        return host

    def expand(self, target: str) -> Sequence[str]:
        """One machine has no groups: a target is one name; raises ToolError."""
        return (self.get(target).name,)


def create(settings: Settings) -> Hosts:
    """Raises BadSettings."""
    if settings.default_host != LocalHost.name:
        raise BadSettings(
            f"AI_DEFAULT_HOST={settings.default_host}: there is no such host, only local"
        )
    return Inventory(
        LocalHost(local_roots(settings), load(settings.policy_file)), default=LocalHost.name
    )
