"""Signals to processes."""

import re
from collections.abc import Iterator, Mapping

from tools.security.finding import Finding, change, danger, deny
from tools.security.invocation import Invocation, Judge
from tools.security.tables import changes, denied

_KEEPS = "the bot itself would be locked out; a person does this by hand"


def _kill(call: Invocation) -> Iterator[Finding]:
    texts = list(call.texts)
    if texts[:1] in (["-0"], ["-l"], ["-L"]) or texts[:2] == ["-s", "0"]:
        return
    signal = texts.pop(0) if texts and texts[0].startswith("-") and len(texts) > 1 else ""
    if signal in ("-s", "-n") and texts:
        signal += texts.pop(0)
    if signal == "--":
        signal = ""
    targets = [t for t in texts if t != "--"]
    if targets and all(re.fullmatch(r"%\w+|\$!", t) for t in targets):
        return  # what this script itself started
    if any(t in ("-1", "1", "0") for t in targets) and signal != "-HUP":
        yield deny("kill: it ends every process, or the first one")
    if any("sshd" in t or "systemd" in t for t in targets):
        yield deny("kill: nobody can log in any more", _KEEPS)
    gentle = re.fullmatch(r"-(s)?(SIG)?(HUP|USR1|USR2|WINCH|CONT|1|10|12)", signal)
    found = f"kill {signal} {' '.join(targets[:3])}".replace("  ", " ")
    yield change(f"{found} signals a process") if gentle else danger(f"{found} ends a process")


def _pkill(call: Invocation) -> Iterator[Finding]:
    texts = call.texts
    if "-0" in texts or texts[:1] == ("-l",):
        return
    for text in texts:
        if re.fullmatch(r"\^?(sshd?|systemd|init|auditd|dbus-daemon|\.|\.\*)\$?", text):
            yield deny(f"{call.name} {text}: nobody can log in, or work, any more", _KEEPS)
    if re.search(r"(^| )(-u|-U|--euid|--uid)[ =]?root", " ".join(texts)):
        yield deny(f"{call.name}: it ends everything that root runs", _KEEPS)
    gentle = any(re.fullmatch(r"-(SIG)?(HUP|USR1|USR2|1|10|12)", t) for t in texts)
    how = f"{call.name} signals processes by name"
    yield change(how) if gentle else danger(how)


PROGRAMS: Mapping[str, Judge] = {
    "kill": _kill,
    "pkill killall skill": _pkill,
    "killall5": denied("it ends every process"),
    "renice": changes("changes a priority"),
}
