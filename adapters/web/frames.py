"""The kernel's items and views as JSON: one shape for event lists, answers and the socket."""

from datetime import UTC, datetime
from typing import Any, assert_never

from bot.chat import ThreadRef
from bot.codec import fields
from bot.events import ApprovalRequested
from bot.memory import Remembered
from bot.ports import Gap
from bot.recorded import Live, ModelDelta, Recorded, ToolOutput
from bot.views import ApprovalView, IncidentView, RunView, ThreadView

_CARD = (
    "call",
    "host",
    "account",
    "verdict",
    "expires",
    "tainted_by",
    "preview",
    "undo",
    "edits",
    "may_have_run",
)


def thread_id(thread: ThreadRef | None) -> str:
    """Short for threads of the page, with colons for those of other platforms."""
    if thread is None:
        return ""
    short = thread == ThreadRef("web", "", "", thread.thread) and ":" not in thread.thread
    return thread.thread if short else str(thread)


def moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat()


def frame(item: Recorded | Live | Gap) -> dict[str, Any]:
    match item:
        case Recorded():
            return {
                **fields(item.event),
                "type": item.event.kind,
                "run_id": item.log,
                "thread": thread_id(item.thread),
                "position": str(item.position),
                "seq": item.seq,
                "at": moment(item.at / 1e6),
            }
        case ModelDelta() | ToolOutput():
            return _live(item)
        case Gap():
            return {"type": item.kind}
        case _:
            assert_never(item)


def run(view: RunView) -> dict[str, Any]:
    return {
        "run_id": view.run,
        "thread": thread_id(view.thread),
        "status": view.status,
        "model": view.model,
        "requester": view.requester,
        "created": view.created,
        "events": [frame(recorded) for recorded in view.events],
        "feedback": {who: "good" if good else "bad" for who, good in view.feedback.items()},
    }


def memory(one: Remembered) -> dict[str, Any]:
    return {
        "id": one.id,
        "text": one.text,
        "kind": one.kind,
        "scope": one.scope,
        "trust": one.trust,
        "person": one.person,
        "thread": one.thread,
        "run_id": one.run,
        "created": moment(one.created),
        "expires": moment(one.expires) if one.expires else None,
        "used": one.used,
        "score": one.score,
        "replaces": one.replaces,
    }


def thread(view: ThreadView) -> dict[str, Any]:
    return {
        "id": thread_id(view.thread),
        "title": view.title,
        "updated": view.updated,
        "status": view.status,
        "waiting": view.waiting,
        "incident": view.incident,
    }


def incident(view: IncidentView) -> dict[str, Any]:
    event, facts = view.event, dict(view.event.facts)
    return {
        "id": event.incident,
        "state": event.state,
        "title": event.title,
        "host": event.host,
        "check": facts.get("check", ""),
        "severity": event.severity,
        "opened": event.since,
        "closed": view.at if event.state == "resolved" else None,
        "owner": facts.get("owner", ""),
        "thread": thread_id(view.thread),
    }


def approval(view: ApprovalView) -> dict[str, Any]:
    return {
        "id": view.request.approval,
        "run_id": view.run,
        "thread": thread_id(view.thread),
        "status": view.status,
        "decided_by": view.decided_by,
        **_card(view.request),
    }


def _card(request: ApprovalRequested) -> dict[str, Any]:
    shown = fields(request)
    return {name: shown[name] for name in _CARD}


def _live(item: Live) -> dict[str, Any]:
    place = {"type": item.kind, "run_id": item.run, "thread": thread_id(item.thread)}
    if isinstance(item, ToolOutput):
        return {**place, "call": item.call, "offset": item.offset, "text": item.text}
    return {
        **place,
        "step": item.step,
        "offset": item.offset,
        "text": item.text,
        "channel": item.channel,
    }
