"""Running git on a host and getting its answer byte by byte.

Output of a host's commands is text that is safe to show. Names of files in a repository are
neither, so git's own output travels as base64, apart from what git says about errors."""

import shlex
from base64 import b64decode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.resources import Host
from bot.tool import OutcomeUnknown, ToolError

LIMIT = 1024 * 1024
"""Bytes of one answer that are taken in."""
SAID = 4_000
"""Characters of what git says about an error."""
SECONDS = 30.0
_MISSING = "install the package git"


@dataclass(frozen=True, slots=True)
class Answer:
    code: int
    out: bytes
    """Standard output, up to LIMIT bytes."""
    said: str
    """Standard error, safe to show."""

    @property
    def ok(self) -> bool:
        """It went well, or was ended by SIGPIPE because it had more to say than is taken in."""
        return self.code == 0 or (self.cut and self.code == 128 + 13)

    @property
    def cut(self) -> bool:
        return len(self.out) >= LIMIT

    @property
    def text(self) -> str:
        """The output as one line of text; bytes that are no UTF-8 as ``os.fsdecode`` has them."""
        return text_of(self.out).removesuffix("\n")


def text_of(data: bytes) -> str:
    return data.decode("utf-8", "surrogateescape")


async def ask_git(
    host: Host,
    directory: str,
    *commands: Sequence[str],
    env: Mapping[str, str],
    seconds: float = SECONDS,
    changes: bool = False,
) -> list[Answer]:
    """Run ``git`` with the words of each of *commands*, one after another, whatever they say.

    *env*: what git's environment holds besides the host's. Raises ToolError when git is not there
    or gives no answer, OutcomeUnknown when one that *changes* gave none."""
    script = "\n".join([*map(_exported, env.items()), *map(_asked, commands)])
    room = len(commands) * (LIMIT * 4 // 3 + SAID + 1_000)
    result = await host.run(script, cwd=directory, timeout=seconds, keep=2 * room)
    if result.ended != "exited":
        error = OutcomeUnknown if changes else ToolError
        raise error(f"git {' '.join(commands[-1][:1])}: no answer after {result.seconds:g} s")
    answers = [_read(piece) for piece in result.output.split("\nend\n")[:-1]]
    if len(answers) != len(commands):
        raise ToolError(f"git on {host.name}: {result.output[:500].strip() or 'no answer'}")
    if any(answer.code == 127 for answer in answers):
        raise ToolError(f"{host.name} has no git: {_MISSING}")
    return answers


def _exported(variable: tuple[str, str]) -> str:
    name, value = variable
    return f"export {name}={shlex.quote(value)}"


def _asked(words: Sequence[str]) -> str:
    """Prints the output in base64, the exit code, what was said, and ``end``, a line each."""
    git = shlex.join(["git", *words])
    # 3 is the script's output, 4 what ends up in $said; base64 is where head's cut is harmless.
    run = f"{git} 2>&4 | head -c {LIMIT} | base64 -w 0 >&3; exit ${{PIPESTATUS[0]}}"
    return (
        f"exec 3>&1; said=$( {{ {run}; }} 4>&1 ); code=$?; "
        f"printf '\\n%s\\n' \"$code\"; printf '%s' \"${{said:0:{SAID}}}\" | base64 -w 0; "
        "printf '\\nend\\n'"
    )


def _read(piece: str) -> Answer:
    out, code, said, *_ = piece.split("\n")
    return Answer(int(code), b64decode(out), b64decode(said).decode(errors="backslashreplace"))
