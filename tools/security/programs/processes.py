"""Signals to processes."""

import re
from collections.abc import Iterator, Mapping

from tools.security.finding import Finding, change, danger, deny, reveals
from tools.security.invocation import Invocation, Judge
from tools.security.options import Parsed, parse
from tools.security.tables import called, changes, denied, takes

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


_NEEDED = ("sshd", "systemd", "init", "auditd", "dbus-daemon", "systemd-logind")
_NEEDED_LINES = ("/usr/sbin/sshd -D", "sshd: root@pts/0", "/lib/systemd/systemd", "/sbin/init")
_PKILL = (
    "-fxnoivaeclLqVr -u= -U= -g= -G= -P= -t= -s= -F= -d= --full --exact --newest --oldest"
    " --inverse --ignore-case --euid= --uid= --pgroup= --group= --parent= --terminal= --session="
    " --signal= --echo --pidfile="
)


def _pkill(call: Invocation) -> Iterator[Finding]:
    texts = call.texts
    if "-0" in texts or texts[:1] == ("-l",):
        return
    signals = [word for word in call.args if re.fullmatch(r"-\d+|-(SIG)?[A-Z]{2,}\d?", word.text)]
    found = parse([word for word in call.args if word not in signals], _PKILL)
    for word in found.operands:
        if _ends_needed(call.name, word.text, found):
            yield deny(f"{call.name} {word.text}: nobody can log in, or work, any more", _KEEPS)
    owners = found.values("-u", "-U", "--euid", "--uid", "-g", "-P", "--parent", "--pgroup")
    if any(value.text in ("root", "0", "1") for value in owners) or found.has("-v", "--inverse"):
        yield deny(f"{call.name}: it ends what the host needs", _KEEPS)
    gentle = any(re.fullmatch(r"-(SIG)?(HUP|USR1|USR2|1|10|12)", word.text) for word in signals)
    how = f"{called(call)}: signals processes by name"
    yield change(how) if gentle else danger(how)


def _ends_needed(program: str, pattern: str, found: Parsed) -> bool:
    """Whether a pattern, which may match anywhere in a name, matches what the host needs."""
    if program == "killall" and not found.has("-r"):
        return pattern in _NEEDED
    lines = _NEEDED_LINES if found.has("-f", "--full") else _NEEDED
    try:
        expression = re.compile(pattern)
    except re.error:
        return False
    matches = expression.fullmatch if found.has("-x", "--exact") else expression.search
    return any(map(matches, lines))


_PS = "-AaeDfFGgHjklLmMnNOopPqsTtuUVwyZcdx -C= -G= -g= -O= -o= -p= -q= -s= -t= -u= -U= -N --sort= --format= --forest --no-headers --headers --pid= --ppid= --user= --User= --group= --cols= --columns= --width= --rows= --tty= --deselect --cumulative --no-heading -k= -eLf"
_FLAGS = re.compile(r"[A-Za-z]+")


def _ps(call: Invocation) -> Iterator[Finding]:
    """An ``e`` without a dash shows what each process has in its environment."""
    yield from takes(_PS)(call)
    values = [value.text for _, value in call.options(_PS).options if value is not None]
    for text in call.texts:
        if "environ" in text or ("e" in text and _FLAGS.fullmatch(text) and text not in values):
            yield reveals("ps shows the environments of processes")


PROGRAMS: Mapping[str, Judge] = {
    "ps": _ps,
    "kill": _kill,
    "pkill killall skill": _pkill,
    "killall5": denied("it ends every process"),
    "renice": changes("changes a priority"),
}
