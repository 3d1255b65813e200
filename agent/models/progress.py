"""How far the download of a model is."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Progress:
    """Of one pull. The parts of a model come one after the other, each with its own size."""

    status: str
    completed: int = 0
    """Bytes of the part that is coming."""
    total: int = 0
    """Of all its bytes; 0 when there is nothing to count."""

    @property
    def done(self) -> bool:
        return self.status == "success"

    def __str__(self) -> str:
        if not self.total:
            return self.status
        share = 100 * self.completed / self.total
        return f"{self.status}: {share:.0f} % of {size(self.total)}"


def size(count: int) -> str:
    """Bytes as people read them: 5.2 GB."""
    for unit, factor in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if count >= factor:
            return f"{count / factor:.1f} {unit}"
    return f"{count} B"
