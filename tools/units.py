"""Numbers as people read them."""


def size(count: float) -> str:
    """Bytes, in steps of 1,024: ``512 B``, ``1.5 KiB``."""
    for unit in ("B", "KiB", "MiB", "GiB"):
        if count < 1024:
            return f"{count:.0f} B" if unit == "B" else f"{count:.1f} {unit}"
        count /= 1024
    return f"{count:.1f} TiB"


def percent(part: float, whole: float) -> str:
    """Empty when there is no whole."""
    return f"{100 * part / whole:.0f}%" if whole else ""


def age(seconds: float) -> str:
    """The two largest units: ``3 d 4 h``."""
    if seconds < 60:
        return f"{int(seconds)} s"
    minutes = int(seconds // 60)
    days, hours, rest = minutes // 1440, minutes // 60 % 24, minutes % 60
    if days:
        return f"{days} d {hours} h"
    return f"{hours} h {rest} min" if hours else f"{rest} min"
