"""Containers and clusters."""

import re
from collections.abc import Iterator, Mapping

from tools.security.finding import Finding, danger, deny, reveals
from tools.security.invocation import Invocation, Judge
from tools.security.tables import READ, changes, dangerous, takes, verbs

_RUN = (
    "-dditPq -a= -c= -e= -h= -l= -m= -p= -u= -v= -w= --rm --detach --interactive --tty --init --privileged --read-only"
    " --no-healthcheck --name= --network= --net= --volume= --mount= --env= --env-file= --user= --workdir= --entrypoint="
    " --publish= --hostname= --label= --memory= --cpus= --restart= --pid= --ipc= --uts= --userns= --cap-add= --cap-drop="
    " --device= --security-opt= --pull= --platform= --log-driver= --log-opt= --add-host= --dns= --tmpfs= --ulimit="
    " --shm-size= --gpus= --volumes-from= --link= --cgroupns= --cgroup-parent= --health-cmd= --stop-timeout= --group-add= --runtime= --sysctl= --expose= --quiet --detach-keys= --publish-all --ip= --mac-address= --cidfile= --oom-kill-disable"
)
_HOST = re.compile(
    r"(/|/etc|/root|/home|/boot|/dev|/proc|/sys|/usr|/bin|/sbin|/lib\w*|/var|/var/lib|/var/run|/run|/var/lib/docker|(/var)?/run/(docker|containerd/containerd|crio/crio)\.sock|/var/run/docker\.sock)(/.*)?"
)
OWNED = re.compile(
    r"/(etc|root|boot|proc|sys|usr|bin|sbin|dev)(/.*)?|/|/home|/var(/run|/lib)?|/run|(/var)?/run/.*\.sock|/var/lib/docker(/.*)?|~(/\.ssh)?"
)
"""Paths of a host that a container must not be given: whoever has one of them has the host."""

_TELLS = re.compile(
    r"(^|[\s;&|({`])(env|printenv|set|(export|declare) -[px]+)\s*($|[;|&)}`<>])", re.MULTILINE
)
"""In the text of a shell: prints all that the container was given."""


def _run(call: Invocation) -> Iterator[Finding]:
    found = call.options(_RUN, stop=True)
    yield danger(f"{call.name} starts a container")
    why = f"{call.name}: the container would own the host"
    if found.has("--privileged"):
        yield deny(why)
    for value in found.values("--pid", "--ipc", "--userns", "--uts"):
        if value.text == "host" and found.has("--pid"):
            yield deny(why)
    for value in found.values("--cap-add"):
        if re.match(
            r"(?i)(cap_)?(all|sys_admin|sys_ptrace|sys_module|dac_read_search|sys_rawio)",
            value.text,
        ):
            yield deny(why)
    for value in found.values("--device"):
        if re.match(r"/dev/(sd|nvme|vd|mem|kmem|mapper|dm)", value.text):
            yield deny(why)
    mounts = [v.text.replace("$HOME", "~").split(":")[0] for v in found.values("-v", "--volume")]
    mounts += [
        m[1] for v in found.values("--mount") if (m := re.search(r"(?:source|src)=([^,]*)", v.text))
    ]
    for source in mounts:
        if OWNED.fullmatch(re.sub(r"/+(\.?/+)*", "/", source).rstrip("/") or "/"):
            yield deny(f"{why}: {source}")
    if any("unconfined" in v.text for v in found.values("--security-opt")) and found.has(
        "--cap-add"
    ):
        yield deny(why)
    words = found.operands[1:]
    for value in found.values("--entrypoint"):
        words = [value, *words]
    if words:
        yield from (f for f in call.command(words) if f.level == "deny")


def container_exec(call: Invocation) -> Iterator[Finding]:
    found = call.options(
        "-ditTq -e= -u= -w= -c= -n= --detach --interactive --tty --privileged --env= --user= --workdir= --container= --namespace= --env-file= --index= --detach-keys= --no-TTY --stdin --quiet --context= --context",
        stop=True,
    )
    for name in found.unknown:
        yield danger(f"{call.name} {name} is not known")
    if found.has("--privileged"):
        yield danger(f"{call.name} --privileged")
    words = list(found.operands[1:])
    while (words and words[0].text == "--") or (
        words and words[0].text in ("-c", "-n") and "kubectl" in call.name
    ):
        words = words[2:] if words[0].text in ("-c", "-n") else words[1:]
    if (
        not words
        or all(w.text.startswith("-") for w in words)
        or (words[0].text in ("bash", "sh") and len(words) == 1)
    ):
        yield danger(f"{call.name} opens a shell in the container")
        yield from (f for f in call.command(words) if f.level == "deny")
    elif words[0].text in ("env", "printenv") and len(words) == 1:
        yield reveals(f"{call.name}: the environment of a container often holds secrets")
    else:
        yield from call.command(words)
        if re.search(r"(^|/)\w*sh$", words[0].text) and any(
            _TELLS.search(w.text) for w in words[1:]
        ):
            yield reveals(f"{call.name}: the environment of a container often holds secrets")


_SHOWS = "-aAqflndtsv -f= -n= -l --all --quiet --filter= --format= --no-trunc --size --last= --latest --tail= --since= --until= --timestamps --details --follow --no-stream --digests --type= --no-color --no-log-prefix --services --status= --orphans? --hash= --images --volumes --profiles --index= --protocol= --pretty --human? --limit= --no-resolve --no-task-ids --node= --verbose --dry-run --json --no-index --sort= --noheading --watch= --no-reset --ns --pod"


def _top(call: Invocation) -> Iterator[Finding]:
    """docker top NAME, with options of ps: e shows the environment."""
    if any(re.fullmatch(r"[a-zA-Z]*e[a-zA-Z]*", text) for text in call.texts[1:]):
        yield reveals(f"{call.name} shows environments")


_ENVIRONMENTS = re.compile(r"(?i)\benv\b|\.config\b(?!\.[a-z])|\.containerspec\b(?!\.[a-z])")


def _inspect(call: Invocation) -> Iterator[Finding]:
    if any(map(_ENVIRONMENTS.search, call.texts)):
        yield reveals(f"{call.name}: the environment of a container often holds secrets")
    yield from takes(_SHOWS)(call)


_OBJECT = {
    "ls list ps history diff port logs stats df": READ,
    "inspect": _inspect,
    "rm remove prune rmi": dangerous("deletes"),
}
_BUILDS = dangerous("runs what an image's recipe says")
_CONTAINER = {
    "ps ls list logs port stats diff events wait history images info version search df": READ,
    "inspect": _inspect,
    "top": _top,
    "restart start unpause": changes("changes a container's state"),
    "pull": changes("downloads an image"),
    "tag": changes("names an image"),
    "stop kill pause": dangerous("stops a container"),
    "rm rmi prune remove": dangerous("deletes"),
    "run create": _run,
    "exec": container_exec,
    "cp export import load save commit push rename update attach login logout build": dangerous(
        "changes or moves data"
    ),
}


def _resolved(call: Invocation) -> Iterator[Finding]:
    """The project with the values of its environment, unless only names are asked for."""
    if not call.args or not all(map(_NAMES_ONLY.fullmatch, call.texts)):
        yield reveals(f"{call.name} shows what environment files hold")


_NAMES_ONLY = re.compile(r"-q|--(quiet|services|images|volumes|profiles|hash(=\S+)?)")
_ENVIRONMENT_FILE = re.compile(r"(.*/)?[\w-]*\.env[\w.-]*")


def _compose(call: Invocation) -> Iterator[Finding]:
    for value in call.options("--env-file=").values("--env-file"):
        if not _ENVIRONMENT_FILE.fullmatch(value.text):
            yield danger(f"{call.name} --env-file {value.text}: its errors show the file")
    yield from _PROJECT(call)


_PROJECT = verbs(
    {
        "ps logs images top port version ls events stats": READ,
        "config convert": _resolved,
        "up restart start pull create unpause": changes("changes the project's containers"),
        "down stop kill rm pause": dangerous("stops or deletes the project's containers"),
        "exec": container_exec,
        "run": _run,
        "build push cp": _BUILDS,
    },
    "-f= -p= --file= --project-name= --profile= --env-file= --project-directory= --ansi= --progress= --verbose --no-ansi --compatibility",
    reading=_SHOWS,
)
_DOCKER = verbs(
    {
        **_CONTAINER,
        "container": verbs(_CONTAINER, "", reading=_SHOWS),
        "image": verbs(
            {**_OBJECT, "pull": changes("downloads an image"), "build": _BUILDS}, "", reading=_SHOWS
        ),
        "volume network": verbs(_OBJECT, "", reading=_SHOWS, other="changes it"),
        "system": verbs(
            {"df info events": READ, "prune": dangerous("deletes unused objects")},
            "",
            reading=_SHOWS,
        ),
        "compose": _compose,
        "context": verbs({"ls show inspect": READ}, "", reading=_SHOWS),
        "builder buildx": verbs(
            {"ls du inspect": READ},
            "",
            reading="--format= --filter= --verbose",
            other="builds or deletes",
        ),
        "node service stack swarm secret config plugin": verbs(
            {"ls ps inspect logs services": READ}, "", reading=_SHOWS, other="changes the swarm"
        ),
        "pod": verbs(
            {"ps ls list inspect logs top stats": READ}, "", reading=_SHOWS, other="changes a pod"
        ),
        "machine": verbs({"ls list info": READ}, "", reading=_SHOWS),
    },
    "-Dv -l= --debug --log-level= --version -n= --namespace=",
    reading=_SHOWS,
)

PROGRAMS: Mapping[str, Judge] = {
    "docker podman nerdctl": _DOCKER,
    "docker-compose podman-compose": _compose,
    "crictl": verbs(
        {
            "ps pods images image info inspect inspecti inspectp logs stats version statsp img": READ,
            "pull": changes("downloads an image"),
            "exec": container_exec,
        },
        "--timeout= -D",
        reading=_SHOWS
        + " -o= --output= --name= --state= --label= --pod= --id= --image= --namespace= -p=",
        other="changes containers",
    ),
    "ctr": verbs(
        {
            "version info": READ,
            "containers c": verbs({"ls list info": READ}),
            "images i": verbs({"ls list": READ}),
            "tasks t": verbs({"ls list ps": READ}),
        },
        "-n= --namespace=",
        reading="-q --quiet",
    ),
    "lxc incus": verbs(
        {"list info ls": READ, "exec": container_exec},
        "",
        reading="-c= -f= --format= --columns= --resources",
        other="changes containers",
    ),
    "virsh": verbs(
        {
            "list dominfo domstate net-list pool-list nodeinfo vol-list domblklist": takes(
                "--all --inactive --name --details --table --uuid", operands=r"[\w.:-]+"
            )
        },
        "-qr --quiet --readonly",
        other="changes a machine",
    ),
    "runc containerd-shim": dangerous("starts a container"),
    "dive trivy grype": dangerous("reads images of anywhere, and writes caches"),
}
