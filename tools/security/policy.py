"""The policy: a verdict for every text, from its syntax and never from its spelling alone."""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

from bot.blocking import run_blocking
from bot.resources import Roots
from bot.tool import Level, Risk, ToolError, Trust, Verdict
from tools.security.finding import Finding, danger, deny, verdict
from tools.security.prefilter import flaws, indices, joined, lines, salvage, too_much
from tools.security.programs import judge_of
from tools.security.rules import Rules
from tools.security.scope import CWD, HOME, Scope
from tools.security.second import agrees
from tools.security.syntax import Source
from tools.security.walk import Walker
from tools.security.words import plain

FIXED = frozenset(
    [
        "df",
        "free",
        "uptime",
        "uname",
        "lscpu",
        "lsmod",
        "lsblk",
        "nproc",
        "ss",
        "netstat",
        "ip",
        "whoami",
        "id",
        "hostname",
        "date",
        "vmstat",
        "iostat",
        "mpstat",
        "findmnt",
        "getenforce",
        "pwd",
        "true",
        "false",
        "test",
        "[",
        "echo",
        "sleep",
        "cd",
        "arch",
        "swapon",
        "sensors",
        "nvidia-smi",
        "chronyc",
        "timedatectl",
        "pidof",
        "pgrep",
        "wc",
        "lvs",
        "pvs",
        "vgs",
        "zpool",
    ]
)
"""Programs whose output is of a fixed form, in which nobody outside chose a word."""
_NAMING = re.compile(
    r"[*?$`]|\[(?! )"  # names of files, which the shell fills in, and texts that it reads
    r"|\b(ss|netstat)\b[^;&|]* -(-pr|\w*p)"  # names of processes
    r"|\bpgrep\b[^;&|]* -(-list|\w*[al])"
    r"|\bdate\b[^;&|]* -(-fi|\w*f)"  # complains of each line of a file
)
"""What lets somebody else's words into it all the same."""
_NONE = "write one command line as plain text"


@cache
def version() -> str:
    """Of all that judges: the hash of every file here."""
    digest = hashlib.sha256()
    for path in sorted(Path(__file__).parent.rglob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


class Policy:
    """The built-in tables, and directories below which writing is routine."""

    def __init__(self, rules: Rules | None = None, roots: Roots | None = None) -> None:
        self._rules = rules or Rules()
        self._roots = roots or Roots()
        self.version = "-".join(filter(None, (version(), self._rules.version)))

    def judge(self, command: str, *, cwd: str | None = None) -> Verdict:
        """Pure, and complete but for the second opinion that ``Verdict.unsure`` asks for."""
        if "\0" in command or not command.strip():
            nothing = deny("there is no command in it that a shell could run", _NONE)
            return verdict(
                (nothing,), trust=Trust.SYSTEM, commands=(), shape="", policy=self.version
            )
        found = list(flaws(command))
        walker = Walker(judge_of, self._roots)
        if not too_much(command):
            found += self._walked(walker, command, cwd)
        return self._verdict(command, walker, found)

    def classify(self, command: str, *, cwd: str | None = None) -> Verdict:
        """With the second opinion; may wait for it, a second at most for each script."""
        return _confirmed(self.judge(command, cwd=cwd))

    async def decide(self, command: str, *, cwd: str | None = None) -> Verdict:
        """With the second opinion, off the event loop. A full pool asks."""
        judged = self.judge(command, cwd=cwd)
        if not judged.unsure:
            return judged
        try:
            return await run_blocking("shfmt", _confirmed, judged)
        except ToolError:
            return _asked(judged, "the second parser is busy")

    def _walked(self, walker: Walker, command: str, cwd: str | None) -> list[Finding]:
        text = joined(command)
        found = list(walker.whole(text, _scope(cwd)))
        if "\\\n" in command:
            found += walker.whole(lines(command), _scope(cwd))
            if "'" in command:
                found.append(danger("a line that goes on after a backslash, and single quotes"))
        pieces = [*indices(text)]
        found += [danger("an index in quotes holds a command") for _ in pieces]
        if pieces or Source(text).root.has_error:
            broken = [f for p in (*pieces, *salvage(text)) for f in walker.whole(p, _scope(cwd))]
            found += [each for each in broken if each.level is Level.DENY]
        return found

    def _ruled(self, made: Verdict, walker: Walker) -> Verdict:
        """A rule may ask for anything, and allow what was understood and is no danger."""
        rule = self._rules.decide(walker.plain, walker.changing)
        if rule is None:
            return made
        told = f"a rule of the operators: {rule.why or rule.level}"
        if rule.level == "ask":
            return replace(made, rule=Level.ASK, level=Level.ASK, reasons=(*made.reasons, told))
        if made.level is not Level.ASK or made.risk is Risk.DANGER:
            return made
        level = Level.ALLOW if made.risk is Risk.READ else Level.ASK
        return replace(made, rule=Level.ALLOW, level=level, reasons=(*made.reasons, told))

    def _verdict(self, command: str, walker: Walker, found: Sequence[Finding]) -> Verdict:
        fixed = all(name in FIXED for name, _ in walker.names) and not _NAMING.search(command)
        shape = " ".join(dict.fromkeys(f"{name} {verb}".strip() for name, verb in walker.names))
        made = verdict(
            found,
            trust=Trust.SYSTEM if fixed else Trust.EXTERNAL,
            commands=tuple(dict.fromkeys(walker.commands)),
            shape=shape[:200],
            policy=self.version,
        )
        if made.level is not Level.DENY:
            made = self._ruled(made, walker)
        if made.level is not Level.ALLOW:
            return made
        return replace(made, unsure=tuple(dict.fromkeys(walker.unsure)))


def _confirmed(judged: Verdict) -> Verdict:
    doubts = [doubt for doubt in map(agrees, judged.unsure) if doubt]
    return _asked(judged, *doubts) if doubts else replace(judged, unsure=())


def _asked(judged: Verdict, *reasons: str) -> Verdict:
    return replace(judged, level=Level.ASK, risk=Risk.DANGER, reasons=reasons, unsure=())


def _scope(cwd: str | None) -> Scope:
    where = plain(cwd) if cwd and cwd.startswith("/") else plain(HOME)
    return Scope(variables={CWD: (where,)})
