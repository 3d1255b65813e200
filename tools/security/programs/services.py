"""Services: what runs, and what may be stopped."""

import re
from collections.abc import Iterator, Mapping

from tools.security.finding import Finding, change, danger, deny, reveals
from tools.security.invocation import Invocation, Judge
from tools.security.tables import READ, called, changes, dangerous, denied, verbs

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


def _environment(call: Invocation) -> Iterator[Finding]:
    if call.name.endswith("show-environment"):
        yield reveals("the environment of services often holds secrets")


_SYSTEMCTL = verbs(
    {
        "status is-active is-enabled is-failed is-system-running show cat list-units list-unit-files"
        " list-timers list-sockets list-dependencies list-jobs list-machines list-paths list-automounts"
        " get-default help whoami --version list-mounts": READ,
        "show-environment": _environment,
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
    "-alqfHMtprsnoT -t= -p= -s= -n= -o= -P= -H= -M= --all --no-pager --full --failed --plain --no-legend --quiet --type= --state= --now"
    " --runtime --user --system --property= --value --lines= --output= --legend= --force --no-block --reverse --after --before"
    " --with-dependencies --version --recursive --signal= --kill-who= --no-ask-password --root= --job-mode= --timestamp=",
    never="-H= --host= -M= --machine= --root= --image=",
)


def _service(call: Invocation) -> Iterator[Finding]:
    texts = [t for t in call.texts if not t.startswith("-")]
    verb = texts[1] if len(texts) > 1 else ""
    if verb in ("status", "") and (not texts or verb or "--status-all" in call.texts):
        return
    if verb in ("restart", "reload", "force-reload", "start", "try-restart", "configtest"):
        yield change(f"{call.name} {texts[0]} {verb}")
    else:
        inner = Invocation(call.name, call.args[:1], call.scope, call.stdin, call.walker)
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
    "rc-status": READ,
}
