"""A thread's log written by hand, folded event by event as the kernel does."""

from dataclasses import replace

from agent.react import React
from agent.state import State
from bot.agents import Action, Ask, Message
from bot.chat import Role, ThreadRef, User
from bot.events import Context, Event, ModelReplied, Outcome, RunStarted, ToolFinished, ToolStarted
from bot.recorded import Recorded
from bot.tool import Risk, Tool, ToolCall, Trust, Verdict, tool

THREAD = ThreadRef("web", "", "", "thread")
ANN = User("web", "ann", "Ann")
BOB = User("web", "bob", "Bob")


@tool(risk=Risk.READ)
async def disk_usage(path: str = "/") -> str:
    """Show how full the disks are."""
    return path


@tool(risk=Risk.DANGER)
async def execute_command(command: str) -> str:
    """Run a command."""
    return command


TOOLS: dict[str, Tool] = {t.name: t for t in (disk_usage, execute_command)}


class Recording:
    """The log of a thread. Every event is folded at once; :meth:`refolded` starts over."""

    def __init__(self, text: str = "how full?", *, user: User = ANN, model: str = "auto") -> None:
        self.agent = React(lambda: TOOLS)
        self.log: list[Recorded] = []
        self.state: State = self.agent.begin((), "r1")
        self.run = "r0"
        self.seq = -1
        self.start(text, user=user, model=model)

    def start(self, text: str, *, user: User = ANN, model: str = "auto") -> None:
        """A new run in the same thread."""
        self.run, self.seq = f"r{int(self.run[1:]) + 1}", -1
        self.add(RunStarted(user, Role.ADMIN, text, model))

    def add(self, event: Event) -> None:
        self.seq += 1
        self.log.append(Recorded(len(self.log) + 1, self.run, self.seq, 0, THREAD, event))
        self.state.fold(self.log[-1])

    def reply(self, text: str = "", *calls: ToolCall, saw: int | None = None) -> None:
        """The model replies, having seen all events, or those up to seq *saw*."""
        context = Context(last=self.seq if saw is None else saw)
        self.add(ModelReplied(text, tool_calls=calls, context=context))

    def finish(
        self,
        call: ToolCall,
        output: str = "done",
        outcome: Outcome = "ok",
        trust: Trust = Trust.SYSTEM,
        *,
        ran: ToolCall | None = None,
    ) -> None:
        """The call starts, possibly as *ran*, and ends."""
        self.add(ToolStarted(ran or call, Verdict()))
        self.add(ToolFinished(call.id, outcome, output, trust))

    def refuse(self, call: ToolCall, output: str, outcome: Outcome = "error") -> None:
        """The call ends without having started."""
        self.add(ToolFinished(call.id, outcome, output))

    @property
    def next(self) -> Action:
        """What the agent does; the same whether it folded as it went or all at once."""
        again = self.agent.next(self.agent.begin(self.log, self.run))
        assert self.agent.next(self.state) == again
        return again

    @property
    def ask(self) -> Ask:
        action = self.next
        assert isinstance(action, Ask)
        return action

    @property
    def shown(self) -> list[Message]:
        """What the model is shown after the system prompt."""
        return list(self.ask.messages[1:])


def call(number: int, name: str = "disk_usage", **args: str) -> ToolCall:
    return ToolCall(f"1.{number}", name, dict(args))


def edited(original: ToolCall, **args: str) -> ToolCall:
    return replace(original, args=dict(args))
