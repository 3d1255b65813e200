"""Which models an Ollama server has, and what each can do."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import ollama

from agent.models.errors import NotInstalled
from bot.views import ModelInfo

FRESH = 10.0
"""Seconds the list of installed models is believed."""
UNSAID = 4_096
"""Context length of a model that does not say."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What ``/api/show`` says of a model."""

    context_length: int
    capabilities: frozenset[str]


class Catalogue:
    def __init__(self, client: ollama.AsyncClient, auto: Sequence[str]) -> None:
        self._client = client
        self._auto = auto
        self._facts: dict[str, Facts] = {}
        self._names: tuple[str, ...] = ()
        self._read_at = float("-inf")

    async def resolve(self, name: str) -> str:
        """The installed model that *name* means; ``auto``: the first of the configured ones.

        A name without a tag means ``:latest``, or else any tag. Raises NotInstalled."""
        wanted = self._auto if name == "auto" else (name,)
        found = find(wanted, await self.names())
        if not found:
            self.forget()
            found = find(wanted, await self.names())
        if not found:
            raise NotInstalled(wanted, self._names)
        return found

    async def facts(self, name: str) -> Facts:
        """Asked once per model."""
        if name not in self._facts:
            shown = await self._client.show(name)
            about: dict[str, Any] = dict(shown.modelinfo or {})
            lengths = [v for k, v in about.items() if k.endswith(".context_length")]
            self._facts[name] = Facts(
                int(lengths[0]) if lengths else UNSAID, frozenset(shown.capabilities or ())
            )
        return self._facts[name]

    async def installed(self) -> tuple[ModelInfo, ...]:
        """All installed models, and which of them are in memory."""
        listed = (await self._client.list()).models
        loaded = {model.model for model in (await self._client.ps()).models}
        return tuple(
            ModelInfo(model.model or "", int(model.size or 0), model.model in loaded)
            for model in listed
        )

    async def described(self) -> tuple[ModelInfo, ...]:
        """The same with what each can do and how much it can read."""

        async def describe(model: ModelInfo) -> ModelInfo:
            facts = await self.facts(model.name)
            return replace(
                model,
                context_length=facts.context_length,
                capabilities=tuple(sorted(facts.capabilities)),
            )

        return tuple([await describe(model) for model in await self.installed()])

    def automatic(self, installed: Sequence[ModelInfo]) -> str:
        """What ``auto`` means among these; empty when nothing."""
        return find(self._auto, [model.name for model in installed])

    def forget(self) -> None:
        """Something was not as remembered: ask anew."""
        self._read_at = float("-inf")
        self._facts.clear()

    async def names(self) -> tuple[str, ...]:
        """The installed models, asked anew when the list is not fresh."""
        now = asyncio.get_running_loop().time()
        if now - self._read_at > FRESH:
            models = (await self._client.list()).models
            self._names = tuple(model.model for model in models if model.model)
            self._read_at = now
        return self._names


def find(wanted: Sequence[str], installed: Sequence[str]) -> str:
    """The first of *wanted* that is installed, by its full name; empty when none is."""
    for name in wanted:
        if name in installed:
            return name
        if ":" not in name:
            tagged = [full for full in installed if full.startswith(f"{name}:")]
            if tagged:
                return f"{name}:latest" if f"{name}:latest" in tagged else tagged[0]
    return ""
