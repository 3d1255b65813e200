"""Numbered SQL files, one text for every database, applied in order and never changed."""

from collections.abc import Sequence
from pathlib import Path


def pending(applied: Sequence[int]) -> list[tuple[int, str, str]]:
    """(number, name, SQL) of the migrations not yet *applied*, in order."""
    found = sorted(Path(__file__).parent.glob("[0-9]*_*.sql"))
    numbered = [(int(path.name[:4]), path.stem, path.read_text()) for path in found]
    return [entry for entry in numbered if entry[0] not in applied]
