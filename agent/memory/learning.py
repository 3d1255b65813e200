"""Learning from a run when it is over: a small question to a model, and many reasons to say no."""

import json
from collections.abc import Sequence
from contextlib import aclosing, suppress
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import structlog
from pydantic import BaseModel, Field, TypeAdapter, ValidationError

from agent.memory.evidence import Evidence, gathered
from agent.memory.memories import Memories
from agent.memory.recalling import Recaller
from agent.memory.sameness import names
from agent.memory.wording import shown
from bot.agents import Ask, Message
from bot.events import ModelReplied
from bot.journal import load
from bot.memory import BadMemory, Kind, NewMemory, Remembered, Scope, Standpoint
from bot.ports import Model, ModelError, Store
from bot.usage import added
from bot.verdict import Trust

log = structlog.get_logger()
_PROMPT = Path(__file__).with_name("learn.md").read_text(encoding="utf-8").strip()
_KNOWN = 6
"""Memories that the model is shown besides, to repeat none and correct some."""
_MOST = 5


class Lesson(BaseModel):
    kind: Kind
    text: Annotated[str, Field(min_length=8, max_length=600)]
    replaces: int = 0


_LESSON = TypeAdapter(Lesson)


class Learner:
    def __init__(
        self,
        store: Store,
        memories: Memories,
        recaller: Recaller,
        model: Model,
        *,
        review: bool,
    ) -> None:
        """*review*: what is learned waits for a person."""
        self._store = store
        self._memories = memories
        self._recaller = recaller
        self._model = model
        self._review = review

    async def serve(self) -> None:
        """Learn from each run that ends, one at a time, until cancelled."""
        while True:
            run, thread = await self._memories.ended.get()
            evidence = gathered(await load(self._store, run, thread))
            if evidence.worth_it:
                await self.learn(run, Standpoint(evidence.user, thread), evidence)

    async def learn(self, run: str, at: Standpoint, evidence: Evidence) -> None:
        known = (await self._recaller.recall(evidence.asked, at.keys, patience=5)).memories[:_KNOWN]
        try:
            answer = await self._ask(run, at, evidence, known)
        except ModelError as error:
            log.info("nothing learned", run=run, reason=str(error))
            return
        for number, lesson in enumerate(lessons(answer)[:_MOST]):
            if stray := names(lesson.text) - names(f"{evidence.text} {_texts(known)}"):
                log.info("not learned: nobody said so", run=run, names=sorted(stray))
                continue
            try:
                new = self._new(lesson, at, evidence, known, origin=f"learned {run} {number}")
                await self._memories.store(replace(new, run=run), at)
            except BadMemory as why:
                log.info("not learned", run=run, reason=str(why))

    async def _ask(
        self, run: str, at: Standpoint, evidence: Evidence, known: Sequence[Remembered]
    ) -> str:
        about = "\n".join(map(shown, known)) or "none"
        question = f"Known memories:\n{about}\n\nThe conversation:\n{evidence.text}"
        ask = Ask([Message("system", _PROMPT), Message("user", question)], (), purpose="summary")
        reply = ModelReplied()
        async with aclosing(self._model.reply(ask)) as pieces:
            async for piece in pieces:
                reply = piece if isinstance(piece, ModelReplied) else reply
        sql, values = added(run, at.user.key, reply.model, reply.usage)
        await self._store.write(sql, *values)
        return reply.text

    def _new(
        self,
        lesson: Lesson,
        at: Standpoint,
        evidence: Evidence,
        known: Sequence[Remembered],
        *,
        origin: str,
    ) -> NewMemory:
        scope: Scope = "user" if lesson.kind == "preference" else at.here
        correctable = [m.id for m in known if m.scope == at.key(scope)]
        return NewMemory(
            lesson.text,
            lesson.kind,
            scope,
            Trust.OPERATOR if evidence.trusted else Trust.EXTERNAL,
            replaces=lesson.replaces if lesson.replaces in correctable else 0,
            origin=origin,
            review=self._review,
        )


def lessons(answer: str) -> list[Lesson]:
    """What of a model's answer is sound; prose around the JSON does not matter."""
    begin, end = answer.find("["), answer.rfind("]")
    items: list[Any] = []
    with suppress(ValueError, RecursionError):
        items = json.loads(answer[begin : end + 1])
    found: list[Lesson] = []
    for item in items:
        try:
            found.append(_LESSON.validate_python(item))
        except ValidationError:
            continue
    return found


def _texts(memories: Sequence[Remembered]) -> str:
    return " ".join(memory.text for memory in memories)
