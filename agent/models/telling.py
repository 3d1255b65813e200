"""What people read and type about models: ``models``, ``pull``, ``python -m bot models …``."""

import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import aclosing

from agent.models.ollama import Ollama
from agent.models.progress import size
from agent.models.pulling import Pulls, shown
from agent.models.router import Router
from bot.chat import Role
from bot.command import Caller, Command, command
from bot.ports import ModelError, Refused
from bot.views import ModelInfo

_USAGE = "usage: models list | models pull NAME"
_BAD = 2
PATIENCE = 2.0
"""Seconds the command ``pull`` waits before it says how far it is."""


def table(models: Sequence[ModelInfo], auto: str) -> str:
    """A line for each model: size, what it can read and do, whether it is in memory."""
    return "\n".join(_line(model, auto) for model in models) or "no model is installed"


def _line(model: ModelInfo, auto: str) -> str:
    parts = (
        size(model.size) if model.size else "elsewhere",
        f"{model.context_length:,} tokens",
        ", ".join(model.capabilities),
        "loaded" if model.loaded else "",
        "auto" if model.name == auto else "",
    )
    return f"{model.name}: {' · '.join(filter(None, parts))}"


def commands(router: Router, pulls: Pulls) -> tuple[Command, ...]:
    @command(role=Role.VIEWER)
    async def models(caller: Caller) -> str:  # noqa: ARG001 - a command is handed who calls it
        """List the installed models: size, context, what they can do, which are loaded."""
        try:
            return await _listed(router)
        except ModelError as error:
            raise Refused(str(error)) from error

    @command(role=Role.ADMIN)
    async def pull(name: str, caller: Caller) -> str:  # noqa: ARG001 - a command is handed who calls it
        """Download a model onto the Ollama server, or say how far that is."""
        try:
            return await pulls.pull(name.strip(), patience=PATIENCE)
        except ModelError as error:
            raise Refused(str(error)) from error

    return models, pull


def cli(router: Router, ollama: Ollama) -> Mapping[str, Callable[[Sequence[str]], Awaitable[int]]]:
    async def models(words: Sequence[str]) -> int:
        try:
            match list(words):
                case ["list"]:
                    sys.stdout.write(f"{await _listed(router)}\n")
                case ["pull", name]:
                    async with aclosing(shown(ollama, name)) as lines:
                        async for line in lines:
                            sys.stdout.write(f"{line}\n")
                            sys.stdout.flush()
                case _:
                    sys.stderr.write(f"{_USAGE}\n")
                    return _BAD
        except ModelError as error:
            sys.stderr.write(f"{error}\n")
            return 1
        return 0

    return {"models": models}


async def _listed(router: Router) -> str:
    return table(await router.models(), (await router.status()).auto)
