"""Every module-level ``Tool`` in this package. To add one, add a file."""

from collections.abc import Mapping
from importlib import import_module
from pkgutil import iter_modules

from bot.config import BadSettings, Settings
from bot.ports import Part
from bot.tool import Tool
from tools.plugin_cli import cli as listing
from tools.plugins import Plugins
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


def create(settings: Settings) -> tuple[Plugins, Part]:
    """All tools, and what comes with them. Raises BadSettings, also when the rules of the
    operators are bad."""
    if settings.tools_dir and not settings.tools_dir.is_dir():
        raise BadSettings(f"AI_TOOLS_DIR: {settings.tools_dir} is no directory; make it")
    plugins = Plugins(settings.plugins, load())
    classify = classifying(Policy(load_rules(settings.policy_file)))
    part = Part(
        services=(plugins,),
        cli={**classify, **listing(plugins)},
        prepare=plugins.prepare,
        troubles=plugins.troubles,
    )
    return plugins, part
