"""The command policy: what a command line would do, and who must be asked."""

import hashlib
from pathlib import Path

from bot.tool import Level, Risk, Trust, Verdict
from tools.security import plain
from tools.security.plain import PROGRAMS, objection, plain_words

POLICY = f"plain-{hashlib.sha256(Path(plain.__file__).read_bytes()).hexdigest()[:8]}"


def classify(command: str, *, cwd: str | None = None) -> Verdict:  # noqa: ARG001 - a plain reading is one in any directory
    """Judge one command line for bash. Pure; any text gets a verdict, nothing is raised.

    Only plain readings are allowed. All else is not understood, which is a danger: it asks."""
    if "\0" in command or not command.strip():
        return Verdict(
            Level.DENY,
            Risk.DANGER,
            ("there is no command in it that a shell could run",),
            policy=POLICY,
            alternative="write one command line as plain text",
        )
    words = plain_words(command)
    if not words:
        return _not_understood("it is more than one program with plain words", "")
    if reason := objection(words):
        return _not_understood(reason, words[0])
    trust = Trust.SYSTEM if PROGRAMS[words[0]].fixed else Trust.EXTERNAL
    return Verdict(trust=trust, policy=POLICY, shape=words[0])


def _not_understood(reason: str, shape: str) -> Verdict:
    return Verdict(Level.ASK, Risk.DANGER, (reason,), policy=POLICY, shape=shape)
