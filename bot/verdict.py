"""What is thought of a call: how much harm it can do, and who must be asked."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum


class Risk(StrEnum):
    READ = "read"
    """Changes nothing."""
    CHANGE = "change"
    """Routine, and reversible or restartable."""
    DANGER = "danger"
    """Data loss, outage, reach beyond one host, or not understood."""


class Level(StrEnum):
    ALLOW = "allow"
    ASK = "ask"
    DENY = "deny"


class Trust(StrEnum):
    OPERATOR = "operator"
    """Said by somebody who may operate."""
    SYSTEM = "system"
    """A fixed-format reading (df, process list): nobody outside chose its words."""
    EXTERNAL = "external"
    """Logs, files, command output: outsiders may have written it. It taints."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is thought of one call, by its tool first and by the gate last."""

    level: Level = Level.ALLOW
    risk: Risk = Risk.READ
    reasons: tuple[str, ...] = ()
    trust: Trust = Trust.EXTERNAL
    rule: Level | None = None
    """The operator rule that matched: ask or allow. It never changes the risk."""
    policy: str = ""
    """Version of the command policy that judged."""
    shape: str = ""
    """What *trust for 1 h* covers: the programs and verbs, without the details."""
    alternative: str = ""
    """What to do instead, told to the model with a denial."""
    basis: str = ""
    """Hash of what the call builds on, such as the file that it would replace: when it is another
    one after an approval, the person did not see what would happen."""
    secret: bool = False
    """Reads something secret."""
    egress: bool = False
    """Reaches a machine outside the inventory."""
    commands: tuple[str, ...] = ()
    """What was found in a command line, each command with its words."""
    unsure: tuple[str, ...] = ()
    """Scripts in it that a second parser must read the same way before it may be allowed."""


def together(verdicts: Sequence[Verdict]) -> Verdict:
    """What is thought of calls that are decided as one: of each thing the strictest, every reason
    once. At least one verdict."""
    first, *_ = verdicts
    return replace(
        first,
        level=max((each.level for each in verdicts), key=list(Level).index),
        risk=max((each.risk for each in verdicts), key=list(Risk).index),
        reasons=tuple(dict.fromkeys(reason for each in verdicts for reason in each.reasons)),
        secret=any(each.secret for each in verdicts),
        egress=any(each.egress for each in verdicts),
    )
