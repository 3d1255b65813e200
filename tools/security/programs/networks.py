"""The network: what asks, what changes, what sends."""

import re
from collections.abc import Iterator, Mapping

from bot.tool import Level
from tools.security.addresses import gives_credentials, is_local
from tools.security.finding import Finding, change, danger, deny, reaches, reveals
from tools.security.invocation import Invocation, Judge
from tools.security.leaks import told
from tools.security.tables import (
    READ,
    called,
    changes,
    dangerous,
    denied,
    only,
    takes,
    verbs,
)


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
        elif word.holes and isinstance(end := word.pieces[-1], str) and "." in end:
            yield danger(f"{call.name} tells another's name server {word.text}", egress=True)
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
    shown = re.compile(
        r"-(4|6|0|s|d|h|j|p|o|a|r|c|n|N|t|ts|br|brief|json|details|stats|statistics|color(=\w+)?|c=\w+|pretty|oneline|human|human-readable|iec|resolve|numeric|timestamp|tshort|all|V|Version)"
    )
    texts = [text for text in call.texts if not shown.fullmatch(text)]
    for text in texts:
        if text.startswith("-") and not text.startswith("-f"):
            yield danger(f"ip {text} is not known to read only")
    texts = [text for text in texts if not text.startswith("-")]
    if "-f" in call.texts or "-family" in call.texts:
        texts = [text for text in texts if text not in ("inet", "inet6", "link", "bridge", "mpls")]
    if any(word.may_be_option and word.holes for word in call.args):
        yield danger("ip: a word of it is not known")
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


def _iw(call: Invocation) -> Iterator[Finding]:
    texts = call.texts
    if texts not in (("list",), ("dev",), ("phy",)) and texts[-1:] not in (("info",), ("link",)):
        yield danger(f"{called(call)} is not known to read only")


def _wg(call: Invocation) -> Iterator[Finding]:
    texts = call.texts
    if texts[:1] not in ((), ("show",)):
        yield danger(f"{called(call)} changes a tunnel")
    if any(re.fullmatch(r"(private|preshared)-keys?|dump", text) for text in texts):
        yield reveals("wg shows keys")


PROGRAMS: Mapping[str, Judge] = {
    "nc ncat netcat": _netcat,
    "socat": _socat,
    "telnet ftp lftp tftp smbclient rsh rlogin lynx w3m links aria2c": _sends,
    "dig host nslookup drill whois delv kdig": _looks_up,
    "ping ping6 fping arping": _ping,
    "traceroute tracepath traceroute6 mtr tcptraceroute": _looks_up,
    "ip": _ip,
    "ss": takes(
        "-46abeghHilmnOopqQrsStTuwxzZM0 -f= -A= --all --listening --numeric --processes --summary --tcp --udp --unix --options --extended --memory --info --resolve --family= --query= --no-header --oneline --threads --bpf --raw --ipv4 --ipv6 --socket= --context --vsock --sctp --packet --tos --cgroup --inet-sockopt"
    ),
    "route": takes("-neFCv46", operands=r"(?!)"),
    "arp": takes("-avnH -i= --all --verbose --numeric --device=", operands=r"[\w.:-]+"),
    "ethtool": only(
        "-[iSkgcalmnTPxude]|--(driver|statistics|show-[a-z-]+|phy-statistics|module-info|json|version)"
    ),
    "iw": _iw,
    "iwconfig": takes("", operands=r"\w+"),
    "nmcli": verbs(
        {
            "general g": verbs({"status permissions": READ}),
            "device dev d": verbs({"status show": READ, "wifi": takes("", operands="list")}),
            "connection con c": verbs({"show": READ}, "", reading="--active --order="),
        },
        "-tp -f= -g= -m= -c= -e= --terse --pretty --fields= --get-values= --mode= --colors= --escape=",
        other="changes the network",
    ),
    "tc": verbs({"qdisc class filter": verbs({"show list ls": READ})}, "-sdnpj -s -d"),
    "bridge": verbs({"link fdb vlan mdb": verbs({"show": READ})}, "-sdjcp"),
    "logger": _logger,
    "tcpdump tshark ngrep dumpcap": dangerous("captures what may hold secrets"),
    "nmap masscan zmap": dangerous("scans other hosts"),
    "ab wrk hey siege vegeta k6": dangerous("loads a server"),
    "ifup ifdown netplan dhclient wg-quick openvpn brctl": dangerous("changes the network"),
    "wg": _wg,
    "iperf iperf3": dangerous("loads the network"),
    "conntrack": takes(
        "-LCS -p= -s= -d= -o= -f= -n --dump --count --stats --proto= --src= --dst= --state= --output= --orig-src= --orig-dst= --dport= --sport= --orig-port-dst= --family="
    ),
    "finger pinky": _looks_up,
    "http https xh": _sends,
    "mail mailx sendmail mutt": _sends,
    "ssh-agent": changes("starts an agent"),
    "ngrok cloudflared frpc chisel": denied("it lets outsiders in"),
}
