"""The command policy: what a command line would do, and who must be asked.

A safety net, not a wall: the wall is the account that commands run as."""

from bot.tool import Verdict
from tools.security.policy import Policy

BUILT_IN = Policy()


def classify(command: str, *, cwd: str | None = None) -> Verdict:
    """Judge one command line for bash by the built-in policy, second opinion included.

    Any text gets a verdict, nothing is raised. It may wait a second for the second opinion: in an
    event loop, await :meth:`Policy.decide` instead. *cwd*: where it would run; home when None."""
    return BUILT_IN.classify(command, cwd=cwd)
