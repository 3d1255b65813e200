"""Suggestions for what is being typed after ``/ops``: at once, or none."""

import asyncio
import re
from collections.abc import Mapping, Sequence

import structlog
from discord.app_commands import Choice

from adapters.live.texts import one_line
from bot.chat import User
from bot.ports import Refused, StoreError
from bot.suggestion import Suggestion
from bot.tool import ToolError
from bot.views import Reading

log = structlog.get_logger()
MOST = 25
"""Suggestions at a time; Discord refuses more."""
_LONGEST = 100
"""Characters of a suggestion, and of what it puts in."""
PATIENCE = 1.5
"""Seconds for all of them: Discord gives up after three."""
_SENTENCE = "text"
"""The argument that is a request in plain words, or ``run TOOL name=value``."""
_RUN = re.compile(r"run\s+(?:(\w+)\s)?", re.IGNORECASE)
_GIVEN = re.compile(r"(\w+)=(\S*)")
_ON = re.compile(r"(?:^|\s)(?:on|sur)\s+$", re.IGNORECASE)


class Suggesting:
    def __init__(self, read: Reading) -> None:
        self._read = read

    async def choices(self, argument: str, typed: str, user: User) -> list[Choice[str]]:
        """Once *typed* is there of an argument; whoever may not see any is offered none."""
        try:
            async with asyncio.timeout(PATIENCE):
                if argument == _SENTENCE:
                    return await self._sentence(typed, user)
                return await self._values(argument, "", typed, {}, user)
        except (Refused, ToolError):  # nothing that they may see, or nothing to be seen
            return []
        except (TimeoutError, StoreError) as error:
            log.warning("nothing could be suggested", argument=argument, reason=repr(error))
            return []

    async def _sentence(self, typed: str, user: User) -> list[Choice[str]]:
        """The last word of a request."""
        cut = len(typed) - len(re.split(r"\s", typed)[-1])
        before, word = typed[:cut], typed[cut:]
        name, equals, value = word.partition("=")
        given = dict(_GIVEN.findall(before))
        if equals:
            return await self._values(name, f"{before}{name}=", value, given, user)
        if (word if not before.strip() else before.strip()).lower() == "run":
            part = word if before.strip() else ""
            return await self._values("tool", "run ", part, given, user)
        if direct := _RUN.match(before):
            return await self._arguments(direct[1] or "", before, word, given, user)
        if _ON.search(before):
            return await self._values("host", before, word, given, user)
        return []

    async def _arguments(
        self, tool: str, before: str, word: str, given: Mapping[str, str], user: User
    ) -> list[Choice[str]]:
        """What the tool takes and was not given yet."""
        known = {each.name: each for each in await self._read.tools(by=user)}
        if tool not in known:
            return []
        open_ = [name for name in known[tool].args.model_fields if name not in given]
        return _made(before, word, [Suggestion(f"{name}=") for name in open_])

    async def _values(
        self, argument: str, before: str, part: str, given: Mapping[str, str], user: User
    ) -> list[Choice[str]]:
        return _made(before, part, await self._read.suggest(argument, given, by=user))


def _made(before: str, part: str, found: Sequence[Suggestion]) -> list[Choice[str]]:
    """Those that *part* occurs in, the ones that begin with it first."""
    part = part.lower()
    fitting = [each for each in found if part in f"{each.value} {each.about}".lower()]
    fitting.sort(key=lambda each: not each.value.lower().startswith(part))
    made = [
        Choice(name=one_line(_label(before, each), _LONGEST), value=f"{before}{each.value}")
        for each in fitting
        if len(before) + len(each.value) <= _LONGEST
    ]
    return made[:MOST]


def _label(before: str, suggestion: Suggestion) -> str:
    about = f": {suggestion.about}" if suggestion.about else ""
    return f"{before}{suggestion.value}{about}"
