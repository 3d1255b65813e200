"""The command ``hosts``: the machines, and whether they can be reached."""

from bot.chat import Role
from bot.command import Caller, Command, command
from tools.hosts.inventory import Inventory


def listing(hosts: Inventory) -> tuple[Command, ...]:
    @command(role=Role.VIEWER, name="hosts")
    async def listed(caller: Caller) -> str:  # noqa: ARG001 - a command is handed who calls it
        """List the machines that tools act on."""
        lines = [_line(hosts, name) for name in hosts.names()]
        return "\n".join([*lines, *filter(None, [hosts.trouble])])

    return (listed,)


def _line(hosts: Inventory, name: str) -> str:
    host, entry = hosts.get(name), hosts.entries.get(name)
    about = [f"{name}: {host.account}"]
    if entry is not None:
        about.append(f"at {entry.address}:{entry.port}")
        about += [f"groups {', '.join(entry.groups)}"] if entry.groups else []
        about += [f"mode {entry.mode}"] if entry.mode else []
    link = getattr(host, "link", None)
    if link is not None:
        about.append(link.trouble or ("connected" if link.connected else "not needed yet"))
    default = " (default)" if name == hosts.default else ""
    return ", ".join(about) + default
