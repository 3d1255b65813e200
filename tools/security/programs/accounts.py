"""Accounts, rights, firewalls: who gets in."""

import re
from collections.abc import Iterator, Mapping

from tools.security.finding import Finding, danger, deny, reveals
from tools.security.invocation import Invocation, Judge
from tools.security.tables import dangerous, denied, reads, takes

_POWER = re.compile(r"(^|,)(sudo|wheel|root|admin|docker|lxd|libvirt|disk|shadow|adm|staff)(,|$)")


def _user(call: Invocation) -> Iterator[Finding]:
    texts = call.texts
    yield danger(f"{call.name} changes accounts")
    joined = " ".join(texts)
    if re.search(r"(-[a-z]*o?u|--uid)[= ]*0\b|--non-unique|(^| )-[a-zA-Z]*o( |$)", joined):
        yield deny(f"{call.name}: a second root account")
    if any(_POWER.search(text.partition("=")[2] or text) for text in texts) or re.search(
        r"(-[a-zA-Z]*[gG]|--g\w*)[= ]?0( |$)", joined
    ):
        yield deny(
            f"{call.name}: gives an account the rights of root", "an admin does this by hand"
        )
    if (
        texts
        and texts[-1] in ("root", "bot")
        and call.name in ("userdel", "deluser", "usermod", "chsh")
    ):
        yield deny(f"{call.name}: the account {texts[-1]} is needed to get in")


def _passwd(call: Invocation) -> Iterator[Finding]:
    options = [text for text in call.texts if text.startswith("-")]
    if options and all(re.fullmatch(r"-S|-Sa|-aS|-a|--status|--all", text) for text in options):
        return
    yield danger("passwd changes how an account logs in")
    if call.stdin.text:
        yield deny("passwd: sets a password from a script")
    ends = any(re.fullmatch(r"-[dule]+|--lock|--expire", text) for text in call.texts)
    opens = any(re.fullmatch(r"-[a-zA-Z]*d[a-zA-Z]*|--del\w*", text) for text in call.texts)
    if opens or (ends and "root" in call.texts):
        yield deny("passwd: an account without a password, or root locked out")


def _chpasswd(call: Invocation) -> Iterator[Finding]:
    yield deny(f"{call.name} sets passwords", "a person does this by hand")


def _visudo(call: Invocation) -> Iterator[Finding]:
    if not any(re.match(r"-c|--check", text) for text in call.texts):
        yield deny("visudo changes who may do everything")
    yield from takes("-cqs -f= --check --quiet --strict --file=", operands=_SUDOERS)(call)
    for value in call.options("-cqs -f=").values("-f"):
        if not re.fullmatch(_SUDOERS, value.text):
            yield reveals(f"visudo shows the faulty lines of {value.text}")


_SUDOERS = r"/etc/sudoers(\.d/[\w-]+)?"


def _ssh_keygen(call: Invocation) -> Iterator[Finding]:
    """Only ``-l`` and ``-F`` look."""
    flags = "".join(text[1:] for text in call.texts if re.fullmatch(r"-[a-zA-Z]+", text))
    if set(flags) & set("lF") and not set(flags) & set("tRApycsNPCimeIDHUMk"):
        return
    yield danger("ssh-keygen makes or changes keys")


def _chage(call: Invocation) -> Iterator[Finding]:
    if any(re.fullmatch(r"-l|--list", text) for text in call.texts):
        return
    yield danger("chage changes when an account ends")
    if "root" in call.texts:
        yield deny("chage: root would be locked out")


PROGRAMS: Mapping[str, Judge] = {
    "useradd adduser usermod userdel deluser groupadd groupmod groupdel addgroup delgroup chsh chfn gpasswd pwconv pwunconv": _user,
    "passwd": _passwd,
    "chage": _chage,
    "chpasswd newusers": _chpasswd,
    "visudo": _visudo,
    "vipw vigr": denied("it changes who gets in"),
    "ssh-keygen": _ssh_keygen,
    "ssh-keyscan ssh-add": dangerous("reaches other hosts or keys"),
    "ssh-copy-id": denied("it adds a login key"),
    "authselect pam-auth-update": denied("it decides who gets in"),
    "pam_tally2 faillock": reads("--reset -r"),
}
