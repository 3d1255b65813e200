"""Services, processes, the kernel and the host itself."""

import re
from collections.abc import Iterator, Mapping

from tools.security.finding import Finding, change, danger, deny, reveals
from tools.security.invocation import Invocation, Judge
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

_JOURNAL = "--vacuum-time --vacuum-size --vacuum-files --rotate --flush --sync --relinquish-var --smart-relinquish-var --setup-keys --update-catalog --cursor-file --file --image --root --machine --namespace".split()
_ALL = re.compile(r"\d{1,2}(s|sec|m|min|h|d|day)?|\d{1,2}[KM]?|[01]")


def _journalctl(call: Invocation) -> Iterator[Finding]:
    texts = call.texts
    for index, text in enumerate(texts):
        name, _, value = text.partition("=")
        if re.match(r"-\w*[MDi]", text) or (
            len(name) > 4 and any(long.startswith(name) for long in _JOURNAL)
        ):
            yield danger(f"journalctl {name} changes the journal, or reads another")
            value = value or next(iter(texts[index + 1 : index + 2]), "")
            if name.startswith("--vac") and _ALL.fullmatch(value):
                yield deny("journalctl: what audits rely on would be gone")


_KERNEL_DOORS = re.compile(r"kernel\.(core_pattern|modprobe|sysrq|hotplug)|fs\.(suid|binfmt).*")


def _sysctl(call: Invocation) -> Iterator[Finding]:
    sets = [text for text in call.texts if "=" in text]
    found = call.options(
        "-abdehnNqAXr= --all --binary --ignore --names --values --pattern= --quiet"
    )
    if sets or found.unknown or any(word.holes for word in call.args):
        yield danger(f"{called(call)} changes the kernel")
    if any(_KERNEL_DOORS.match(text.replace("/", ".")) for text in sets):
        yield deny("sysctl: it lets others in")


def _mount(call: Invocation) -> Iterator[Finding]:
    if not all(re.fullmatch(r"-[lv]+|-t|[a-z0-9,.]+", text) for text in call.texts) or (
        call.args and "-t" not in call.texts and any(not t.startswith("-") for t in call.texts)
    ):
        yield danger("mount changes what lies where")


def _crontab(call: Invocation) -> Iterator[Finding]:
    texts = call.texts
    if (
        "-l" in texts
        and call.options("-l -u=").unknown == []
        and not call.options("-l -u=").operands
    ):
        return
    yield danger("crontab replaces, edits or deletes the account's jobs")
    if call.stdin.text:
        jobs = re.sub(r"(?m)^\s*(@\w+|(\S+\s+){4}\S+)\s+", "", call.stdin.text)
        yield from call.script(jobs)
    elif call.stdin.opaque:
        yield deny("crontab: the jobs come from what nobody has seen")


def _timed(call: Invocation) -> Iterator[Finding]:
    """top and the like must end by themselves, and write nothing."""
    found = call.options(
        "-bcEeHiSs1 -d= -n= -o= -p= -u= -U= -w= -O -1 --batch --iterations= --delay="
    )
    if found.unknown or not found.has("-b", "--batch") or call.name != "top":
        yield danger(f"{call.name} never ends by itself, or writes: use top -b -n 1")


def _getent(call: Invocation) -> Iterator[Finding]:
    if {"shadow", "gshadow"} & set(call.texts):
        yield reveals("getent shows hashes of passwords")
    yield from only("-i|--no-idn")(call)


def _logrotate(call: Invocation) -> Iterator[Finding]:
    found = call.options("-dv -s= --debug --verbose --state=")
    if found.unknown or not found.has("-d", "--debug"):
        yield change(f"{called(call)}: rotates logs")


def _config(call: Invocation) -> Iterator[Finding]:
    """systemctl cat, networkctl cat and the like show files, too."""
    for word in call.args:
        if "/" in word.text:
            yield danger(f"{called(call)} shows a file")


def _auditctl(call: Invocation) -> Iterator[Finding]:
    if all(text in ("-s", "-l") for text in call.texts):
        return
    if any(re.match(r"-[DeWd]|--reset", text) for text in call.texts):
        yield deny("auditctl: nothing would be audited any more")
    yield danger("auditctl changes what is audited")


def _two(call: Invocation) -> Iterator[Finding]:
    """``hostnamectl hostname`` and ``resolvectl dns LINK`` show; one operand more sets."""
    shows = 1 if call.name.startswith("resolvectl") else 0
    if len([text for text in call.texts if not text.startswith("-")]) > shows:
        yield danger(f"{called(call)} sets it")


PROGRAMS: Mapping[str, Judge] = {
    "journalctl": _journalctl,
    "dmesg": takes(
        "-dehHkLPrtTuwWxS -f= -l= --human --ctime --decode --facility= --follow --follow-new --kernel --level= --nopager --notime --raw --reltime --since= --until= --time-format= --userspace --color? --show-delta"
    ),
    "sysctl": _sysctl,
    "mount": _mount,
    "umount swapoff losetup": dangerous("changes what is mounted"),
    "swapon": takes(
        "-s --summary --show? --bytes --noheadings --raw --output-all", operands=r"(?!)"
    ),
    "hostname": takes(
        "-aAdfiIsy --alias --domain --fqdn --long --ip-address --all-fqdns --all-ip-addresses --short",
        operands=r"(?!)",
    ),
    "crontab": _crontab,
    "top htop nmon": _timed,
    "getent": _getent,
    "printenv": takes("-0 --null"),
    "nvidia-smi": only(
        r"-q|-L|-x|-i|-d|--(query|list-gpus|query-[a-z-]+=\S+|format=\S+|id=\S+|display=\S+|xml-format)|-i=\S+",
        content=False,
    ),
    "lastlog faillog": takes("-b= -t= -u= -a --before= --time= --user= --all"),
    "systemd-analyze": verbs(
        {
            "blame time critical-chain plot dot calendar timespan timestamp unit-paths security syscall-filter exit-status capability unit-files filesystems dump": READ,
            "verify": takes("--man=", operands=r"/(etc|usr/lib|lib|run)/systemd/\S+|[\w@.-]+"),
            "cat-config": takes("--no-pager --tldr", operands=r"systemd/\S+|/etc/systemd/\S+"),
        },
        "--no-pager --user --system --global",
        reading="--from-pattern= --to-pattern= --order --require --fuzz= --iterations= --base-time= --json=",
    ),
    "loginctl": verbs(
        {
            "list-sessions list-users list-seats session-status user-status seat-status show-session show-user"
            " show-seat": READ,
            "terminate-session terminate-user kill-session kill-user terminate-seat": dangerous(
                "ends sessions"
            ),
        },
        "-al -p= --no-pager --all --full --property= --value --no-legend -n= -o= --json=",
    ),
    "timedatectl": verbs(
        {"status show timesync-status show-timesync list-timezones": READ},
        "-ap= --no-pager --all --property= --value",
        other="changes the clock",
    ),
    "hostnamectl": verbs(
        {"status": READ, "hostname": _two},
        "-j --json= --no-pager --static --pretty --transient",
        other="renames the host",
    ),
    "localectl": verbs(
        {"status list-locales list-keymaps": READ}, "--no-pager", other="changes the locale"
    ),
    "networkctl": verbs(
        {"list status lldp label": READ, "cat": _config},
        "-alsn= --no-pager --all --no-legend --full --json= --stats",
        other="changes the network",
    ),
    "resolvectl systemd-resolve": verbs(
        {
            "status query statistics service openpgp tlsa": READ,
            "dns domain": _two,
            "flush-caches reset-statistics": changes("changes the resolver's state"),
        },
        "-46i= -p= -t= -c= --status --statistics --no-pager --interface= --type= --legend= --class= --protocol= --cache=",
        reading="--status --statistics",
    ),
    "coredumpctl": verbs(
        {"list info": READ},
        "--no-pager --since= --until= -n= -1rq -S= -U= --reverse --no-legend --json= --field=",
        other="shows or debugs a core dump",
    ),
    "machinectl": verbs(
        {"list status show list-images image-status": READ},
        "--no-pager -al -p= --property= --no-legend",
    ),
    "busctl": verbs(
        {"list status tree introspect get-property": READ},
        "--no-pager --user --system --list --no-legend --unique --acquired --activatable -j --json=",
    ),
    "bootctl": verbs({"status list": READ}, "--no-pager"),
    "udevadm": verbs(
        {"info": READ},
        "",
        reading="-q= -p= -n= -a -e --query= --path= --name= --attribute-walk --export-db",
        other="changes devices",
    ),
    "reboot poweroff halt shutdown init telinit": dangerous("the host goes down"),
    "modprobe insmod rmmod kmod depmod": dangerous("changes what the kernel is made of"),
    "sync": changes("writes buffers to the disks"),
    "logrotate": _logrotate,
    "auditctl": _auditctl,
    "ausearch aureport": takes(
        "-aciklmnprstuvwxeh -m= -k= -ua= -ts= -te= --start= --end= --message= --key= --summary --failed --success --interpret --auth --login --executable --file --event --user --anomaly --node= --pid=",
        operands=r"[\w:/.-]*",
    ),
    "kexec grub-install update-grub grub-mkconfig update-initramfs dracut": denied(
        "it decides how the host starts"
    ),
    "stress stress-ng sysbench fio": dangerous("loads the host"),
    "tuned-adm": verbs({"active list verify recommend profile_info": READ}),
    "setenforce setsebool restorecon semanage": dangerous("changes SELinux"),
    "setcap": denied("a program with capabilities runs with rights of its own"),
    "lsinitramfs": takes("-l"),
    "hwclock": takes("-ruv --show --get --utc --localtime --verbose -l"),
    "chronyc": verbs(
        {"tracking sources sourcestats activity ntpdata selectdata serverstats rtcdata": READ},
        "-ncN",
        reading="-va",
        other="changes the clock",
    ),
    "ntpq": takes("-np46 --numeric --peers", operands=r"(?!)"),
    "ntpstat": takes(""),
    "supervisorctl": verbs(
        {
            "status avail pid version": READ,
            "restart start reread update signal": changes("changes a service's state"),
        },
        "",
        other="stops a service, or shows its log",
    ),
    "monit": verbs({"status summary report": READ}, "-B", other="changes what is watched"),
    "pm2": verbs(
        {
            "list ls status show describe info jlist prettylist": READ,
            "logs": takes("--lines= --nostream --raw --err --out --json --timestamp --format"),
            "restart reload start": changes("restarts a process"),
        },
        "--no-color -m",
        other="changes processes",
    ),
}
