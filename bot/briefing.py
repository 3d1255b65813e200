"""What a run's model is given with its question: what is remembered, and the pictures."""

from dataclasses import replace

from bot.agents import Ask, Message
from bot.memory import Briefing, Memory, Standpoint
from bot.pictures import Gallery
from bot.run import Run, Told


class Briefer:
    def __init__(self, memory: Memory | None, gallery: Gallery) -> None:
        self._memory = memory
        self._gallery = gallery

    async def brief(self, run: Run, ask: Ask) -> Ask:
        """The question with the conversation's newest pictures and what is remembered; a summary is
        made of words alone."""
        if ask.purpose != "step":
            return await self._gallery.shown(ask, {}, most=0)
        return await self._remind(run, await self._gallery.shown(ask, run.sight))

    async def _remind(self, run: Run, ask: Ask) -> Ask:
        """The question with what is remembered right behind its system prompt.

        Recalled at the run's first question. Later ones, also in a later life of the process, show
        the same memories, but for those that were forgotten meanwhile."""
        if self._memory is None:
            return ask
        if run.told is None:
            made = await self._briefing(self._memory, run)
            run.told = Told(made.ids, (Message("system", made.text),) if made.text else ())
        if not run.told.messages:
            return ask
        system, *rest = ask.messages
        return replace(ask, messages=[system, *run.told.messages, *rest])

    def ended(self, run: Run) -> None:
        """Learn from a run that is over."""
        if self._memory is not None:
            self._memory.learn(run.id, run.thread)

    async def _briefing(self, memory: Memory, run: Run) -> Briefing:
        if run.ledger.briefed is not None:
            return await memory.brief_again(run.ledger.briefed)
        assert run.ledger.started
        asked = run.ledger.started.text
        if not asked.strip():
            return Briefing()  # a picture without a word is like nothing in particular
        return await memory.brief(asked, Standpoint(run.user, run.thread))
