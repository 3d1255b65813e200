"""What a tool is: a typed async function, how much harm it can do, and who may say so."""

import hashlib
import inspect
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, cast, get_type_hints

from pydantic import BaseModel, ConfigDict, JsonValue, create_model

from bot.chat import ThreadRef, User
from bot.memory import Memory
from bot.plot import Plot
from bot.resources import Hosts
from bot.text import as_text
from bot.verdict import Level, Risk, Trust, Verdict

_NAMED = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)


@dataclass(frozen=True, slots=True)
class ToolCall:
    id: str
    name: str
    args: dict[str, JsonValue] = field(default_factory=dict[str, JsonValue])
    fan_out: int = 1
    """How many hosts the call it was expanded from names."""
    group: str = ""
    """Id of the call it was expanded from, if it was."""


@dataclass(frozen=True, slots=True)
class Table:
    """A result as people like to see it. Cells are text, already formatted."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    def __post_init__(self) -> None:
        rows = tuple(tuple(map(as_text, row)) for row in self.rows)
        object.__setattr__(self, "rows", rows)


@dataclass(frozen=True, slots=True)
class ToolResult:
    text: str
    """Compact, for the model."""
    table: Table | None = None
    trust: Trust | None = None
    """Overrides the verdict's: a result can turn out to hold outsiders' words."""
    plot: Plot | None = None
    """Where a picture says more than the text."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "text", as_text(self.text))


class ToolError(Exception):
    """A failure the model should see and may recover from. Anything else is a bug."""

    def __init__(self, text: str) -> None:
        super().__init__(as_text(text))


class OutcomeUnknown(ToolError):
    """The call may have had its effect: connection lost mid-command, kill not confirmed."""


@dataclass(frozen=True, slots=True)
class ToolContext:
    """Handed to a tool as its parameter ``ctx``, which its schema leaves out."""

    run_id: str
    call_id: str
    user: User
    thread: ThreadRef
    hosts: Hosts
    memory: Memory | None
    progress: Callable[[str], None]
    """Show a piece of output as it comes."""
    deadline: float
    """``time.monotonic()`` by which the call must be over."""
    idempotency_key: str
    tainted: bool = True
    """Outsiders' words may have led to this call."""


Judge = Callable[[Any, ToolContext], "Verdict | Awaitable[Verdict]"]
"""Judges validated arguments (an instance of ``Tool.args``)."""
Preview = Callable[[Any, ToolContext], Awaitable[str]]
"""What the call would do, as a diff or a dry run, for the approval card."""
Undo = Callable[[Any], str]
"""How the call is taken back, in one line for the approval card; empty when it cannot be."""


@dataclass(frozen=True)
class Tool:
    name: str
    description: str
    args: type[BaseModel]
    fn: Callable[..., Awaitable[str | ToolResult]]
    risk: Risk | Judge
    trust: Trust
    timeout: float
    """Seconds the kernel gives a call before it cancels it."""
    version: str
    """Hash of the file it comes from: part of an approval's digest."""
    preview: Preview | None = None
    undo: Undo | None = None
    only_reads: bool = False
    """It has a judge, but nothing that the judge allows changes anything."""
    example: Mapping[str, JsonValue] = field(default_factory=dict[str, JsonValue], hash=False)
    """Arguments of a typical call, for the documentation."""

    @cached_property
    def schema(self) -> dict[str, Any]:
        """JSON schema of the arguments, without the titles that only cost tokens."""
        return _plain(self.args.model_json_schema())

    @property
    def read_only(self) -> bool:
        """Whether no arguments can make it change anything."""
        return self.risk is Risk.READ or self.only_reads

    @cached_property
    def _wants_context(self) -> bool:
        return "ctx" in inspect.signature(self.fn).parameters

    def parse(self, raw: Mapping[str, JsonValue]) -> BaseModel:
        """Validate; raises pydantic.ValidationError."""
        return self.args.model_validate(raw)

    async def judge(self, args: BaseModel, ctx: ToolContext) -> Verdict:
        if isinstance(self.risk, Risk):
            level = Level.ALLOW if self.risk is Risk.READ else Level.ASK
            return Verdict(level, self.risk, trust=self.trust)
        verdict = self.risk(args, ctx)
        return await verdict if inspect.isawaitable(verdict) else verdict

    async def __call__(self, args: BaseModel, ctx: ToolContext) -> ToolResult:
        given = {name: getattr(args, name) for name in type(args).model_fields}
        if self._wants_context:
            given["ctx"] = ctx
        result = await self.fn(**given)
        return ToolResult(result) if isinstance(result, str) else result


def tool(
    *,
    risk: Risk | Judge,
    trust: Trust = Trust.EXTERNAL,
    timeout: float = 60.0,
    preview: Preview | None = None,
    undo: Undo | None = None,
    only_reads: bool = False,
    example: Mapping[str, JsonValue] | None = None,
) -> Callable[[Callable[..., Awaitable[str | ToolResult]]], Tool]:
    """Make a module-level async function a tool. Name, docs and schema come from the function."""

    def wrap(fn: Callable[..., Awaitable[str | ToolResult]]) -> Tool:
        return Tool(
            name=fn.__name__,
            description=description(fn),
            args=arguments(fn),
            fn=fn,
            risk=risk,
            trust=trust,
            timeout=timeout,
            version=_version(fn),
            preview=preview,
            undo=undo,
            only_reads=only_reads,
            example=example or {},
        )

    return wrap


def description(fn: Callable[..., Any]) -> str:
    """The docstring, which is what the model or a person reads; raises TypeError without one."""
    doc = inspect.getdoc(fn)
    if not doc:
        raise TypeError(f"{fn.__name__!r} needs a docstring: it is what its user reads")
    return doc


def arguments(fn: Callable[..., Any], *leave_out: str) -> type[BaseModel]:
    """The function's parameters as a strict model; ``ctx`` and *leave_out* are left out.

    Raises TypeError, or what pydantic does, when a call of a model cannot fill them."""
    hints = get_type_hints(fn, include_extras=True)
    given = {
        name: parameter
        for name, parameter in inspect.signature(fn).parameters.items()
        if name not in ("ctx", *leave_out)
    }
    for name, parameter in given.items():
        if name not in hints:
            raise TypeError(f"{fn.__name__!r}: its argument {name!r} needs a type")
        if parameter.kind not in _NAMED or name.startswith("_"):
            raise TypeError(f"{fn.__name__!r}: its argument {name!r} is none that can be named")
    fields: dict[str, Any] = {
        name: (hints[name], ... if parameter.default is parameter.empty else parameter.default)
        for name, parameter in given.items()
    }
    return create_model(fn.__name__, __config__=ConfigDict(extra="forbid"), **fields)


def _version(fn: Callable[..., Any]) -> str:
    return hashlib.sha256(Path(inspect.getfile(fn)).read_bytes()).hexdigest()[:12]


def _plain(schema: Any) -> Any:
    if isinstance(schema, dict):
        items = cast("dict[str, Any]", schema)
        return {k: _plain(v) for k, v in items.items() if not (k == "title" and isinstance(v, str))}
    if isinstance(schema, list):
        return [_plain(item) for item in cast("list[Any]", schema)]
    return schema
