"""What is wrong with a plugin is one line: the file, the line in it, and what to do."""

import os
from collections.abc import Callable, Generator
from dataclasses import dataclass
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from bot.tool import OutcomeUnknown, ToolError
from tests.plugin_kit import GREET, HEAD, Shelf, plugin, shelved
from tests.tools_kit import call, context, judged, previewed

FIRST = HEAD.count("\n") + 2
"""The line on which a body of plugin() begins, after an empty one."""
DEF = f":{FIRST}"


def tool(first: str, *, doc: str = '"""Do it."""', risk: str = "Risk.READ") -> str:
    return plugin(f"""
        @tool(risk={risk})
        {first}
            {doc}
            return "done"
        """)


@pytest.fixture(autouse=True)
def plain_logs() -> Generator[None]:
    """Tracebacks are not drawn, which takes seconds."""
    with capture_logs():
        yield


NAME = "is no name for a tool: small letters a-z, digits and _ are"
NO_TOOL = "has no tool; put @tool(risk=…) above an async function"


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("x = 1\nif x\n", ":2", "SyntaxError: expected ':'"),
        ("x = 1\n\n1 / 0\n", ":3", "ZeroDivisionError: division by zero"),
        ("import nothing_of_mine", ":1", "ModuleNotFoundError: No module named 'nothing_of_mine'"),
        ("raise SystemExit(3)\n", ":1", "SystemExit: 3"),
        ("import sys\nsys.exit()\n", ":2", "SystemExit"),
        ("raise KeyboardInterrupt\n", ":1", "KeyboardInterrupt"),
        ("import asyncio\nraise asyncio.CancelledError\n", ":2", "CancelledError"),
        (f"{HEAD}raise ToolError('no')\n", ":3", "ToolError: no"),
        ("raise ValueError('one\\ntwo')\n", ":1", "ValueError: one"),
        ("", "", NO_TOOL),
        (HEAD, "", NO_TOOL),
        ("(" * 300 + ")" * 300, ":1", "SyntaxError: too many nested parentheses"),
        (b"# caf\xc3\xa9\nx = 'caf\xe9'\n", ":2", "is not UTF-8; save it as UTF-8"),
        (b"#" * (1 << 20) + b"\n", "", "has 1048577 bytes; a plugin has at most 1048576"),
        (tool("def do() -> str:"), DEF, "'do' must be an async function: write async def"),
        (tool("async def Do() -> str:"), DEF, f"'Do' {NAME}"),
        (tool("async def d\u043e() -> str:"), DEF, f"'d\u043e' {NAME}"),
        (
            tool("async def do() -> str:", risk="'read'"),
            DEF,
            "'do' needs a risk, such as Risk.READ, or a function that judges",
        ),
        (
            tool("async def do() -> str:", risk="Risk.READ, trust='mine'"),
            DEF,
            "'do' needs a trust, such as Trust.SYSTEM",
        ),
        (
            tool("async def do() -> str:", risk="Risk.READ, timeout='1'"),
            DEF,
            "'do' needs a timeout in seconds",
        ),
        (
            tool("async def do() -> str:", doc=""),
            DEF,
            "TypeError: 'do' needs a docstring: it is what its user reads",
        ),
        (
            tool("async def do(x) -> str:"),
            DEF,
            "TypeError: 'do': its argument 'x' needs a type",
        ),
        (
            tool("async def do(*x: int) -> str:"),
            DEF,
            "TypeError: 'do': its argument 'x' is none that can be named",
        ),
        (
            tool("async def do(_x: int) -> str:"),
            DEF,
            "TypeError: 'do': its argument '_x' is none that can be named",
        ),
        (
            tool("async def do(x: Nothing) -> str:"),
            f":{FIRST + 1}",
            "NameError: name 'Nothing' is not defined",
        ),
    ],
)
async def test_a_bad_file_is_told_in_one_line(
    tmp_path: Path, text: str | bytes, line: str, said: str
) -> None:
    """Nothing of it is live, nobody else is harmed, and the line says where and what."""
    shelf = await shelved(tmp_path, bad=text, good=GREET)

    assert [f"bad.py{line}: {said}"] == shelf.problems
    assert ["greet"] == shelf.own


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("x = '\0'", "source code string cannot contain null bytes"),
        ("def f():\n    return f()\nf()", "bad.py:2: RecursionError: maximum"),
        (tool("async def do(x: type(print)) -> str:"), "a type that a model cannot give"),
        (tool("async def do(x: Callable[[], int]) -> str:"), "a type that a model cannot give"),
    ],
)  # fmt: skip
async def test_a_bad_file_is_told_in_words_of_others(tmp_path: Path, text: str, said: str) -> None:
    """What Python and pydantic have to say differs between versions; it stays one line."""
    shelf = await shelved(tmp_path, bad=text, good=GREET)
    [problem] = shelf.problems

    assert problem.startswith("bad.py")
    assert said in problem
    assert "\n" not in problem
    assert ["greet"] == shelf.own


async def test_the_same_name_twice(tmp_path: Path) -> None:
    """Two tools of one file may not share a name."""
    shelf = await shelved(tmp_path, bad=f"{GREET}\nfirst = greet\n{GREET.removeprefix(HEAD)}")

    assert [f"bad.py:{FIRST}: 'greet' is there twice"] == shelf.problems


@pytest.mark.parametrize("make", [Path.mkdir, os.mkfifo])
async def test_what_is_no_file(tmp_path: Path, make: Callable[[Path], None]) -> None:
    """A directory or a pipe that is named like a plugin is refused, and waited for by nobody."""
    make(tmp_path / "odd.py")
    shelf = await shelved(tmp_path)

    assert ["odd.py: is not a regular file"] == shelf.problems


BUGS = plugin('''
    from dataclasses import dataclass
    from bot.tool import OutcomeUnknown, ToolContext, Verdict

    def judge(args: object, ctx: ToolContext) -> Verdict:
        raise KeyError("judge")

    async def preview(args: object, ctx: ToolContext) -> str:
        raise KeyError("preview")

    def undo(args: object) -> str:
        raise KeyError("undo")

    def fail(how: str) -> object:
        match how:
            case "exit":
                raise SystemExit
            case "time":
                raise TimeoutError("too slow")
            case "own":
                raise ToolError("try the other one")
            case "return":
                return 3
            case _:
                return {}[how]

    @tool(risk=Risk.READ)
    async def see(how: str) -> str:
        """Fail while reading."""
        return fail(how)

    @tool(risk=Risk.CHANGE, preview=preview, undo=undo)
    async def change(how: str) -> str:
        """Fail while changing."""
        return fail(how)

    @tool(risk=judge)
    async def choose() -> str:
        """Fail before."""
        return ""

    async def nothing(args: object, ctx: ToolContext) -> None: ...

    @tool(risk=lambda args, ctx: None, preview=nothing)
    async def forget() -> str:
        """Have a judge and a preview that say nothing."""
        return ""
    ''')


@dataclass
class Bugs:
    """Tools that fail, and where calls of them are made."""

    shelf: Shelf
    directory: Path

    async def fails(self, name: str, how: str) -> ToolError:
        with pytest.raises(ToolError) as failure:
            await call(self.shelf.plugins.tools[name], context(self.directory / "data"), how=how)
        return failure.value


@pytest.fixture
async def bugs(tmp_path: Path) -> Bugs:
    return Bugs(await shelved(tmp_path, bugs=BUGS), tmp_path)


def line(text: str) -> int:
    return next(n for n, each in enumerate(BUGS.splitlines(), 1) if text in each)


@pytest.mark.parametrize(
    ("how", "where", "said"),
    [
        ("key", "return {}[how]", "KeyError: 'key'"),
        ("exit", "raise SystemExit", "SystemExit"),
        ("time", "raise TimeoutError", "TimeoutError: too slow"),
    ],
)
async def test_a_bug_is_an_error_of_the_call(bugs: Bugs, how: str, where: str, said: str) -> None:
    """The model reads the plugin's line that failed, and the run goes on; what a failed change
    did, nobody knows."""
    text = f"bugs.py:{line(where)}: {said}"
    read, changed = await bugs.fails("see", how), await bugs.fails("change", how)

    assert (text, ToolError) == (str(read), type(read))
    assert (text, OutcomeUnknown) == (str(changed), type(changed))


async def test_a_result_must_be_text(bugs: Bugs) -> None:
    """Anything else than text or a ToolResult is said to be a bug."""
    error = await bugs.fails("see", "return")

    assert "bugs.py: TypeError: it returned int, not str or ToolResult" == str(error)


async def test_its_own_errors_are_left_alone(bugs: Bugs) -> None:
    """A ToolError is what the plugin wants the model to read."""
    error = await bugs.fails("change", "own")

    assert ("try the other one", ToolError) == (str(error), type(error))


async def test_bugs_around_a_call(bugs: Bugs) -> None:
    """A judge that fails lets nothing run; without its preview or undo a call can still be asked
    for."""
    tools, ctx = bugs.shelf.plugins.tools, context(bugs.directory / "data")
    undo = tools["change"].undo
    assert undo is not None
    where = line('KeyError("judge")')

    assert "" == undo(tools["change"].parse({"how": "x"}))
    with pytest.raises(ToolError, match=f"bugs.py:{where}: KeyError: 'judge'"):
        await judged(tools["choose"], ctx)
    with pytest.raises(ToolError, match="it returned NoneType, not Verdict"):
        await judged(tools["forget"], ctx)
    with pytest.raises(ToolError, match="it returned NoneType, not str"):
        await previewed(tools["forget"], ctx, {})
    with pytest.raises(ToolError, match="KeyError: 'preview'"):
        await previewed(tools["change"], ctx, {"how": "x"})
