"""Services: what runs, and what may be stopped."""

import re
from collections.abc import Iterator, Mapping

from tools.security.finding import Finding, change, danger, deny, reveals
from tools.security.invocation import Invocation, Judge
from tools.security.tables import READ, called, changes, dangerous, denied, takes, verbs

VITAL = re.compile(
    r"(ssh|sshd|dropbear|auditd|rsyslog|dbus|dbus-broker|systemd-(journald|logind|networkd|resolved|udevd)"
    r"|networking|network|NetworkManager|init|tailscaled|basic|sysinit|-|system|user|sssd"
    r"|(sshd?|wg-quick|openvpn)(@.*|-server.*)?)(\.(service|socket|target|slice))?|(rescue|emergency)(\.target)?"
)
_KEEPS = "the bot itself would be locked out; a person does this by hand"


def _ends(why: str) -> Judge:
    """Stops units: some of them carry the host."""

    def judge(call: Invocation) -> Iterator[Finding]:
        for text in call.texts:
            if VITAL.fullmatch(text) or (
                set(text) & set("*?") and re.match(r"(s?s?h|\*|aud)", text)
            ):
                yield deny(
                    f"{call.name}: the host cannot be reached or audited without {text}", _KEEPS
                )
        yield danger(f"{call.name} {' '.join(call.texts[:3])}: {why}")

    return judge


def _enables(call: Invocation) -> Iterator[Finding]:
    yield change(f"{call.name} {' '.join(call.texts[:3])}")
    if any(re.match(r"(/|debug-shell)", text) for text in call.texts):
        yield danger(f"{call.name}: a unit from elsewhere")


def _shown(call: Invocation) -> Iterator[Finding]:
    for word in call.args:
        if "/" in word.text or (word.text.startswith("-") and word.text != "--no-pager"):
            yield danger(f"{call.name} {word.text} shows more than a unit")


def _properties(call: Invocation) -> Iterator[Finding]:
    if any("environ" in text.lower() for text in call.texts):
        yield reveals("the environment of services often holds secrets")
    yield from takes(f"{_OPTIONS} {_READING}")(call)


def _environment(call: Invocation) -> Iterator[Finding]:
    if call.name.endswith("show-environment"):
        yield reveals("the environment of services often holds secrets")


_OPTIONS = (
    "-alqftprsnoP -t= -p= -s= -n= -o= -P= --all --no-pager --full --failed --plain --no-legend --quiet --type= --state="
    " --now --runtime --user --system --property= --value --lines= --output= --legend= --force --no-block --no-wall"
)
_READING = "--reverse --after --before --with-dependencies --recursive --timestamp= --show-types --no-ask-password --wait --marked --show-transaction"
_SYSTEMCTL = verbs(
    {
        "status is-active is-enabled is-failed is-system-running list-units list-unit-files"
        " list-timers list-sockets list-dependencies list-jobs list-machines list-paths list-automounts"
        " get-default whoami list-mounts": READ,
        "cat help": _shown,
        "show-environment": _environment,
        "show": _properties,
        "restart try-restart reload reload-or-restart try-reload-or-restart condrestart force-reload"
        " start reset-failed daemon-reload unmask revert preset": changes(
            "changes a service's state"
        ),
        "enable reenable": _enables,
        "stop": _ends("stops a service"),
        "disable": _ends("it will not start again by itself"),
        "mask": _ends("nothing can start it any more"),
        "kill": _ends("signals a service"),
        "reboot poweroff halt kexec suspend hibernate soft-reboot": dangerous("the host goes down"),
        "isolate default set-property freeze clean edit": _ends("stops or changes it"),
        "rescue emergency": denied("nobody can log in any more"),
        "exit switch-root": denied("the host goes down for good"),
    },
    _OPTIONS,
    reading=_READING,
)


def _service(call: Invocation) -> Iterator[Finding]:
    texts = call.texts
    if texts in ((), ("--status-all",)):
        return
    name, verb = (*texts[:2], "")[:2]
    if not re.fullmatch(r"[\w@.:-]+", name) or len(texts) > 2:
        yield danger(f"{called(call)} is not known")
    if verb == "status":
        return
    if verb in ("restart", "reload", "force-reload", "start", "try-restart", "configtest"):
        yield change(f"{call.name} {name} {verb}")
    else:
        words = [word for word in call.args if not word.text.startswith("-")]
        inner = Invocation(call.name, tuple(words[:1]), call.scope, call.stdin, call.walker)
        yield from _ends(f"{verb} a service")(inner)


def _rc_service(call: Invocation) -> Iterator[Finding]:
    yield from _service(call)


def _at_boot(call: Invocation) -> Iterator[Finding]:
    """update-rc.d, chkconfig, rc-update, initctl."""
    texts = call.texts
    if not texts or texts[0] in ("--list", "show", "-a", "list", "status"):
        return
    yield danger(f"{called(call)}: changes what starts with the host")
    if any(VITAL.fullmatch(t) for t in texts) and {
        "remove",
        "disable",
        "off",
        "del",
        "delete",
        "stop",
        "-f",
    } & set(texts):
        yield deny(f"{called(call)}: the host cannot be reached without it", _KEEPS)


PROGRAMS: Mapping[str, Judge] = {
    "update-rc.d chkconfig rc-update initctl": _at_boot,
    "systemctl": _SYSTEMCTL,
    "service": _service,
    "rc-service invoke-rc.d": _rc_service,
    "rc-status": takes("-a"),
}
