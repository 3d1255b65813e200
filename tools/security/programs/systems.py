"""Services, processes, the kernel and the host itself."""

import re
from collections.abc import Iterator, Mapping

from tools.security.finding import Finding, danger, deny
from tools.security.invocation import Invocation, Judge
from tools.security.paths import reading
from tools.security.tables import READ, called, changes, dangerous, denied, reads, verbs

_JOURNAL = "--vacuum-time --vacuum-size --vacuum-files --rotate --flush --sync --relinquish-var --smart-relinquish-var --setup-keys --update-catalog --cursor-file --file --image --root --machine --namespace".split()
_ALL = re.compile(r"\d{1,2}(s|sec|m|min|h|d|day)?|\d{1,2}[KM]?|[01]")


def _journalctl(call: Invocation) -> Iterator[Finding]:
    texts = call.texts
    for index, text in enumerate(texts):
        name, _, value = text.partition("=")
        if text == "-M" or (len(name) > 4 and any(long.startswith(name) for long in _JOURNAL)):
            yield danger(f"journalctl {name} changes the journal, or reads another")
            value = value or next(iter(texts[index + 1 : index + 2]), "")
            if name.startswith("--vac") and _ALL.fullmatch(value):
                yield deny("journalctl: what audits rely on would be gone")


def _dmesg(call: Invocation) -> Iterator[Finding]:
    for text in call.texts:
        if re.match(r"-[A-Za-z]*[CcDEn]|--(clea|read-|console)", text):
            yield danger(f"dmesg {text} changes the kernel's buffer or console")


_KERNEL_DOORS = re.compile(r"kernel\.(core_pattern|modprobe|sysrq|hotplug)|fs\.(suid|binfmt).*")


def _sysctl(call: Invocation) -> Iterator[Finding]:
    sets = [text for text in call.texts if "=" in text]
    if sets or any(re.match(r"-[a-z]*[wpf]|--(wr|lo|sy)", text) for text in call.texts):
        yield danger(f"{called(call)} changes the kernel")
    if any(_KERNEL_DOORS.match(text.replace("/", ".")) for text in sets):
        yield deny("sysctl: it lets others in")


def _mount(call: Invocation) -> Iterator[Finding]:
    found = call.options(
        "-alvlfnrswhV -t= -o= -O= -L= -U= -B -R -M --bind --rbind --all --types= --options= --make-private --move --source= --target="
    )
    if not found.operands and not found.has("-a", "--all", "-L", "-U"):
        return
    yield danger("mount changes what lies where")


def _date(call: Invocation) -> Iterator[Finding]:
    for word in call.args:
        yield from reading(call, word)
    for text in call.texts:
        if re.match(r"-[uRI]*s|--set|\d", text) and not re.match(r"-[uR]*I", text):
            skip = {"-d", "--date", "-r", "-f"}
            before = call.texts[call.texts.index(text) - 1] if call.texts.index(text) else ""
            if before not in skip:
                yield danger("date sets the clock")


def _hostname(call: Invocation) -> Iterator[Finding]:
    for index, text in enumerate(call.texts):
        if not text.startswith("-") or re.match(r"-(F|b)|--file|--boot", text):
            yield danger(f"hostname {' '.join(call.texts[index:])} renames the host")
            return


def _crontab(call: Invocation) -> Iterator[Finding]:
    texts = call.texts
    if "-l" in texts:
        return
    if "-r" in texts:
        yield danger("crontab -r deletes all jobs of the account")
        return
    yield danger("crontab replaces the account's jobs")
    if call.stdin.text is not None:
        jobs = re.sub(r"(?m)^\s*(@\w+|(\S+\s+){4}\S+)\s+", "", call.stdin.text)
        yield from call.script(jobs)
    elif call.stdin.opaque:
        yield deny("crontab: the jobs come from what nobody has seen")


def _timed(call: Invocation) -> Iterator[Finding]:
    """top, vmstat, iostat: they must end by themselves."""
    if call.name in ("top", "htop", "atop") and not any(
        re.match(r"-[a-zA-Z]*b", t) for t in call.texts
    ):
        yield danger(f"{call.name} never ends by itself: use -b -n 1")


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
    "dmesg": _dmesg,
    "sysctl": _sysctl,
    "mount": _mount,
    "umount swapon swapoff losetup exportfs": verbs(
        {}, alone=READ, other="changes what is mounted"
    ),
    "date": _date,
    "hostname": _hostname,
    "crontab": _crontab,
    "top htop atop": _timed,
    "ps pgrep pidof pstree pmap uptime free vmstat iostat mpstat sar pidstat w who whoami id groups last lastb"
    " uname lscpu lsmod modinfo lspci lsusb lsblk lsmem lsipc lsns lslocks lslogins lshw hwinfo dmidecode"
    " systemd-cgls systemd-cgtop systemd-detect-virt systemd-path getent finger pinky"
    " sensors tload slabtop numastat ipcs runlevel uptimed dstat nmon iotop rpcinfo"
    " mailq atq aa-status apparmor_status getenforce sestatus lsinitramfs cpuid x86info biosdecode"
    " zramctl loadavg smem cgget lscgroup ipcs acpi upower nfsstat showmount ausearch aureport lsattr": READ,
    "nvidia-smi": reads(
        "-r --gpu-reset -pm= --persistence-mode= -pl= --power-limit= -lgc= -ac= -mig= -c= --compute-mode= -e="
    ),
    "fuser": reads("-k --kill -i", values="s"),
    "lastlog faillog": reads("-C -S -r --clear --set -m= -l="),
    "systemd-analyze": verbs(
        {
            "blame time critical-chain plot dump dot verify calendar timespan timestamp unit-paths security"
            " syscall-filter cat-config condition exit-status capability unit-files filesystems": READ
        },
        "--no-pager --user --system --global --from-pattern= --order --fuzz=",
    ),
    "loginctl": verbs(
        {
            "list-sessions list-users list-seats session-status user-status seat-status show-session show-user"
            " show-seat": READ,
            "terminate-session terminate-user kill-session kill-user terminate-seat": dangerous(
                "ends sessions"
            ),
        },
        "-al -p= --no-pager --all --full --property= --value --no-legend",
    ),
    "timedatectl": verbs(
        {"status show timesync-status show-timesync list-timezones": READ},
        "-ap= --no-pager --all --property= --value",
        other="changes the clock",
    ),
    "hostnamectl": verbs(
        {"status": READ, "hostname": _two},
        "--json= --no-pager --static --pretty --transient",
        other="renames the host",
    ),
    "localectl": verbs(
        {"status list-locales list-keymaps": READ}, "--no-pager", other="changes the locale"
    ),
    "networkctl": verbs(
        {"list status lldp label cat": READ},
        "-alns= --no-pager --all --no-legend --full --json=",
        other="changes the network",
    ),
    "resolvectl systemd-resolve": verbs(
        {
            "status query statistics service openpgp tlsa": READ,
            "dns domain": _two,
            "flush-caches reset-statistics": changes("changes the resolver's state"),
        },
        "-46i= -p= -t= -c= --no-pager --interface= --type= --legend= --status --statistics",
    ),
    "coredumpctl": verbs(
        {"list info": READ},
        "--no-pager --since= --until= -n= -1r --reverse",
        other="shows or debugs a core dump",
    ),
    "machinectl": verbs({"list status show list-images image-status": READ}, "--no-pager -al"),
    "busctl": verbs(
        {"list status tree introspect get-property": READ}, "--no-pager --user --system --list"
    ),
    "bootctl": verbs({"status list": READ}, "--no-pager"),
    "udevadm": verbs({"info settle": READ}, "", other="changes devices"),
    "reboot poweroff halt shutdown init telinit": dangerous("the host goes down"),
    "modprobe insmod rmmod kmod depmod": dangerous("changes what the kernel is made of"),
    "sync": changes("writes buffers to the disks"),
    "logrotate": reads("-f --force -s= --state="),
    "auditctl": _auditctl,
    "kexec grub-install update-grub grub-mkconfig update-initramfs dracut efibootmgr": denied(
        "it decides how the host starts"
    ),
    "stress stress-ng sysbench fio": dangerous("loads the host"),
    "tuned-adm": verbs({"active list verify recommend profile_info": READ}),
    "setenforce setsebool restorecon semanage": dangerous("changes SELinux"),
    "setcap": denied("a program with capabilities runs with rights of its own"),
    "getcap getsebool lsof": READ,
    "hwclock": reads("-sw --hctosys --systohc --set --adjust --date="),
    "chronyc": verbs(
        {"tracking sources sourcestats activity ntpdata": READ},
        "-nacmh= -p=",
        other="changes the clock",
    ),
    "ntpq ntpstat": reads("-c_="),
    "supervisorctl": verbs(
        {
            "status avail pid version tail": READ,
            "restart start reread update signal": changes("changes a service's state"),
        },
        "-c= -s= -u= -p=",
        other="stops a service",
    ),
    "monit": verbs({"status summary report": READ}, "", other="changes what is watched"),
    "pm2": verbs(
        {
            "list ls status show describe info logs jlist prettylist monit": READ,
            "restart reload start": changes("restarts a process"),
        },
        "",
        other="changes processes",
    ),
}
