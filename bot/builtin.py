"""The commands of the kernel itself: looking around, deciding, stopping."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from typing import Annotated, Protocol

from pydantic import Field

from bot.chat import IncomingMessage, Role, User
from bot.command import Caller, Command, command
from bot.commands import usage
from bot.events import Decision
from bot.ids import new_id
from bot.ports import Bot, Refused
from bot.spending import DayBudget
from bot.usage import Used, today


class Granting(Bot, Protocol):
    """The kernel's own bot: only a command grants budget, so the port does not know of it."""

    async def grant(self, run: str, *, by: User) -> None: ...


def commands(bot: "Granting") -> tuple[Command, ...]:
    return (
        *looking(bot),
        *listing(bot),
        *talking(bot),
        *choosing(bot),
        *deciding(bot),
        *budgets(bot),
    )


def looking(bot: Bot) -> tuple[Command, ...]:
    @command(role=Role.VIEWER, name="help")
    async def help_(caller: Caller) -> str:
        """List the commands you may use."""
        allowed = await bot.read.commands(by=caller.user)
        return "\n".join(f"{usage(entry)}: {entry.summary}" for entry in allowed)

    @command(role=Role.VIEWER)
    async def status(caller: Caller) -> str:  # noqa: ARG001 - a command is handed who calls it
        """Say how the bot is: its parts, its model, its mode."""
        health = await bot.read.health()
        broken = [f"{name}: {problem}" for name, problem in health.parts.items() if problem]
        model = "reachable" if health.model.reachable else f"not reachable: {health.model.detail}"
        return "\n".join((f"mode {health.mode}, model {model}", *(broken or ["all parts work"])))

    @command(role=Role.VIEWER)
    async def whoami(caller: Caller) -> str:
        """Say who you are to the bot and what you may do."""
        return f"{caller.user.key}, {await bot.read.role(caller.user)}"

    return help_, status, whoami


def listing(bot: Bot) -> tuple[Command, ...]:
    @command(role=Role.VIEWER)
    async def tools(caller: Caller) -> str:
        """List the tools the agent has."""
        found = await bot.read.tools(by=caller.user)
        return "\n".join(f"{tool.name}: {tool.description.splitlines()[0]}" for tool in found)

    @command(role=Role.VIEWER)
    async def approvals(caller: Caller) -> str:
        """List the open approvals you may see."""
        views = await bot.read.approvals(by=caller.user)
        lines = [
            f"{view.request.approval}: {view.request.call.name} on {view.request.host},"
            f" open until {datetime.fromtimestamp(view.request.expires, UTC):%H:%M:%S} UTC"
            for view in views
        ]
        return "\n".join(lines) or "nothing waits for an approval"

    return tools, approvals


async def _say(
    bot: Bot, text: str, caller: Caller, *, fresh: bool = False, model: str = "auto"
) -> str:
    message = IncomingMessage(
        caller.message or new_id(), caller.thread, caller.user, text, model, fresh=fresh
    )
    receipt = await bot.receive(message)
    return f"{receipt.outcome}: run {receipt.run}"


def talking(bot: Bot) -> tuple[Command, ...]:
    @command(role=Role.VIEWER)
    async def ask(text: str, caller: Caller) -> str:
        """Ask the agent something in this thread."""
        return await _say(bot, text, caller)

    @command(role=Role.VIEWER)
    async def new(text: str, caller: Caller) -> str:
        """Start this thread afresh with a message: what came before is forgotten."""
        return await _say(bot, text, caller, fresh=True)

    @command(role=Role.VIEWER)
    async def stop(caller: Caller, run: str = "") -> str:
        """Stop a run; without its id, the newest one of this thread."""
        if not run:
            runs = await bot.read.thread(caller.thread, by=caller.user)
            if not runs:
                raise Refused("there is no run in this thread: name the one to stop")
            run = runs[-1].run
        await bot.stop(run, by=caller.user)
        return f"stopping {run}"

    return ask, new, stop


def choosing(bot: Bot) -> tuple[Command, ...]:
    @command(role=Role.VIEWER)
    async def model(caller: Caller, name: str = "", text: str = "") -> str:
        """Say which model answers; with a NAME and a TEXT, ask that model."""
        if text:
            return await _say(bot, text, caller, model=name)
        found = (await bot.read.health()).model
        if name:
            raise Refused(f"say what to ask {name}: model {name} TEXT")
        return found.auto or found.detail or "none of the models in AI_MODELS is installed"

    return (model,)


def deciding(bot: Bot) -> tuple[Command, ...]:
    def make(decision: Decision, summary: str) -> Command:
        async def decide(caller: Caller, approval: str, reason: str = "") -> str:
            settled = await bot.decide(approval, decision, by=caller.user, reason=reason)
            return settled.text

        decide.__doc__ = summary
        return command(role=Role.APPROVER, name=decision)(decide)

    return (
        make("approve", "Approve a waiting call."),
        make("deny", "Deny a waiting call; the reason is told to the model."),
        make("trust", "Approve, and trust calls of this shape in this thread for an hour."),
        make("again", "Run a call again that may already have run."),
        make("leave", "Leave a call alone that may already have run."),
        make("look", "Have the model find out whether a call has run, by reading only."),
    )


def budgets(bot: Granting) -> tuple[Command, ...]:
    @command(role=Role.ADMIN)
    async def grant(run: str, caller: Caller) -> str:
        """Let a run that used up its budget go on with the same again."""
        await bot.grant(run, by=caller.user)
        return f"{run} may go on"

    return (grant,)


def accounting(day: DayBudget, role: Callable[[User], Awaitable[Role]]) -> Command:
    """*role*: which one somebody has."""

    @command(role=Role.VIEWER, name="usage")
    async def usage_(caller: Caller, days: Annotated[int, Field(ge=1, le=366)] = 7) -> str:
        """Say how many tokens you used; admins see everybody's."""
        person, table = caller.user.key, day.usage
        lines = [
            f"{today()} (UTC): {_limited(await table.today(person), day.each)}",
            f"the last {days} days:",
            *_listed(await table.by_day(person, days)),
            "of these by model:",
            *_listed(await table.by_model(person, days)),
        ]
        if (await role(caller.user)).covers(Role.ADMIN):
            lines.append(f"everybody today: {_limited(await table.today(), day.all)}")
            lines += [f"by person, {days} days:", *_listed(await table.by_person(days))]
        return "\n".join(lines)

    return usage_


def _limited(tokens: int, limit: int) -> str:
    return f"{tokens:,} tokens" + (f" of {limit:,}" if limit else "")


def _listed(rows: Sequence[Used]) -> list[str]:
    return [
        f"- {row.name or 'no model'}: {row.tokens:,} tokens ({row.prompt:,} read, "
        f"{row.completion:,} written), {row.steps} steps, {row.runs} runs"
        for row in rows
    ] or ["- none"]
