"""Who may answer a question: a model that can, on a server that has it, and who comes after it."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from agent.models.catalogue import find
from agent.models.errors import Blind, NotInstalled, Unreachable
from agent.models.roles import Wanted, candidates, role_of
from agent.models.servers import Server, Servers
from bot.agents import Ask
from bot.at_once import at_once
from bot.ports import ModelError

MOST = 4
"""How many are asked before the question fails: each may take a minute to say nothing."""


@dataclass(frozen=True, slots=True)
class Candidate:
    server: Server
    model: str


@dataclass(slots=True)
class Found:
    """What the servers have: each one's models, and what is wrong with those that do not say."""

    names: dict[Server, Sequence[str]] = field(default_factory=dict["Server", "Sequence[str]"])
    troubles: list[ModelError] = field(default_factory=list[ModelError])

    @property
    def all(self) -> list[str]:
        return sorted({name for names in self.names.values() for name in names})


async def choose(ask: Ask, wanted: Sequence[Wanted], servers: Servers) -> list[Candidate]:
    """Best first, at least one. Raises NotInstalled, Blind, or what is wrong with the servers."""
    sound, failed = servers.order(ask.thread)
    if sound and failed:
        try:
            return await _choose(ask, wanted, sound)
        except ModelError:
            pass  # Only the others may have it: they get another chance.
    return await _choose(ask, wanted, [*sound, *failed])


async def _choose(ask: Ask, wanted: Sequence[Wanted], order: Sequence[Server]) -> list[Candidate]:
    found = await _look(order)
    if not found.names:
        raise worst(found.troubles)
    role = role_of(ask)
    names = candidates(wanted, role) if ask.model == "auto" else [ask.model]
    if role == "vision":
        return await _seeing(ask, names, found)
    if chosen := _among(names, found):
        return chosen[:MOST]
    raise NotInstalled(names, found.all)


async def _look(order: Sequence[Server]) -> Found:
    found = Found()

    async def look(server: Server) -> None:
        try:
            found.names[server] = await server.ollama.names()
        except ModelError as error:
            server.fail()
            found.troubles.append(error)

    await at_once([look(server) for server in order])
    found.names = {server: found.names[server] for server in order if server in found.names}
    return found


def worst(troubles: Sequence[ModelError]) -> ModelError:
    """What a person can do most about: a refused key rather than a machine that is off."""
    away = [each for each in troubles if isinstance(each, Unreachable)]
    if len(away) < len(troubles):
        return next(each for each in troubles if not isinstance(each, Unreachable))
    return Unreachable(*dict.fromkeys(place for each in away for place in each.places))


def _among(names: Sequence[str], found: Found) -> list[Candidate]:
    """Each of *names* on every server that has it."""
    chosen: dict[tuple[Server, str], Candidate] = {}
    for name in names:
        for server, installed in found.names.items():
            if full := find((name,), installed):
                chosen.setdefault((server, full), Candidate(server, full))
    return list(chosen.values())


async def _seeing(ask: Ask, names: Sequence[str], found: Found) -> list[Candidate]:
    """Those that see pictures; with ``auto`` any installed one will do."""
    anything = found.all if ask.model == "auto" else []
    if not (some := _among([*names, *anything], found)):
        raise NotInstalled(names, found.all)
    able = [each for each in some if await each.server.ollama.can(each.model, "vision")]
    if not able:
        raise Blind("" if ask.model == "auto" else ask.model)
    return able[:MOST]
