"""What happened. One frozen class per event; the log of them is the only record of a run.

The model's transcript, the page, the audit trail and crash recovery are folds over these.
Fields keep the exact text: what leaves the process is redacted on its way out.
"""

from dataclasses import dataclass
from typing import ClassVar, Literal

from pydantic import JsonValue

from bot.chat import Role, User
from bot.plot import Plot
from bot.tool import Table, ToolCall, Trust, Verdict

IncidentState = Literal["open", "acknowledged", "silenced", "repairing", "escalated", "resolved"]
Outcome = Literal["ok", "error", "denied", "unknown", "stopped"]
Decision = Literal["approve", "deny", "edit", "trust", "again", "leave", "look"]


@dataclass(frozen=True, slots=True)
class Usage:
    prompt: int = 0
    completion: int = 0


@dataclass(frozen=True, slots=True)
class Context:
    """Enough to rebuild what the model was shown."""

    prompt: str = ""
    """Version of the system prompt."""
    num_ctx: int = 0
    first: int = 0
    """How many of the transcript's messages, oldest first, were left out."""
    last: int = -1
    """Seq of the run's last event that was shown."""
    memories: tuple[str, ...] = ()
    tainted: bool = False


@dataclass(frozen=True, slots=True)
class Influence:  # where outsiders' words came from
    log: str
    seq: int
    source: str


@dataclass(frozen=True, slots=True)
class RunStarted:
    kind: ClassVar[str] = "run_started"
    user: User
    role: Role
    text: str
    model: str = "auto"
    agent: str = "react"
    fresh: bool = False
    source: str = ""
    """Whose words the text holds besides the user's own."""
    pictures: tuple[str, ...] = ()
    """Ids."""


@dataclass(frozen=True, slots=True)
class MessageJoined:
    kind: ClassVar[str] = "message_joined"
    user: User
    role: Role
    text: str
    pictures: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ModelReplied:
    kind: ClassVar[str] = "model_replied"
    text: str = ""
    thinking: str = ""
    plan: tuple[str, ...] = ()
    tool_calls: tuple[ToolCall, ...] = ()
    model: str = ""
    usage: Usage = Usage()
    context: Context = Context()
    seconds: float = 0.0
    notice: str = ""
    """What a person should know of how it came: another model stepped in, the server cut it."""


@dataclass(frozen=True, slots=True)
class ToolStarted:
    kind: ClassVar[str] = "tool_started"
    call: ToolCall
    """As it runs: an edit's arguments, not the model's."""
    verdict: Verdict
    approval: str = ""
    host: str = ""
    """Where it runs; empty for a tool that is about no host."""


@dataclass(frozen=True, slots=True)
class ToolFinished:
    kind: ClassVar[str] = "tool_finished"
    call_id: str
    outcome: Outcome = "ok"
    output: str = ""
    trust: Trust = Trust.EXTERNAL
    table: Table | None = None
    seconds: float = 0.0
    plot: Plot | None = None


@dataclass(frozen=True, slots=True)
class ApprovalRequested:
    """A human is needed. Shown on the card in this order, the model's own words last."""

    kind: ClassVar[str] = "approval_requested"
    approval: str
    """Seven characters of base32, so that a person can type it."""
    call: ToolCall
    verdict: Verdict
    host: str
    account: str
    digest: str
    expires: float
    """Seconds since the epoch."""
    tainted_by: tuple[Influence, ...] = ()
    preview: str = ""
    undo: str = ""
    edits: str = ""
    """The approval this one replaces, when a person edited the call."""
    may_have_run: bool = False
    """The call was cut off by a crash: *again*, *leave* or *look* instead of approve and deny."""


@dataclass(frozen=True, slots=True)
class ApprovalDecided:
    kind: ClassVar[str] = "approval_decided"
    approval: str
    call_id: str
    decision: Decision
    by: User
    reason: str = ""


@dataclass(frozen=True, slots=True)
class ApprovalExpired:
    kind: ClassVar[str] = "approval_expired"
    approval: str
    call_id: str


@dataclass(frozen=True, slots=True)
class ApprovalSuperseded:
    kind: ClassVar[str] = "approval_superseded"
    approval: str
    call_id: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class StopRequested:
    kind: ClassVar[str] = "stop_requested"
    by: User


@dataclass(frozen=True, slots=True)
class ContextSummarised:
    kind: ClassVar[str] = "context_summarised"
    text: str
    upto: int
    """Seq of the last event it stands for; -1: the earlier runs, -2: without the last one …"""
    usage: Usage = Usage()
    model: str = ""


@dataclass(frozen=True, slots=True)
class BudgetReached:
    kind: ClassVar[str] = "budget_reached"
    budget: Literal["steps", "calls", "seconds", "tokens", "day", "day_all"]
    """The last two: tokens of one day (UTC), of who asked and of everybody."""
    limit: int

    @property
    def text(self) -> str:
        match self.budget:
            case "day":
                return f"The day's limit of {self.limit} tokens for one person is used up."
            case "day_all":
                return f"The day's limit of {self.limit} tokens for everybody is used up."
            case _:
                return f"This run has used up its limit of {self.limit} {self.budget}."


@dataclass(frozen=True, slots=True)
class BudgetGranted:
    kind: ClassVar[str] = "budget_granted"
    by: User


@dataclass(frozen=True, slots=True)
class RunFinished:
    kind: ClassVar[str] = "run_finished"
    text: str


@dataclass(frozen=True, slots=True)
class RunFailed:
    kind: ClassVar[str] = "run_failed"
    reason: str


@dataclass(frozen=True, slots=True)
class RunStopped:
    kind: ClassVar[str] = "run_stopped"
    by: str = ""
    ran: tuple[str, ...] = ()
    """State-changing calls that had run, in words."""
    unknown: tuple[str, ...] = ()
    """Those that may have run or may still run."""


@dataclass(frozen=True, slots=True)
class IncidentChanged:
    """What became of an incident, and how it stands now: the newest one is all there is to show."""

    kind: ClassVar[str] = "incident_changed"
    incident: str
    """Seven characters of base32, so that a person can type it."""
    state: IncidentState
    text: str = ""
    """What happened just now, in one line."""
    by: str = ""
    """The person who did it; empty when it happened by itself."""
    title: str = ""
    host: str = ""
    severity: Literal["warning", "critical"] = "critical"
    since: float = 0.0
    """Seconds since the epoch."""
    facts: tuple[tuple[str, str], ...] = ()
    """Name and value of what people want to know: check, value, owner, silence …"""
    details: str = ""
    series: tuple[tuple[float, float], ...] = ()
    """Of its signal: seconds since the epoch, value."""
    limit: float | None = None
    unit: str = ""
    runbook: str = ""
    """The repair that is suggested, in words; empty without one."""
    notify: tuple[str, ...] = ()
    """Keys of the people that are called: ``slack:U1``."""
    quiet: bool = False
    """Part of something that is told elsewhere: not shown by itself."""


@dataclass(frozen=True, slots=True)
class Noted:
    """A fact about the process rather than a run: a login, a refusal, a change of roles."""

    kind: ClassVar[str] = "noted"
    what: str
    by: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class Unknown:
    """An event of a newer or older version: kept as it is, shown as text."""

    kind: str
    data: dict[str, JsonValue]


Event = (
    RunStarted
    | MessageJoined
    | ModelReplied
    | ToolStarted
    | ToolFinished
    | ApprovalRequested
    | ApprovalDecided
    | ApprovalExpired
    | ApprovalSuperseded
    | StopRequested
    | ContextSummarised
    | BudgetReached
    | BudgetGranted
    | (RunFinished | RunFailed | RunStopped)
    | IncidentChanged
    | Noted
    | Unknown
)
SIGNALS = (
    MessageJoined,
    ApprovalRequested,
    ApprovalDecided,
    ApprovalExpired,
    ApprovalSuperseded,
    BudgetGranted,
    StopRequested,
)
"""What somebody else than a run's owner may write into its log (an ApprovalRequested: an edit)."""
ENDS = (RunFinished, RunFailed, RunStopped)
