"""Programs that start a command on another host, in another namespace, or later."""

import re
from collections.abc import Iterator, Mapping

from tools.security.finding import Finding, danger, deny
from tools.security.invocation import Invocation, Judge
from tools.security.leaks import told
from tools.security.words import plain

_SYSTEMD_RUN = (
    "-dGPqrStT -E= -H= -M= -p= -u= --unit= --property= --scope --user --system --wait --pty --pipe"
    " --quiet --collect --uid= --gid= --nice= --setenv= --on-active= --on-calendar= --on-boot="
    " --working-directory= --slice= --description= --no-block --remain-after-exit --same-dir --shell"
    " --service-type= --timer-property= --on-unit-active= --on-startup= --slice-inherit --send-sighup"
)


def _ssh(call: Invocation) -> Iterator[Finding]:
    found = call.options(
        "-46AaCfGgKkMNnqsTtVvXxYy -B= -b= -c= -D= -E= -e= -F= -I= -i= -J= -L= -l= -m= -O= -o= -p= -Q= -R= -S= -W= -w=",
        stop=True,
    )
    if found.has("-V"):
        return
    yield danger("ssh reaches another host", egress=True)
    for value in found.values("-o"):
        name, _, text = re.sub(r"\s*=\s*|\s+", "=", value.text, count=1).partition("=")
        if name.lower() in ("proxycommand", "localcommand", "knownhostscommand"):
            yield from call.script(text)
    if len(found.operands) > 1:
        yield from call.script(" ".join(word.text for word in found.operands[1:]))
    elif call.stdin.text:
        yield from call.script(call.stdin.text)
    yield from told(call)
    if found.has("-R"):
        yield deny("ssh -R lets outsiders in")


def _at(call: Invocation) -> Iterator[Finding]:
    if call.name == "at" and call.texts[:1] in (("-l",), ("-c",)):
        return
    yield danger(f"{call.name} runs its input later")
    if call.stdin.text is not None:
        yield from call.script(call.stdin.text)
    elif call.stdin.opaque:
        yield deny(f"{call.name} runs what nobody has seen")


def _chroot(call: Invocation) -> Iterator[Finding]:
    found = call.options("--userspec= --groups= --skip-chdir", stop=True)
    yield danger("chroot changes what the root directory is")
    if len(found.operands) > 1:
        yield from call.command(found.operands[1:])


def _namespaced(call: Invocation) -> Iterator[Finding]:
    found = call.options(
        "-amunpiCUTrFZeW -t= -S= -G= -w= -R= --target= --mount? --uts? --ipc? --net? --pid? --cgroup?"
        " --user? --fork --root? --wd? --all --map-root-user --map-user= --mount-proc? --time?",
        stop=True,
    )
    yield danger(f"{call.name} runs in other namespaces")
    if (
        call.name == "nsenter"
        and any(v.text == "1" for v in found.values("-t", "--target"))
        and not found.operands
    ):
        yield deny("nsenter opens a root shell on the host")
    if found.operands:
        yield from call.command(found.operands)


def _systemd_run(call: Invocation) -> Iterator[Finding]:
    found = call.options(_SYSTEMD_RUN, stop=True)
    yield danger("systemd-run starts something that outlives the command")
    if found.operands:
        yield from call.command(found.operands)


def _strace(call: Invocation) -> Iterator[Finding]:
    found = call.options(
        "-cCdDfFhiknqrtTvVwxyYzZ -a= -b= -e= -E= -I= -o= -O= -p= -P= -s= -S= -u= -U= -X=", stop=True
    )
    yield danger(f"{call.name} slows what it traces")
    if found.operands:
        yield from call.command(found.operands)


def _capsh(call: Invocation) -> Iterator[Finding]:
    yield danger("capsh starts a shell with other rights")
    yield from (
        call.command([plain("bash"), *call.args[call.texts.index("--") + 1 :]])
        if ("--" in call.texts)
        else ()
    )


PROGRAMS: Mapping[str, Judge] = {
    "strace ltrace": _strace,
    "ssh sshpass autossh": _ssh,
    "at batch": _at,
    "chroot": _chroot,
    "unshare nsenter": _namespaced,
    "systemd-run": _systemd_run,
    "capsh": _capsh,
}
