"""Think, act, observe: the loop as a function from where a run stands to what it does next."""

from collections.abc import Callable, Mapping, Sequence
from hashlib import sha256
from pathlib import Path

from agent.compaction import question
from agent.state import State
from bot.ports import Action, Ask, Call, Fail, Finish, Message, Wait
from bot.recorded import Recorded
from bot.tool import Tool

PROMPT = Path(__file__).with_name("prompt.md")
GRACE = 10.0
"""Seconds for an expiry to be recorded; it wakes the run by itself."""


class React:
    """The agent people talk to."""

    name = "react"

    def __init__(self, tools: Callable[[], Mapping[str, Tool]]) -> None:
        self._tools = tools
        prompt = PROMPT.read_text(encoding="utf-8").strip()
        self._system = Message("system", prompt)
        self._version = sha256(prompt.encode()).hexdigest()[:12]

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
