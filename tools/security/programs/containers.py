"""Containers and clusters."""

import re
from collections.abc import Iterator, Mapping

from tools.security.finding import Finding, danger, deny, reveals
from tools.security.invocation import Invocation, Judge
from tools.security.leaks import told
from tools.security.tables import READ, called, changes, dangerous, reads, verbs

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
_OWNED = re.compile(
    r"/(etc|root|boot|proc|sys|usr|bin|sbin|dev)(/.*)?|/|/home|/var(/run|/lib)?|/run|(/var)?/run/.*\.sock|/var/lib/docker(/.*)?|~(/\.ssh)?"
)


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
        if _OWNED.fullmatch(re.sub(r"/+(\.?/+)*", "/", source).rstrip("/") or "/"):
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


def _exec(call: Invocation) -> Iterator[Finding]:
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


_OBJECT = {
    "ls list ps inspect history diff top port logs stats df": READ,
    "rm remove prune rmi": dangerous("deletes"),
}
_BUILDS = dangerous("runs what an image's recipe says")
_CONTAINER = {
    "ps ls list inspect logs top port stats diff events wait history images info version search df": READ,
    "restart start unpause": changes("changes a container's state"),
    "pull": changes("downloads an image"),
    "tag": changes("names an image"),
    "stop kill pause": dangerous("stops a container"),
    "rm rmi prune remove": dangerous("deletes"),
    "run create": _run,
    "exec": _exec,
    "cp export import load save commit push rename update attach login logout build": dangerous(
        "changes or moves data"
    ),
}
_COMPOSE = verbs(
    {
        "ps logs config images top port version ls events stats convert": READ,
        "up restart start pull create unpause": changes("changes the project's containers"),
        "down stop kill rm pause": dangerous("stops or deletes the project's containers"),
        "exec": _exec,
        "run": _run,
        "build push cp": _BUILDS,
    },
    "-f= -p= --file= --project-name= --profile= --env-file= --project-directory= --ansi= --progress= --verbose --no-ansi --compatibility",
)
_DOCKER = verbs(
    {
        **_CONTAINER,
        "container": verbs(_CONTAINER),
        "image": verbs({**_OBJECT, "pull": changes("downloads an image"), "build": _BUILDS}),
        "volume network": verbs(_OBJECT, other="changes it"),
        "system": verbs({"df info events": READ, "prune": dangerous("deletes unused objects")}),
        "compose": _COMPOSE,
        "context": verbs({"ls show inspect": READ}),
        "builder buildx": verbs({"ls du inspect": READ}, other="builds or deletes"),
        "node service stack swarm secret config plugin manifest": verbs(
            {"ls ps inspect logs services": READ}, other="changes the swarm"
        ),
        "pod": verbs({"ps ls list inspect logs top stats": READ}, other="changes a pod"),
        "machine": verbs({"ls list info": READ}),
        "healthcheck": verbs({"run": READ}),
    },
    "-D -H= -c= -l= --debug --host= --context= --log-level= --config= --version -v --namespace= -n= --tls",
    never="-H= --host= --context= --config= --url= --connection= --root= --storage-opt=",
)

_KUBE = "-AwRhv -n= -l= -o= -f= -c= -s= -L= -v= --namespace= --context= --kubeconfig= --all-namespaces --selector= --output= --cluster= --request-timeout= --user= --as= --server= --token= --field-selector= --sort-by= --show-labels --watch --no-headers"


def _get(call: Invocation) -> Iterator[Finding]:
    named = any(re.match(r"secrets?\b", p) for text in call.texts for p in text.split(","))
    if named and any(re.match(r"-o|--output", text) for text in call.texts):
        yield reveals(f"{call.name} shows secrets")


def _kube_run(call: Invocation) -> Iterator[Finding]:
    yield danger(f"{call.name} starts a pod")
    if re.search(r"privileged\W+true|host(PID|Path|Network)", " ".join(call.texts)):
        yield deny(f"{call.name}: the pod would own the host")
    words = call.args
    cut = next((i for i, w in enumerate(words) if w.text == "--"), len(words))
    if words[cut + 1 :]:
        yield from (f for f in call.command(words[cut + 1 :]) if f.level == "deny")


def _apply(call: Invocation) -> Iterator[Finding]:
    yield danger(f"{call.name} changes the cluster")
    if re.search(
        r"privileged:\s*true|host(PID|IPC):\s*true|hostPath:|cluster-admin", call.stdin.text or ""
    ):
        yield deny(f"{call.name}: it would own a host or the cluster")
    if call.stdin.origin == "network" or any(re.match(r"https?://", t) for t in call.texts):
        yield danger(f"{call.name} takes its text from the network", egress=True)


def _binding(call: Invocation) -> Iterator[Finding]:
    yield danger(f"{call.name} changes the cluster")
    if "cluster-admin" in " ".join(call.texts):
        yield deny(f"{call.name}: gives the whole cluster away")


def _debug(call: Invocation) -> Iterator[Finding]:
    yield danger(f"{call.name} starts a container")
    if any(text.startswith("node/") for text in call.texts):
        yield deny(f"{call.name}: a root shell on a node")


_KUBECTL = verbs(
    {
        "get": _get,
        "describe logs top version explain api-resources api-versions cluster-info events diff options wait": READ,
        "config": verbs(
            {"get-contexts current-context get-clusters get-users view": READ},
            _KUBE,
            other="changes its settings",
        ),
        "auth": verbs({"can-i whoami": READ}, _KUBE),
        "rollout": verbs(
            {
                "status history": READ,
                "restart": changes("restarts pods"),
                "undo pause resume": dangerous("changes a release"),
            },
            _KUBE,
        ),
        "exec": _exec,
        "run": _kube_run,
        "apply create replace patch": _apply,
        "debug": _debug,
        "uncordon": changes("lets a node work again"),
        "annotate label": changes("marks an object"),
        "delete drain cordon scale edit set taint expose autoscale": dangerous(
            "changes the cluster"
        ),
        "cp port-forward proxy attach": dangerous("reaches into a pod"),
    },
    _KUBE,
    never="-s= --kubeconfig= --server= --raw --output-directory= --token= --as= --certificate-authority=",
)


def _kubectl(call: Invocation) -> Iterator[Finding]:
    if call.texts[:1] == ("create",) and "clusterrolebinding" in call.texts:
        yield from _binding(call)
    yield from _KUBECTL(call)


def _helm_get(call: Invocation) -> Iterator[Finding]:
    yield reveals(f"{called(call)} often shows secrets")


def _cloud(call: Invocation) -> Iterator[Finding]:
    yield danger(f"{call.name} reaches the cloud", egress=True)
    yield from told(call)


PROGRAMS: Mapping[str, Judge] = {
    "docker podman nerdctl": _DOCKER,
    "docker-compose podman-compose": _COMPOSE,
    "kubectl oc": _kubectl,
    "crictl": verbs(
        {
            "ps pods images image info inspect inspecti inspectp logs stats version statsp img": READ,
            "pull": changes("downloads an image"),
            "exec": _exec,
        },
        "-r= -i= --runtime-endpoint= --timeout= -D",
        other="changes containers",
    ),
    "ctr": verbs(
        {
            "version info": READ,
            "containers c": verbs({"ls list info": READ}),
            "images i": verbs({"ls list": READ}),
            "tasks t": verbs({"ls list ps": READ}),
        },
        "-n= --namespace= -a= --address=",
    ),
    "helm": verbs(
        {
            "list ls status history version search show env lint template": READ,
            "get": _helm_get,
            "repo": verbs({"list ls": READ, "update": changes("fetches lists of charts")}),
        },
        "-n= -A --namespace= --kube-context= --debug",
        other="changes a release",
        never="--post-renderer= --kubeconfig= --repo= --kube-apiserver=",
    ),
    "lxc incus": verbs({"list info ls": READ, "exec": _exec}, "", other="changes containers"),
    "virsh": verbs(
        {"list dominfo domstate net-list pool-list nodeinfo dumpxml vol-list domblklist": READ},
        "-c= --connect=",
        other="changes a machine",
    ),
    "minikube kind k3s": verbs({"status version": READ, "kubectl": _kubectl, "get": READ}),
    "kubeadm etcdctl": dangerous("changes the cluster"),
    "runc containerd-shim": dangerous("starts a container"),
    "dive trivy grype": reads("-o= --output="),
    "terraform tofu": verbs(
        {"version show validate providers output state graph": READ},
        "-chdir",
        other="changes infrastructure",
    ),
    "ansible ansible-playbook ansible-pull puppet salt chef-client": dangerous(
        "changes several hosts"
    ),
    "aws gcloud gsutil az doctl rclone s3cmd": _cloud,
}
