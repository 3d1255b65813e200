"""Clusters, and what changes many hosts."""

import re
from collections.abc import Iterator, Mapping

from tools.security.finding import Finding, danger, deny, reveals
from tools.security.invocation import Invocation, Judge
from tools.security.leaks import told
from tools.security.programs.containers import container_exec
from tools.security.tables import READ, called, changes, dangerous, takes, verbs

_KUBE = "-AwRp -n= -l= -o= -c= -L= --namespace= --all-namespaces --selector= --output= --request-timeout= --field-selector= --sort-by= --show-labels --watch --watch-only --no-headers --context= --cluster= --label-columns= --show-kind --ignore-not-found --chunk-size= --subresource= -f --follow --tail= --since= --since-time= --previous --timestamps --container= --all-containers --prefix --limit-bytes= --max-log-requests= --containers --for= --timeout= --types= --recursive --api-version= --namespaced? --verbs= --api-group= --short --client --sum --revision= --show-events? --minify --flatten --list --quiet --output-version= --all"


_FORMATS = re.compile(
    r"(wide|name|yaml|json|(jsonpath|go-template|custom-columns|jsonpath-as-json)=.*)", re.DOTALL
)


def _get(call: Invocation) -> Iterator[Finding]:
    found = call.options(_KUBE)
    for name in found.unknown:
        yield danger(f"{call.name} {name} is not known to read only")
    for value in found.values("-o", "--output"):
        if not _FORMATS.fullmatch(value.text):
            yield danger(f"{call.name} -o {value.text} reads a file")
    kinds = [part for word in found.operands[:1] for part in word.text.lower().split(",")]
    shows = found.values("-o", "--output", "--sort-by")
    whole = any(value.text not in ("wide", "name") for value in shows)
    if whole and (
        any(re.match(r"sec|\*|\$", kind) for kind in kinds)
        or (found.operands[:1] and found.operands[0].holes)
    ):
        yield reveals(f"{call.name} shows secrets")
    for word in found.operands:
        if word.holes and word.may_be_option:
            yield danger(f"{call.name}: {word.text} may be an option")


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
        "describe logs top version explain api-resources api-versions events options wait": READ,
        "cluster-info": takes("", operands=r"(?!)"),
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
        "exec": container_exec,
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
    "kubectl oc": _kubectl,
    "helm": verbs(
        {
            "list ls status history version env": READ,
            "search show": verbs(
                {"repo hub chart values readme all": READ},
                "-n= -A --namespace=",
                reading="-l --versions --version= --devel --max-col-width= -o= --output= --regexp",
            ),
            "get": _helm_get,
            "repo": verbs({"list ls": READ, "update": changes("fetches lists of charts")}),
        },
        "-n= -A --namespace= --debug",
        reading="-aqrdm= -o= -l= --all-namespaces --output= --filter= --selector= --deployed --failed --pending --max= --date --reverse --revision= --show-desc --short --time-format= --uninstalled --superseded --template=",
        other="changes a release",
    ),
    "minikube kind k3s": verbs(
        {"status version": READ, "kubectl": _kubectl, "get": takes("", operands="clusters|nodes")}
    ),
    "kubeadm etcdctl": dangerous("changes the cluster"),
    "terraform tofu": verbs(
        {
            "version validate": READ,
            "state": verbs({"list": READ}),
            "workspace": verbs({"list show": READ}),
            "output show": _helm_get,
            "providers": takes("", operands=r"(?!)"),
        },
        "",
        reading="-json -no-color",
        other="changes infrastructure",
    ),
    "ansible ansible-playbook ansible-pull puppet salt chef-client": dangerous(
        "changes several hosts"
    ),
    "aws gcloud gsutil az doctl rclone s3cmd": _cloud,
}
