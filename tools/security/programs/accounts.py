"""Accounts, rights, firewalls: who gets in."""

import re
from collections.abc import Iterator, Mapping

from tools.security.finding import Finding, danger, deny
from tools.security.invocation import Invocation, Judge
from tools.security.tables import READ, dangerous, denied, reads, verbs

_POWER = re.compile(r"(^|,)(sudo|wheel|root|admin|docker|lxd|libvirt|disk|shadow|adm|staff)(,|$)")


def _user(call: Invocation) -> Iterator[Finding]:
    texts = call.texts
    yield danger(f"{call.name} changes accounts")
    joined = " ".join(texts)
    if re.search(r"(-[a-z]*o?u|--uid)[= ]*0\b|--non-unique|(^| )-[a-zA-Z]*o( |$)", joined):
        yield deny(f"{call.name}: a second root account")
    if any(_POWER.search(text) for text in texts):
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
    if any(re.fullmatch(r"-S|-Sa|-aS|--status", text) for text in call.texts):
        return
    yield danger("passwd changes how an account logs in")
    if call.stdin.text:
        yield deny("passwd: sets a password from a script")
    ends = any(re.fullmatch(r"-[dule]+|--lock|--expire", text) for text in call.texts)
    opens = any(re.fullmatch(r"-[a-z]*d[a-z]*|--delete", text) for text in call.texts)
    if opens or (ends and "root" in call.texts):
        yield deny("passwd: an account without a password, or root locked out")


def _chpasswd(call: Invocation) -> Iterator[Finding]:
    yield deny(f"{call.name} sets passwords", "a person does this by hand")


def _visudo(call: Invocation) -> Iterator[Finding]:
    if not any(re.match(r"-c|--check", text) for text in call.texts):
        yield deny("visudo changes who may do everything")


def _iptables(call: Invocation) -> Iterator[Finding]:
    texts = call.texts
    joined = " ".join(texts)
    if re.search(r"(^| )(-P|--policy) (INPUT|OUTPUT|FORWARD) (DROP|REJECT)", joined):
        yield deny(f"{call.name}: everybody would be locked out")
    if re.search(r"(-A|-I|--append|--insert) INPUT.*-j (DROP|REJECT)", joined) and (
        not re.search(r"-s |--source|-d ", joined)
        and (
            not re.search(r"--dport|--dports", joined) or re.search(r"--dports? (22|ssh)\b", joined)
        )
    ):
        yield deny(f"{call.name}: everybody would be locked out")
    if not re.search(
        r"(^| )(-[a-zA-Z]*[LS][a-zA-Z]*|--list\S*|-V|--version|-C|--check)( |$)", joined
    ):
        yield danger(f"{call.name} changes the firewall")


def _nft(call: Invocation) -> Iterator[Finding]:
    texts = [t for t in call.texts if not re.match(r"-[anjsy]+$|--", t)]
    if texts[:1] != ["list"]:
        yield danger("nft changes the firewall")
        if re.search(r"policy drop", " ".join(texts)):
            yield deny("nft: everybody would be locked out")


def _ufw(call: Invocation) -> Iterator[Finding]:
    texts = call.texts
    if texts[:1] == ("status",) or texts[:2] == ("app", "list") or texts[:1] == ("show",):
        return
    joined = " ".join(texts)
    yield danger("ufw changes the firewall")
    if re.search(
        r"(deny|reject|limit_)( in)?( from any( to any port)?)? (22|ssh|OpenSSH)\b|default (deny|reject)",
        joined,
    ):
        yield deny("ufw: everybody would be locked out")
    if re.search(r"delete allow (22|ssh|OpenSSH)", joined):
        yield deny("ufw: everybody would be locked out")


def _firewall_cmd(call: Invocation) -> Iterator[Finding]:
    if all(
        re.match(r"--(list|get|state|query|info|zone=|permanent|version)", t) for t in call.texts
    ):
        return
    yield danger("firewall-cmd changes the firewall")
    if any(
        re.match(r"--(panic-on|remove-service=ssh|set-default-zone=drop)", t) for t in call.texts
    ):
        yield deny("firewall-cmd: everybody would be locked out")


def _ssh_keygen(call: Invocation) -> Iterator[Finding]:
    """Only ``-l`` and ``-F`` look."""
    flags = "".join(text[1:] for text in call.texts if re.fullmatch(r"-[a-zA-Z]+", text))
    if set(flags) & set("lF") and not set(flags) & set("tRApycsNPCimeIDHUMk"):
        return
    yield danger("ssh-keygen makes or changes keys")


PROGRAMS: Mapping[str, Judge] = {
    "useradd adduser usermod userdel deluser groupadd groupmod groupdel addgroup delgroup chsh chfn gpasswd newusers vipw vigr pwconv pwunconv": _user,
    "passwd": _passwd,
    "chpasswd": _chpasswd,
    "visudo": _visudo,
    "iptables ip6tables iptables-legacy iptables-nft": _iptables,
    "iptables-save ip6tables-save": reads("-f= --file="),
    "iptables-restore ip6tables-restore": denied("it replaces the whole firewall"),
    "nft": _nft,
    "ufw": _ufw,
    "firewall-cmd": _firewall_cmd,
    "fail2ban-client": verbs({"status ping version get": READ}, other="changes who is banned"),
    "ssh-keygen": _ssh_keygen,
    "ssh-keyscan ssh-add": dangerous("reaches other hosts or keys"),
    "ssh-copy-id": denied("it adds a login key"),
    "authselect pam-auth-update": denied("it decides who gets in"),
    "ipset": verbs({"list save test": READ}, other="changes the firewall"),
    "pam_tally2 faillock": reads("--reset -r"),
}
