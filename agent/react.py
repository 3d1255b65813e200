"""Think, act, observe: the loop as a function from where a run stands to what it does next."""

from collections.abc import Callable, Mapping, Sequence
from hashlib import sha256
from pathlib import Path

from agent.compaction import question
from agent.state import State
from bot.agents import Action, Ask, Call, Fail, Finish, Message, Stance, Wait
from bot.recorded import Recorded
from bot.tool import Tool

PROMPT = Path(__file__).with_name("prompt.md")
_USUAL = Stance()
GRACE = 10.0
"""Seconds for an expiry to be recorded; it wakes the run by itself."""


class React:
    """An agent whose model says what it does next."""

    def __init__(
        self,
        tools: Callable[[], Mapping[str, Tool]],
        *,
        name: str = "react",
        prompt: Path = PROMPT,
        stance: Stance = _USUAL,
    ) -> None:
        self.name = name
        self._tools = tools
        self._stance = stance
        text = prompt.read_text(encoding="utf-8").strip()
        self._system = Message("system", text)
        self._version = sha256(text.encode()).hexdigest()[:12]

    def tools(self) -> Mapping[str, Tool]:
        return self._tools()

    def stance(self, state: State) -> Stance:  # noqa: ARG002 - it is the same throughout
        return self._stance

    def begin(self, transcript: Sequence[Recorded], run: str) -> State:  # noqa: ARG002 - the run's own events come last; their RunStarted says where they begin
        state = State(self._system)
        for recorded in transcript:
            state.fold(recorded)
        return state

    def next(self, state: State) -> Action:
        if state.failure:
            return Fail(state.failure)
        if state.open:
            return Call(state.open)
        if state.final and not state.news:
            # A person is still to say what becomes of a call that may have run.
            return Wait(state.undecided + GRACE) if state.undecided else Finish(state.final)
        if older := state.older:
            upto, messages = older
            return Ask(question(messages), (), state.model, purpose="summary", upto=upto)
        tools = self._tools().values()
        return Ask(
            messages=[*state.messages, *state.news],
            tools=tuple(tool for tool in tools if tool.read_only or not state.looking),
            model=state.model,
            prompt=self._version,
        )
