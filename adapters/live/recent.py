"""What was seen lately: a bounded memory that saves looking things up."""


class Recent:
    """Names, the oldest of which are forgotten. Not to know a name means nothing."""

    def __init__(self, most: int = 10_000) -> None:
        self._most = most
        self._names: dict[str, None] = {}

    def add(self, name: str) -> None:
        self._names[name] = None
        if len(self._names) > self._most:
            del self._names[next(iter(self._names))]

    def __contains__(self, name: str) -> bool:
        return name in self._names
