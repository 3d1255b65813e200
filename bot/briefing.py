"""What a run is told from memory: once, before its model first thinks, and then kept in sight."""

from dataclasses import replace

from bot.agents import Ask, Message
from bot.memory import Briefing, Memory, Standpoint
from bot.run import Run, Told


class Briefer:
    def __init__(self, memory: Memory | None) -> None:
        self._memory = memory

    async def brief(self, run: Run, ask: Ask) -> Ask:
        """The question with what is remembered right behind its system prompt.

        Recalled at the run's first question. Later ones, also in a later life of the process, show
        the same memories, but for those that were forgotten meanwhile."""
        if self._memory is None or ask.purpose != "step":
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
        return await memory.brief(run.ledger.started.text, Standpoint(run.user, run.thread))
