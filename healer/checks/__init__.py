"""Every module-level ``Check`` in this package. To add one, add a file."""

from collections.abc import Mapping
from importlib import import_module
from pkgutil import iter_modules

from healer.check import Check


def load() -> Mapping[str, Check]:
    """Checks by name. Raises ValueError when two share one."""
    found: dict[str, Check] = {}
    for info in iter_modules(__path__):
        for value in vars(import_module(f"{__name__}.{info.name}")).values():
            if isinstance(value, Check) and found.setdefault(value.name, value) is not value:
                raise ValueError(f"two checks are named {value.name!r}")
    return found
