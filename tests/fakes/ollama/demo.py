"""A small helpful assistant for people and browser tests: plain sentences, one tool call each.

    show me the disk usage, then write hello to /tmp/greeting.txt, then run uptime

It thinks aloud, calls one tool a turn and at the end answers with what the tools said.
"""

import re
from collections.abc import Callable
from typing import Any

from tests.fakes.ollama.conversation import ChatRequest, Reply

Args = dict[str, Any]
_PATH = r"(?P<path>/\S+)"
_INTENTS: tuple[tuple[str, str, Callable[[re.Match[str]], Args]], ...] = (
    (
        rf"\bwrite (?P<text>.+) to {_PATH}",
        "write_file",
        lambda m: {"path": m["path"], "content": m["text"].strip("\"'")},
    ),
    (
        r"^\W*(?:please )?run (?P<command>.+)",
        "execute_command",
        lambda m: {"command": m["command"]},
    ),
    (rf"\bread {_PATH}", "read_file", lambda m: {"path": m["path"]}),
    (rf"\blist (?:files in )?{_PATH}", "list_directory", lambda m: {"path": m["path"]}),
    (
        r"\brestart (?P<unit>\S+)",
        "service_control",
        lambda m: {"service": m["unit"], "action": "restart"},
    ),
    (r"\bstatus of (?P<unit>\S+)", "service_status", lambda m: {"service": m["unit"]}),
    (r"\bdisk|espace disque", "disk_usage", lambda _: {}),
    (r"\bprocess", "process_list", lambda _: {}),
    (r"\bmachine|\bsystem|\bsystème|\bload\b", "system_info", lambda _: {}),
)
_DATA = re.compile(r"<<<data [0-9a-f]{16} .*\n|^data [0-9a-f]{16}>>>$", re.MULTILINE)
_HELP = (
    "I am a scripted stand-in for a model. Try: disk usage · list processes · how is the machine · "
    "read /etc/hostname · write hello to /tmp/x · run uptime · …, then …"
)


def reply(request: ChatRequest, *, token_delay: float = 0.0) -> Reply:
    tasks = re.split(r",? then ", request.last_user.strip().rstrip(".?!"))
    results = request.results
    if len(results) < len(tasks) and not _refused(results):
        call = _call(tasks[len(results)], request)
        if call:
            return Reply(
                text=_plan(tasks) if len(tasks) > 2 and not results else "",
                thinking=f"They want: {tasks[len(results)]}. The tool {call[0]} does that.",
                tool_calls=(call,),
                token_delay=token_delay,
            )
    thinking = "I have what I need; now I answer." if results else "No tool fits this."
    return Reply(text=_answer(results), thinking=thinking, token_delay=token_delay)


def _call(task: str, request: ChatRequest) -> tuple[str, Args] | None:
    for pattern, name, args in _INTENTS:
        found = re.search(pattern, task, re.IGNORECASE)
        if found and request.tool(name):
            return name, args(found)
    return None


def _plan(tasks: list[str]) -> str:
    return "\n".join(f"{i}. {task}" for i, task in enumerate(tasks, 1))


def _refused(results: list[str]) -> bool:
    return bool(results) and results[-1].startswith("denied")


def _answer(results: list[str]) -> str:
    if not results:
        return _HELP
    said = "\n\n".join(_DATA.sub("", result).strip() for result in results)
    return f"I did not do all of it.\n\n{said}" if _refused(results) else f"Done. {said}"
