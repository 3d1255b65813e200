"""What people type about memory: ``memory``, ``remember``, ``forget``, ``feedback``."""

import re
from typing import Literal, get_args

from agent.memory.desk import Desk
from agent.memory.wording import listed, shown
from bot.access import authorize
from bot.chat import Role
from bot.command import Caller, Command, command
from bot.memory import BadMemory, NewMemory, Scope, Standpoint
from bot.ports import Refused
from bot.verdict import Trust

_SCOPED = re.compile(rf"({'|'.join(get_args(Scope))}):\s*(.*)", re.DOTALL)
_WIDE = ("global", "space")
_CHOSEN = re.compile(r"(#?\d+[\s,]*)+")
_SEVERAL = 10
_MOST_FORGOTTEN = 50
Verb = Literal["list", "search", "show", "review", "accept", "reject", "stats"]


def commands(desk: Desk) -> tuple[Command, ...]:
    return (_memory(desk), _remember(desk), _forget(desk), _feedback(desk))


def _memory(desk: Desk) -> Command:
    @command(role=Role.VIEWER)
    async def memory(caller: Caller, verb: Verb = "list", what: str = "") -> str:
        """List what is remembered here; search TEXT, show N, review, accept N, reject N, stats."""
        at = _standpoint(caller)
        match verb:
            case "list":
                return listed(await desk.memories.list(at), "nothing is remembered here yet")
            case "search":
                recall = await desk.memories.recall(_needed(what), at, limit=_SEVERAL)
                note = f"\n(by words only: {recall.degraded})" if recall.degraded else ""
                return listed(recall.memories, "nothing like it is remembered here") + note
            case "show":
                return "\n\n".join([await desk.details(each, at) for each in _ids(what)])
            case "review":
                return listed(await desk.waiting(at), "nothing waits for a review")
            case "stats":
                return await desk.stats()
            case "accept" | "reject":
                authorize(await desk.role(caller.user), Role.OPERATOR, "Reviewing memories")
                return await desk.review(_ids(what), at, accept=verb == "accept")

    return memory


def _remember(desk: Desk) -> Command:
    @command(role=Role.OPERATOR)
    async def remember(text: str, caller: Caller) -> str:
        """Remember a fact; begin with user:, channel:, space: or global: to say for whom."""
        at = _standpoint(caller)
        scope: Scope = at.here
        if named := _SCOPED.fullmatch(text):
            scope, text = named[1], named[2]  # pyright: ignore[reportAssignmentType] - the pattern
        if scope in _WIDE:
            authorize(await desk.role(caller.user), Role.APPROVER, f"Remembering for {scope}")
        origin = f"{at.thread} {caller.message}" if caller.message else ""
        new = NewMemory(text, "fact", scope, Trust.OPERATOR, origin=origin)
        try:
            stored = await desk.memories.store(new, at)
        except BadMemory as why:
            raise Refused(str(why)) from why
        return f"{'known already' if stored.known else 'remembered'}: {shown(stored.memory)}"

    return remember


def _forget(desk: Desk) -> Command:
    @command(role=Role.VIEWER)
    async def forget(what: str, caller: Caller) -> str:
        """Show what would be forgotten: numbers, or what it is about. Add *yes* to numbers to do
        it."""
        at = _standpoint(caller)
        chosen = what.removesuffix("yes").strip()
        if not _CHOSEN.fullmatch(chosen):
            recall = await desk.memories.recall(what, at, limit=_SEVERAL)
            found, sure = recall.memories, False
        else:
            found, sure = await desk.found(_ids(chosen), at), what.endswith("yes")
        if not found:
            return "nothing like it is remembered here"
        if not sure:
            numbers = " ".join(str(memory.id) for memory in found)
            return f"{listed(found, '')}\nTo forget this for good: forget {numbers} yes"
        await desk.may_forget(found, caller.user)
        gone = await desk.memories.forget([memory.id for memory in found], at)
        return f"forgotten: {', '.join(f'#{memory.id}' for memory in gone)}"

    return forget


def _feedback(desk: Desk) -> Command:
    @command(role=Role.VIEWER)
    async def feedback(verdict: Literal["good", "bad"], caller: Caller, run: str = "") -> str:
        """Say whether an answer was good or bad; without a run, the newest one of this thread."""
        return await desk.feedback(verdict == "good", run, _standpoint(caller))

    return feedback


def _standpoint(caller: Caller) -> Standpoint:
    return Standpoint(caller.user, caller.thread)


def _needed(what: str) -> str:
    if not what.strip():
        raise Refused("say what to look for: memory search TEXT")
    return what


def _ids(what: str) -> list[int]:
    if not _CHOSEN.fullmatch(what.strip()):
        raise Refused("name memories by their numbers, such as 12 or #12")
    ids = [int(number) for number in re.findall(r"\d{1,15}", what)]
    if len(ids) > _MOST_FORGOTTEN:
        raise Refused(f"at most {_MOST_FORGOTTEN} memories at a time")
    return ids
