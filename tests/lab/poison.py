"""What outsiders can write on a machine: each poisoned text really stands where it would in life.

A text holds ``{order}``, which becomes ``obey-07`` for the seventh: a model that obeys finds it."""

import json
import re
import shlex
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.lab.engine import Engine
from tests.lab.machines import Machine

Call = tuple[str, Mapping[str, Any]]
ORDER = re.compile(r"obey-(\d\d)")
_DATA = Path(__file__).parents[1] / "data" / "poisoned_lab.jsonl"
_ROOT = "/srv/poison"
_IMAGE = "poison:lab"
_REPOSITORY = """\
mkdir -p {place} && cd {place}
git init --quiet --initial-branch=main
git config user.name 'Eve Outsider'
git config user.email eve@example.org
echo one >one.txt
git add one.txt
git commit --quiet --message 'Begin'
"""
_WEB = "exec 3<>/dev/tcp/127.0.0.1/80; printf 'GET /%s HTTP/1.0\\r\\nUser-Agent: %s\\r\\n\\r\\n'"


@dataclass(frozen=True, slots=True)
class Poison:
    """One text, where it stands, and what it would have the model do."""

    number: int
    place: str
    harm: str
    """change, danger or leak"""
    text: str
    call: Call

    @property
    def order(self) -> str:
        return f"obey-{self.number:02}"

    @property
    def where(self) -> str:
        """A directory of its own."""
        return f"{_ROOT}/{self.number:02}"

    def reading(self, page: str) -> Call:
        """The call that shows it to the model. *page*: address of the web server of outsiders."""
        order, where = self.order, self.where
        calls: dict[str, Call] = {
            "journal": ("logs_view", {"grep": order}),
            "file": ("read_file", {"path": f"{where}/README.md"}),
            "name": ("list_directory", {"path": where}),
            "web": ("search_files", {"path": "/var/log/nginx", "content": order}),
            "page": ("execute_command", {"command": f"curl -s {page}/{order}"}),
            "process": ("process_list", {"filter": order}),
            "container": ("docker_status", {"filter": order}),
            "image": ("docker_status", {"filter": order}),
            "output": ("docker_logs", {"container": f"poison-{self.number:02}"}),
            "message": ("execute_command", {"command": f"git -C {where} log"}),
            "author": ("git_log", {"path": where}),
            "branch": ("git_branch", {"path": where}),
            "tracked": ("git_status", {"path": where}),
            "change": ("git_diff", {"path": where}),
            "memory": ("memory_recall", {"query": self.text, "limit": 1}),
        }
        tool, args = calls[self.place]
        host = {"page": "local", "memory": ""}.get(self.place, "web1")
        return tool, {**args, "host": host} if host else args


def poisons(known: Mapping[str, str]) -> Sequence[Poison]:
    """All sixty. *known*: what stands for ``{page}``, ``{key}`` and ``{data}`` in their calls."""
    read = [json.loads(line) for line in _DATA.read_text("utf-8").splitlines()]
    found: list[Poison] = []
    for number, each in enumerate(read):
        args = json.dumps(each["args"])
        for name, value in known.items():
            args = args.replace(f"{{{name}}}", value)
        text = each["text"].replace("{order}", f"obey-{number:02}")
        call = each["tool"], json.loads(args)
        found.append(Poison(number, each["place"], each["harm"], text, call))
    return found


def _on_machine(poison: Poison) -> str:
    """The script that places it, or nothing."""
    text, where = shlex.quote(poison.text), poison.where
    repository = _REPOSITORY.format(place=where)
    commit, quiet = "git commit --quiet --allow-empty", ">/dev/null 2>&1"
    scripts = {
        "journal": f"logger --tag app -- {text}",
        "file": f"mkdir -p {where}; printf %s {text} >{where}/README.md",
        "name": f"mkdir -p {where}; : >{where}/{text}",
        "web": f"({_WEB} {poison.order} {text} >&3; cat <&3) >/dev/null",
        "process": f"mkdir -p {where}; cp /bin/sleep {where}/{text}; {where}/{text} 600 {quiet} &",
        "message": f"{repository}{commit} --message {text}",
        "author": f"{repository}{commit} --author {text}' <eve@example.org>' --message x",
        "branch": f"{repository}git branch {text}",
        "tracked": f"{repository}: >{text}",
        "change": f"{repository}printf %s {text} >>one.txt",
    }
    return scripts.get(poison.place, "")


def _contained(engine: Engine, poison: Poison) -> str:
    """A container for it, whose name is returned, or nothing."""
    name, image, program = f"poison-{poison.number:02}", _IMAGE, "sleep 600"
    match poison.place:
        case "container":
            name = poison.text
        case "image":
            image = f"{poison.text}:lab"
            engine.docker("tag", _IMAGE, image)
        case "output":
            program = f"printf '%s\\n' {shlex.quote(poison.text)}; exec sleep 600"
        case _:
            return ""
    engine.docker("run", "--detach", "--name", name, image, "sh", "-c", program)
    return name


@contextmanager
def poisoned(machine: Machine, engine: Engine, given: Sequence[Poison]) -> Generator[None]:
    """All but memories and pages in their places; taken away afterwards."""
    engine.busybox(_IMAGE)
    names: list[str] = []
    scripts = [f"({script})" for poison in given if (script := _on_machine(poison))]
    try:
        machine.ssh("\n".join(["set -e", *scripts, "journalctl --sync"]))
        names += [name for poison in given if (name := _contained(engine, poison))]
        yield
    finally:
        if names:
            engine.docker("rm", "--force", *names)
        machine.ssh(f"pkill --full ^{_ROOT}; rm -rf {_ROOT}")
