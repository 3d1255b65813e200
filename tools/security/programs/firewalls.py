"""Firewalls: what shuts everybody out."""

import re
from collections.abc import Iterator, Mapping
from itertools import pairwise

from tools.security.finding import Finding, danger, deny
from tools.security.invocation import Invocation, Judge
from tools.security.tables import READ, denied, reads, verbs

_OUT = "everybody would be locked out; a person does this by hand"
_ANYWHERE = re.compile(r"any|0(\.0){0,3}/0|::/0|0\.0\.0\.0(/0)?")
_SSH = re.compile(r"22|ssh|openssh", re.IGNORECASE)
_ATTACHED = re.compile(r"(-[PAIRjsp])([A-Z0-9].*)|(--[a-z-]+)=(.*)", re.DOTALL)


def _apart(call: Invocation) -> list[str]:
    """Options and their values as words of their own."""
    words: list[str] = []
    for text in call.texts:
        found = _ATTACHED.fullmatch(text)
        words += filter(None, found.groups()) if found else [text]
    return words


def _value(words: list[str], *names: str) -> str:
    """What follows the first of these options; empty when none is given."""
    return next((b for a, b in pairwise(words) if a in names), "")


def _takes_ssh(ports: str) -> bool:
    """Whether a list of ports and ranges holds that of ssh, or is no list."""
    for part in ports.split(","):
        low, _, high = part.partition(":")
        if _SSH.fullmatch(part):
            return True
        if high and low.isdigit() and high.isdigit() and int(low) <= 22 <= int(high):
            return True
    return not ports


_LISTS = re.compile(r"-[nvxt0-9]*[LSC][nvx0-9]*|--(list|list-rules|check|version|help)|-V")

_BESIDES = re.compile(r"-[a-zA-Z0-9]*[ZMADIRPFXNE]|--(z|mo|a|del|f|ins|ne|ren|rep|pol)")
"""What a listing may do besides: zero its counters, start another modprobe, change rules."""


def _iptables(call: Invocation) -> Iterator[Finding]:
    words = _apart(call)
    if any(map(_LISTS.fullmatch, words)) and not any(map(_BESIDES.match, words)):
        return
    yield danger(f"{call.name} changes the firewall")
    chain = _value(words, "-A", "-I", "-R", "-P", "--append", "--insert", "--replace", "--policy")
    ends = {"DROP", "REJECT"} & set(words)
    if not ends or chain not in ("INPUT", "OUTPUT", "FORWARD", "PREROUTING"):
        return
    source = _value(words, "-s", "--source", "--src", "-d", "--destination")
    ports = _value(words, "--dport", "--dports", "--destination-port", "--destination-ports")
    if (not source or _ANYWHERE.fullmatch(source)) and _takes_ssh(ports):
        yield deny(f"{call.name}: {_OUT}")


def _nft(call: Invocation) -> Iterator[Finding]:
    texts = [text for text in call.texts if not re.match(r"-[anjsy]+$|--", text)]
    if texts[:1] == ["list"]:
        return
    yield danger("nft changes the firewall")
    rule = " ".join((*texts, call.stdin.text or ""))
    narrow = re.search(r"[ds]addr|[ds]port (?!22\b|ssh\b|\{[^}]*\b22\b)", rule)
    if re.search(r"policy (drop|reject)|\b(drop|reject)\b", rule) and not narrow:
        yield deny(f"nft: {_OUT}")


def _ufw(call: Invocation) -> Iterator[Finding]:
    words = [text for text in call.texts if text not in ("--force", "--dry-run")]
    if words[:1] in (["status"], ["show"], ["version"]) or words[:2] == ["app", "list"]:
        return
    yield danger("ufw changes the firewall")
    source = _value(words, "from")
    after = _value(words, "deny", "reject", "allow")
    ports = _value(words, "port") or (after if re.match(r"\d|ssh|OpenSSH", after) else "")
    shuts = {"deny", "reject"} & set(words) and "delete" not in words
    opens = "delete" in words and "allow" in words
    wide = not source or _ANYWHERE.fullmatch(source)
    if (shuts or opens) and wide and _takes_ssh(ports.partition("/")[0]):
        yield deny(f"ufw: {_OUT}")


_FIREWALLD_READS = re.compile(
    r"--(list|get|state|query|info|version|zone|permanent|check|direct)\S*|public|[a-z]+"
)


def _firewalld(call: Invocation) -> Iterator[Finding]:
    words = _apart(call)
    options = [word for word in words if word.startswith("-")]
    if all(_FIREWALLD_READS.fullmatch(option) for option in options):
        return
    yield danger("firewall-cmd changes the firewall")
    said = " ".join(words)
    shuts = r"--panic-on|--set-default-zone (drop|block)|--(remove-service|remove-port) (ssh|22/)"
    if re.search(rf"{shuts}|(ssh|22).*(drop|reject)|--change-interface", said) or (
        "--remove-interface" in words
    ):
        yield deny(f"firewall-cmd: {_OUT}")


PROGRAMS: Mapping[str, Judge] = {
    "iptables ip6tables iptables-legacy iptables-nft": _iptables,
    "iptables-save ip6tables-save": reads("-f= --file="),
    "iptables-restore ip6tables-restore": denied("it replaces the whole firewall"),
    "nft": _nft,
    "ufw": _ufw,
    "firewall-cmd": _firewalld,
    "fail2ban-client": verbs({"status ping version get": READ}, other="changes who is banned"),
    "ipset": verbs({"list save test": READ}, other="changes the firewall"),
}
