"""What the bot remembers beyond this conversation."""

from collections.abc import Sequence
from time import time
from typing import Annotated

from pydantic import BaseModel, Field

from bot.memory import LONGEST, BadMemory, Kind, Memory, NewMemory, Remembered, Scope, Standpoint
from bot.tool import Level, Risk, Table, ToolContext, ToolError, ToolResult, Trust, Verdict, tool

DAY = 86_400.0
_WIDE = ("global", "space")
Text = Annotated[
    str, Field(min_length=1, max_length=LONGEST, description="one fact, with its exact names")
]
Where = Annotated[
    Scope | None,
    Field(
        description="who may recall it: user (only this person), channel (this channel), space"
        " (the whole team), global (everybody); leave out for this channel, or on the page for"
        " this person"
    ),
]
Numbers = Annotated[
    list[Annotated[int, Field(ge=1)]], Field(min_length=1, max_length=20, description="ids")
]


def _judge_store(args: BaseModel, ctx: ToolContext) -> Verdict:
    """Notes for the people at hand cost nobody anything; what reaches further is asked about."""
    given = args.model_dump()
    scope = given["scope"] or _standpoint(ctx).here
    if scope not in _WIDE and not given["replaces"]:
        return Verdict(Level.ALLOW, Risk.READ, trust=Trust.SYSTEM)
    reason = f"remembered for {scope}" if scope in _WIDE else f"replaces #{given['replaces']}"
    return Verdict(
        Level.ASK, Risk.CHANGE, (reason,), trust=Trust.SYSTEM, shape=f"memory_store {scope}"
    )


async def _preview_store(args: BaseModel, ctx: ToolContext) -> str:
    given = args.model_dump()
    new = f"+ {given['text']}"
    if not given["replaces"]:
        return new
    old = await _memory(ctx).get([given["replaces"]], _standpoint(ctx))
    return f"- {old[0].text}\n{new}"


@tool(
    risk=_judge_store,
    trust=Trust.SYSTEM,
    timeout=15,
    preview=_preview_store,
    example={"text": "srv-db-03 is the primary of the orders database"},
)
async def memory_store(
    ctx: ToolContext,
    text: Text,
    kind: Annotated[Kind, Field(description="what it is")] = "fact",
    scope: Where = None,
    days: Annotated[
        int | None, Field(ge=1, le=3650, description="forget it after this many days")
    ] = None,
    replaces: Annotated[
        int | None, Field(ge=1, description="id of the memory that this one corrects")
    ] = None,
) -> str:
    """Remember something for later conversations: what a person said or you saw, no secrets."""
    at = _standpoint(ctx)
    new = NewMemory(
        text,
        kind,
        scope or at.here,
        Trust.EXTERNAL if ctx.tainted else Trust.OPERATOR,
        run=ctx.run_id,
        expires=time() + days * DAY if days else None,
        replaces=replaces or 0,
        origin=ctx.idempotency_key,
    )
    try:
        stored = await _memory(ctx).store(new, at)
    except BadMemory as why:
        raise ToolError(str(why)) from why
    return f"{'known already as' if stored.known else 'remembered as'} #{stored.memory.id}"


@tool(risk=Risk.READ, timeout=30, example={"query": "orders database"})
async def memory_recall(
    ctx: ToolContext,
    query: Annotated[str, Field(min_length=1, max_length=2_000, description="what it is about")],
    limit: Annotated[int, Field(ge=1, le=20)] = 5,
) -> ToolResult:
    """Look for what is remembered about something, by its words and by its meaning."""
    recall = await _memory(ctx).recall(query, _standpoint(ctx), limit=limit)
    note = f"\n(looked for the words only: {recall.degraded})" if recall.degraded else ""
    return _told(recall.memories, "nothing like it is remembered", note)


@tool(risk=Risk.READ, timeout=15, example={"limit": 10})
async def memory_list(
    ctx: ToolContext,
    kind: Annotated[Kind | None, Field(description="only of this kind")] = None,
    limit: Annotated[int, Field(ge=1, le=100)] = 20,
) -> ToolResult:
    """List what is remembered here, newest first."""
    found = await _memory(ctx).list(_standpoint(ctx), kind=kind, limit=limit)
    return _told(found, "nothing is remembered here yet", "")


async def _preview_delete(args: BaseModel, ctx: ToolContext) -> str:
    found = await _found(ctx, args.model_dump()["ids"])
    return "\n".join(f"- {_line(memory)}" for memory in found)


async def _judge_delete(args: BaseModel, ctx: ToolContext) -> Verdict:
    found = await _found(ctx, args.model_dump()["ids"])
    reasons = tuple(f"forgets #{memory.id} for good" for memory in found)
    return Verdict(Level.ASK, Risk.CHANGE, reasons, trust=Trust.SYSTEM, shape="memory_delete")


@tool(
    risk=_judge_delete,
    trust=Trust.SYSTEM,
    timeout=15,
    preview=_preview_delete,
    example={"ids": [12]},
)
async def memory_delete(ctx: ToolContext, ids: Numbers) -> str:
    """Forget memories for good, by their ids, which memory_list and memory_recall show."""
    try:
        gone = await _memory(ctx).forget(ids, _standpoint(ctx))
    except BadMemory as why:
        raise ToolError(str(why)) from why
    return f"forgotten: {', '.join(f'#{memory.id}' for memory in gone)}"


async def _found(ctx: ToolContext, ids: Sequence[int]) -> Sequence[Remembered]:
    try:
        return await _memory(ctx).get(ids, _standpoint(ctx))
    except BadMemory as why:
        raise ToolError(str(why)) from why


def _memory(ctx: ToolContext) -> Memory:
    if ctx.memory is None:
        raise ToolError("this bot has no memory")
    return ctx.memory


def _standpoint(ctx: ToolContext) -> Standpoint:
    return Standpoint(ctx.user, ctx.thread)


def _told(memories: Sequence[Remembered], nothing: str, note: str) -> ToolResult:
    """One memory that outsiders had a hand in makes all of it theirs."""
    if not memories:
        return ToolResult(nothing + note, trust=Trust.SYSTEM)
    tainted = any(memory.trust is Trust.EXTERNAL for memory in memories)
    rows = tuple(
        (f"#{memory.id}", memory.kind, memory.scope.partition(":")[0], memory.person, memory.text)
        for memory in memories
    )
    return ToolResult(
        "\n".join(map(_line, memories)) + note,
        Table(("id", "kind", "scope", "from", "text"), rows),
        Trust.EXTERNAL if tainted else Trust.OPERATOR,
    )


def _line(memory: Remembered) -> str:
    return f"#{memory.id} ({memory.kind}, {memory.person}): {memory.text}"
