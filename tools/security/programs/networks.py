"""The network: what asks, what changes, what sends."""

import re
from collections.abc import Iterator, Mapping

from bot.tool import Level
from tools.security.addresses import gives_credentials, is_local
from tools.security.finding import Finding, change, danger, deny, reaches
from tools.security.invocation import Invocation, Judge
from tools.security.leaks import told
from tools.security.tables import READ, changes, dangerous, denied, only, reads, verbs


def _netcat(call: Invocation) -> Iterator[Finding]:
    texts = call.texts
    joined = " ".join(texts)
    if re.search(
        r"(^| )-[a-zA-Z]*[ec]( |$|/)|--(exec|sh-exec|lua-exec)|(?i:exec|system|shell):", joined
    ):
        yield deny(f"{call.name} gives a shell to whoever connects")
    yield from told(call)
    if any(gives_credentials(word.text) for word in call.args):
        yield deny(f"{call.name}: the metadata service gives credentials of the cloud")
    if any(re.match(r"-[a-zA-Z]*l", t) for t in texts):
        yield danger(f"{call.name} listens")
    elif not any(re.match(r"-[a-zA-Z]*z", t) for t in texts):
        yield danger(f"{call.name} opens a connection", egress=True)
    elif not any(is_local(t) for t in texts):
        yield reaches(f"{call.name} reaches another host", Level.ALLOW)


def _looks_up(call: Invocation) -> Iterator[Finding]:
    for word in call.args:
        if word.holes and word.origin not in ("system", "glob"):
            yield danger(f"{call.name}: the name is computed: {word.text}", egress=True)
        if word.secret:
            yield deny(f"{call.name} sends secrets away in a name")
    yield reaches(f"{call.name} asks other hosts", Level.ALLOW)
    if call.name == "dig" and "-f" in call.texts:
        yield danger("dig -f reads names from a file")


def _ping(call: Invocation) -> Iterator[Finding]:
    yield from _looks_up(call)
    if not any(re.match(r"-[a-zA-Z]*[cwW]", t) for t in call.texts):
        yield danger("ping never ends by itself: give it -c")
    if any(re.match(r"-[a-zA-Z]*f", t) for t in call.texts):
        yield danger("ping -f floods")


def _ip(call: Invocation) -> Iterator[Finding]:
    texts = [
        t
        for t in call.texts
        if not re.match(
            r"-(4|6|s|d|h|j|p|o|a|r|c|br|brief|json|details|stats|statistics|color|c=\w+|pretty|oneline|N|family|f|0|human|iec)$|inet6?$",
            t,
        )
    ]
    if any(t in ("-b", "-batch", "-force") for t in call.texts):
        yield danger("ip -b runs commands from a file")
    if not texts:
        return
    verb = texts[1] if len(texts) > 1 else "show"
    if texts[0] == "netns" and verb == "exec":
        yield danger("ip netns exec runs in another namespace")
        yield from call.command(call.args[call.texts.index("exec") + 2 :])
    elif not _ip_reads(texts[0], verb):
        yield danger(f"ip {' '.join(texts[:2])} changes the network")


def _ip_reads(what: str, verb: str) -> bool:
    """Words may be cut short; ``ip link s`` is *set*, everywhere else it is *show*."""
    if what == "monitor":
        return True
    if "link".startswith(what) and "set".startswith(verb):
        return False
    if any(each.startswith(verb) for each in ("show", "list", "get", "ls", "lst")):
        return True
    return what in _IP_OBJECTS and not any(each.startswith(verb) for each in _IP_VERBS)


_IP_OBJECTS = frozenset(
    "addr a address link l route r neigh n rule ru netns tunnel maddr tuntap macsec vrf".split()
)
_IP_VERBS = frozenset(
    [
        "add",
        "a",
        "del",
        "d",
        "delete",
        "set",
        "s",
        "change",
        "replace",
        "flush",
        "append",
        "chg",
        "prepend",
        "rep",
        "up",
        "down",
        "save",
        "restore",
        "exec",
        "attach",
        "identify",
        "pids",
    ]
)


def _ss(call: Invocation) -> Iterator[Finding]:
    for text in call.texts:
        if re.match(r"-[a-zA-Z0-9]*[KDF]|--(k|di|fi)", text):
            yield danger(f"ss {text} kills connections, or writes a file")


def _route(call: Invocation) -> Iterator[Finding]:
    if any(t in ("add", "del", "flush") for t in call.texts):
        yield danger("route changes the network")


def _arp(call: Invocation) -> Iterator[Finding]:
    if any(re.match(r"-[a-z]*[sdf]$|--(set|delete|file)", t) for t in call.texts):
        yield danger("arp changes the neighbours")


def _socat(call: Invocation) -> Iterator[Finding]:
    yield from _netcat(call)
    yield danger("socat joins two channels")


def _sends(call: Invocation) -> Iterator[Finding]:
    yield danger(f"{call.name} sends something away", egress=True)
    if any(gives_credentials(word.text) for word in call.args):
        yield deny(f"{call.name}: the metadata service gives credentials of the cloud")
    yield from told(call)


def _logger(call: Invocation) -> Iterator[Finding]:
    yield change("logger writes to the log")
    if any(re.match(r"-[a-zA-Z]*[nP]|--se|--po", text) for text in call.texts):
        yield danger("logger -n sends to another host", egress=True)
        yield from told(call)


PROGRAMS: Mapping[str, Judge] = {
    "nc ncat netcat": _netcat,
    "socat": _socat,
    "telnet ftp lftp tftp smbclient rsh rlogin lynx w3m links aria2c": _sends,
    "dig host nslookup drill whois delv kdig": _looks_up,
    "ping ping6 fping arping": _ping,
    "traceroute tracepath traceroute6 mtr tcptraceroute": _looks_up,
    "ip": _ip,
    "ss": _ss,
    "netstat ifstat nstat vnstat": READ,
    "route": _route,
    "arp": _arp,
    "ifconfig": dangerous("may change the network: use ip addr"),
    "ethtool": only(
        "-[iSkgcalmnTPxude]|--(driver|statistics|show-[a-z-]+|phy-statistics|module-info|json|version)"
    ),
    "iw iwconfig": verbs({"dev list phy": READ}),
    "nmcli": verbs(
        {
            "general g": verbs({"status permissions": READ}),
            "device dev d": verbs({"status show wifi": READ}),
            "connection con c": verbs({"show": READ}),
        },
        "-tpf= -g= -m= -c= -e= -a --terse --pretty --fields= --get-values= --colors=",
        other="changes the network",
    ),
    "tc": verbs({"qdisc class filter": verbs({"show list ls": READ})}, "-sdnp"),
    "bridge": verbs({"link fdb vlan mdb": verbs({"show": READ})}, "-sdjc"),
    "logger": _logger,
    "tcpdump tshark ngrep dumpcap": dangerous("captures what may hold secrets"),
    "nmap masscan zmap": dangerous("scans other hosts"),
    "ab wrk hey siege vegeta k6": dangerous("loads a server"),
    "ifup ifdown netplan dhclient wg-quick openvpn brctl": dangerous("changes the network"),
    "wg": verbs({"show": READ}, other="changes a tunnel"),
    "iperf iperf3": dangerous("loads the network"),
    "conntrack": reads("-D -F -I -U --delete --flush"),
    "http https xh": _sends,
    "mail mailx sendmail mutt": _sends,
    "ssh-agent": changes("starts an agent"),
    "ngrok cloudflared frpc chisel": denied("it lets outsiders in"),
}
