"""Names that people write, checked before anything is done with them."""

from bot.ports import Refused
from bot.resources import Hosts
from bot.tool import ToolError


def known_host(hosts: Hosts, host: str) -> None:
    try:
        hosts.get(host)
    except ToolError as error:
        raise Refused(str(error)) from error
