"""Every module-level ``Tool`` in this package. To add one, add a file."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from importlib import import_module
from pkgutil import iter_modules

from bot.config import Settings
from bot.tool import Tool
from tools.security import Policy
from tools.security.cli import cli as classifying
from tools.security.rules import load as load_rules


def load() -> Mapping[str, Tool]:
    """Tools by name. Raises ValueError when two share one."""
    modules = [import_module(f"{__name__}.{info.name}") for info in iter_modules(__path__)]
    found: dict[str, Tool] = {}
    for module in modules:
        for value in vars(module).values():
            if isinstance(value, Tool) and found.setdefault(value.name, value) is not value:
                raise ValueError(f"two tools are named {value.name!r}")
    return found


def cli(settings: Settings) -> Mapping[str, Callable[[Sequence[str]], Awaitable[int]]]:
    """Verbs of the command line. Raises BadSettings when the rules of the operators are bad."""
    return classifying(Policy(load_rules(settings.policy_file)))
