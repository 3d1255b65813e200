"""``python -m bot classify``: what the policy thinks of a command, before anybody trusts it."""

import json
import sys
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence

from bot.tool import Verdict
from tools.security.policy import Policy
from tools.security.syntax import Source

_USAGE = "usage: classify [--explain] 'COMMAND' | classify --jsonl < FILE\n"


def cli(policy: Policy) -> Mapping[str, Callable[[Sequence[str]], Awaitable[int]]]:
    """Status 0 when it answered, 2 when it was asked wrongly."""

    async def classify(words: Sequence[str]) -> int:
        match list(words):
            case ["--jsonl"]:
                return _lines(policy)
            case ["--explain", command]:
                sys.stdout.writelines(_tree(command))
                sys.stdout.write(_told(policy.classify(command)))
                return 0
            case [command] if not command.startswith("--"):
                sys.stdout.write(_told(policy.classify(command)))
                return 0
            case _:
                sys.stderr.write(_USAGE)
                return 2

    return {"classify": classify}


def _lines(policy: Policy) -> int:
    """``{"cmd": …}`` a line in, ``{"cmd", "level", "risk", "reasons"}`` a line out."""
    for number, line in enumerate(sys.stdin, 1):
        if not line.strip():
            continue
        try:
            command = json.loads(line)["cmd"]
        except (ValueError, KeyError, TypeError):
            command = None
        if not isinstance(command, str):
            sys.stderr.write(f'line {number} is not of the form {{"cmd": "…"}}\n')
            return 2
        judged = policy.classify(command)
        answer = {
            "cmd": command,
            "level": judged.level,
            "risk": judged.risk,
            "reasons": judged.reasons,
        }
        sys.stdout.write(f"{json.dumps(answer)}\n")
    return 0


def _told(judged: Verdict) -> str:
    lines = [f"{judged.level} ({judged.risk})", *(f"- {reason}" for reason in judged.reasons)]
    if judged.alternative:
        lines.append(f"Instead: {judged.alternative}")
    lines += [f"found: {command!a}" for command in judged.commands]
    return "\n".join((*lines, f"policy {judged.policy}, output {judged.trust}", ""))


def _tree(command: str) -> Iterator[str]:
    """The syntax tree, a node a line, with the text of those that hold no other."""
    source = Source(command)
    stack = [(source.root, 0)]
    while stack:
        node, depth = stack.pop()
        text = "" if node.named_child_count else f" {source.of(node)!a}"
        yield f"{'  ' * depth}{node.type}{text}\n"
        stack += [(child, depth + 1) for child in reversed(node.named_children)]
