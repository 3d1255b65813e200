"""What is thought of a call: how much harm it can do, and who must be asked."""

from dataclasses import dataclass
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
    secret: bool = False
    """Reads something secret."""
    egress: bool = False
    """Reaches a machine outside the inventory."""
    commands: tuple[str, ...] = ()
    """What was found in a command line, each command with its words."""
    unsure: tuple[str, ...] = ()
    """Scripts in it that a second parser must read the same way before it may be allowed."""
