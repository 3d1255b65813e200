"""How long, as people write it: ``45m``, ``2h``, ``1d 12h``."""

import re

from bot.ports import Refused

_UNITS = {"s": 1, "m": 60, "min": 60, "h": 3600, "d": 86_400}
_PART = re.compile(r"(\d{1,5})\s*(min|[smhd])\s*")
_LONGEST = 30 * 86_400


def seconds(text: str) -> float:
    """Raises Refused."""
    total, at = 0, 0
    for part in _PART.finditer(text.strip().lower()):
        if part.start() != at:
            break
        total += int(part[1]) * _UNITS[part[2]]
        at = part.end()
    if not total or at != len(text.strip()):
        raise Refused(f"{text!r} is no duration: write 45m, 2h or 1d")
    if total > _LONGEST:
        raise Refused("that is longer than 30 days")
    return float(total)
