"""Frames as the bot sends them, with the fields a test does not care about filled in."""

from time import time
from typing import Any

from tests.fakes.page_server import USER

Frame = dict[str, Any]

ASKED: Frame = {
    "level": "ask",
    "risk": "change",
    "reasons": ["starts or stops a service"],
    "trust": "external",
    "rule": None,
    "policy": "1",
    "shape": "systemctl restart",
    "alternative": "",
    "secret": False,
    "egress": False,
}


def started(text: str) -> Frame:
    return {
        "type": "run_started",
        "user": USER,
        "role": "admin",
        "text": text,
        "model": "auto",
        "agent": "react",
        "fresh": False,
    }


def call(id_: str, name: str = "execute_command", **args: Any) -> Frame:
    return {"id": id_, "name": name, "args": args, "fan_out": 1}


def replied(text: str = "", *calls: Frame, thinking: str = "", plan: tuple[str, ...] = ()) -> Frame:
    return {
        "type": "model_replied",
        "text": text,
        "thinking": thinking,
        "plan": list(plan),
        "tool_calls": list(calls),
        "model": "qwen3",
        "usage": {"prompt": 1, "completion": 1},
        "context": {},
    }


def begun(made: Frame, approval: str = "") -> Frame:
    return {"type": "tool_started", "call": made, "verdict": ASKED, "approval": approval}


def ended(
    id_: str,
    outcome: str = "ok",
    output: str = "",
    table: Frame | None = None,
    plot: Frame | None = None,
) -> Frame:
    return {
        "type": "tool_finished",
        "call_id": id_,
        "outcome": outcome,
        "output": output,
        "trust": "external",
        "table": table,
        "plot": plot,
        "seconds": 0.5,
    }


def requested(made: Frame, approval: str = "K7QD2MX", **fields: Any) -> Frame:
    verdict = {**ASKED, "risk": fields.pop("risk", "change")}
    return {
        "type": "approval_requested",
        "approval": approval,
        "call": made,
        "verdict": verdict,
        "host": "web1",
        "account": "deploy@web1",
        "digest": "d",
        "expires": time() + 590,
        "tainted_by": [],
        "preview": "",
        "undo": "",
        "edits": "",
        "may_have_run": False,
        **fields,
    }


def decided(call_id: str, decision: str, approval: str = "K7QD2MX", reason: str = "") -> Frame:
    return {
        "type": "approval_decided",
        "approval": approval,
        "call_id": call_id,
        "decision": decision,
        "by": USER,
        "reason": reason,
    }


def delta(step: int, offset: int, text: str, channel: str = "text") -> Frame:
    return {
        "type": "model_delta",
        "step": step,
        "offset": offset,
        "text": text,
        "channel": channel,
        "live": True,
    }


def log(*frames: Frame, run: str = "run1") -> list[Frame]:
    """Frames with their place in the log; live ones get only their run."""
    placed: list[Frame] = []
    for frame in frames:
        seq = sum("seq" in earlier for earlier in placed)
        place = {} if frame.get("live") else {"seq": seq, "position": str(seq + 1)}
        stamped = {"run_id": run, "thread": "t", "at": "2026-01-05T10:00:00Z", **place}
        placed.append({**frame, **stamped})
    return placed
