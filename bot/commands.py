"""Every command there is, and the one way to run it."""

from collections.abc import Mapping, Sequence
from difflib import get_close_matches

from pydantic import JsonValue, ValidationError

from bot.access import Access, authorize
from bot.command import Caller, Command
from bot.ports import Refused


class Dispatcher:
    """Commands by name; parts add theirs, and no two share a name."""

    def __init__(self, access: Access) -> None:
        self._access = access
        self.all: dict[str, Command] = {}

    def add(self, commands: Sequence[Command]) -> None:
        for command in commands:
            if command.name in self.all:
                raise ValueError(f"two commands are called {command.name!r}")
            self.all[command.name] = command

    async def run(self, name: str, args: Mapping[str, JsonValue] | str, caller: Caller) -> str:
        """Raises Refused: no such command, bad arguments, or Forbidden."""
        command = self.all.get(name.lower())
        if command is None:
            near = get_close_matches(name, self.all, n=1)
            hint = f"did you mean {near[0]}?" if near else "help lists them"
            raise Refused(f"there is no command {name!r}; {hint}")
        authorize(await self._access.role(caller.user), command.role, f"The command {name}")
        given = _words(command, args) if isinstance(args, str) else args
        try:
            parsed = command.args.model_validate(given)
        except ValidationError as error:
            raise Refused(f"{_problem(error)}. Usage: {usage(command)}") from None
        fields = {field: getattr(parsed, field) for field in command.args.model_fields}
        return await command.fn(**fields, caller=caller)


def usage(command: Command) -> str:
    words = (
        name if field.is_required() else f"[{name}]"
        for name, field in command.args.model_fields.items()
    )
    return " ".join((command.name, *words))


def _words(command: Command, text: str) -> dict[str, str]:
    """Fill the parameters in order; the last one takes the rest of the line."""
    names = list(command.args.model_fields)
    words = text.split(maxsplit=max(0, len(names) - 1)) if text.strip() else []
    if words and not names:
        raise Refused(f"{command.name} takes nothing more")
    return dict(zip(names, words, strict=False))


def _problem(error: ValidationError) -> str:
    first = error.errors()[0]
    return f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
