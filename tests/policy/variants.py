"""One command in many disguises that change nothing of what it does."""

import re
from collections.abc import Callable
from random import Random

Wrap = Callable[[str, Random], str]


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"


def _document(command: str, random: Random) -> str:
    mark = random.choice(["E", "EOF", "SCRIPT"])
    return f"bash <<'{mark}'\n{command}\n{mark}"


SHELLS: tuple[Wrap, ...] = (
    lambda c, r: f"{r.choice(['bash', 'sh', 'dash', '/bin/sh'])} -c {_quoted(c)}",
    lambda c, r: f"{r.choice(['sudo ', 'sudo -n ', ''])}bash -lc {_quoted(c)}",
    lambda c, r: f"eval {_quoted(c)}",
    _document,
    lambda c, r: f"bash <<< {_quoted(c)}",
    lambda c, r: f"timeout {r.randint(1, 90)} bash -c {_quoted(c)}",
    lambda c, r: f"env -i PATH=/bin nice -n {r.randint(1, 19)} sh -c {_quoted(c)}",
    lambda c, r: f"printf '%s\\n' {_quoted(c)} | sh",
)
BLOCKS: tuple[Wrap, ...] = (
    lambda c, r: f"( {c}\n)",
    lambda c, r: f"{{ {c}\n}}",
    lambda c, r: f"if {r.choice(['true', 'test -d /', '[ -f /etc/hosts ]'])}; then\n{c}\nfi",
    lambda c, r: f"for {r.choice('ijk')} in 1 2; do\n{c}\ndone",
    lambda c, r: f"while read -r line; do\n{c}\ndone < /etc/hosts",
    lambda c, r: f"x=$(\n{c}\n)",
    lambda c, r: f'echo "$(\n{c}\n)"',
    lambda c, r: f"cat <(\n{c}\n)",
    lambda c, r: f"f{r.randint(1, 9)}() {{\n{c}\n}}\nuptime",
    lambda c, r: f"{r.choice(['uptime', 'df -h', 'true'])}\n{c}",
    lambda c, r: f"case x in x)\n{c}\n;; esac",
    lambda c, r: f"# {r.choice(['check', 'look'])}\n{c}",
    lambda c, r: f"until false; do\n{c}\nbreak\ndone",
)
_HEAD = re.compile(r"[a-z][a-z0-9_-]*(?= )")


def respelled(command: str, random: Random) -> str:
    """The first program's name in another spelling."""
    found = _HEAD.match(command)
    if not found or found[0] in _WORDS:
        return command
    name, rest = found[0], command[found.end() :]
    spellings = (
        f"'{name}'",
        f'"{name}"',
        f"{name[0]}''{name[1:]}",
        f"\\{name}",
        f'{name[0]}"{name[1:]}"',
        f"v={name}\n$v",
        f"a={name[0]}; b={name[1:]}\n$a$b",
        f"$'\\x{ord(name[0]):02x}'{name[1:]}",
        f"command {name}",
    )
    return random.choice(spellings) + rest


_WORDS = frozenset(
    [
        "if",
        "for",
        "while",
        "until",
        "case",
        "time",
        "coproc",
        "exec",
        "set",
        "trap",
        "export",
        "declare",
        "local",
        "alias",
        "eval",
        "source",
        "function",
        "select",
        "readonly",
        "typeset",
        "unset",
        "builtin",
        "command",
        "let",
        "cd",
    ]
)


def variant(command: str, random: Random, *, deepest: int = 2) -> str:
    made = respelled(command, random) if random.random() < 0.5 else command
    for _ in range(random.randint(1, deepest)):
        wrap = random.choice(SHELLS if random.random() < 0.4 else BLOCKS)
        made = wrap(made, random)
    return made
