"""Which checks there are."""

from collections.abc import Mapping
from importlib import import_module
from pkgutil import iter_modules

from healer import checks
from healer.check import Check


def builtin() -> Mapping[str, Check]:
    """Every module-level ``Check`` of the package ``healer.checks``, by name.

    Raises ValueError when two share one."""
    found: dict[str, Check] = {}
    for info in iter_modules(checks.__path__):
        for value in vars(import_module(f"{checks.__name__}.{info.name}")).values():
            if isinstance(value, Check) and found.setdefault(value.name, value) is not value:
                raise ValueError(f"two checks are named {value.name!r}")
    return found
