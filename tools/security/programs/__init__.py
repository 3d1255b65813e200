"""Every program that is known, by family. To add a family, add a file with ``PROGRAMS``."""

import re
from collections.abc import Mapping
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import cast

from tools.security.invocation import Judge

_VERSIONED = re.compile(
    r"(python|php|ruby|perl|lua|node|pypy|mkfs|fsck|gcc|pip|java)[\d.]*|(mkfs|fsck)\.\w+"
)


@cache
def programs() -> Mapping[str, Judge]:
    """Name → judge. A key in a family may hold several names, parted by blanks."""
    found: dict[str, Judge] = {}
    for info in iter_modules(__path__):
        module = import_module(f"{__name__}.{info.name}")
        table = cast("Mapping[str, Judge]", module.PROGRAMS)
        for names, judge in table.items():
            for name in names.split():
                if found.setdefault(name, judge) is not judge:
                    raise ValueError(f"two judges for {name}")
    return found


def judge_of(name: str) -> Judge | None:
    table = programs()
    if name in table:
        return table[name]
    versioned = _VERSIONED.fullmatch(name)
    return table.get(versioned[1] or versioned[2]) if versioned else None
