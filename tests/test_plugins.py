"""Tools of the operators' own: live when their file changes, whole or not at all."""

import asyncio
import os
import sys
from hashlib import sha256
from pathlib import Path

from pydantic import BaseModel

from bot.tool import Tool, ToolResult
from tests.fakes.bot import FakeBot
from tests.plugin_kit import BUILT_IN, GREET, HEAD, Shelf, plugin, shelved, until
from tests.tools_kit import call, context


async def said(shelf: Shelf, directory: Path, tool: str = "greet") -> str:
    return (await call(shelf.plugins.tools[tool], context(directory / "data"))).text


async def test_a_file_may_hold_several_tools(tmp_path: Path) -> None:
    """Every @tool of a file is there beside the built-in ones, with its arguments and its risk."""
    restart = plugin('''
        @tool(risk=Risk.CHANGE)
        async def one(size: int) -> str:
            """The first."""
            return "1"

        @tool(risk=Risk.READ)
        async def two() -> str:
            """The second."""
            return "2"
        ''')
    shelf = await shelved(tmp_path, pair=restart)

    assert [*BUILT_IN, "one", "two"] == list(shelf.plugins.tools)
    assert ["size"] == shelf.plugins.tools["one"].schema["required"]
    assert [] == shelf.problems


async def test_an_edit_is_live_at_the_next_look(tmp_path: Path) -> None:
    """A changed file takes the place of the old one whole, under another version."""
    shelf = await shelved(tmp_path, greet=GREET)
    before = shelf.plugins.tools["greet"]
    shelf.put("greet.py", GREET.replace("hello", "good day").replace("Greet", "Salute"))
    await shelf.look()
    after = shelf.plugins.tools["greet"]

    assert "good day you" == await said(shelf, tmp_path)
    assert "Salute somebody." == after.description
    assert before.version != after.version


async def test_a_file_that_is_not_changed_is_not_imported_again(tmp_path: Path) -> None:
    """Looking costs nothing and replaces nothing while nothing changes."""
    shelf = await shelved(tmp_path, greet=GREET)
    before = shelf.plugins.tools
    await shelf.look()

    assert before is shelf.plugins.tools


async def test_a_call_in_flight_ends_with_its_old_function(tmp_path: Path) -> None:
    """What was begun before an edit ends as it began, although its module is gone."""
    slow = plugin('''
        import asyncio
        go = asyncio.Event()
        ANSWER = "old"

        @tool(risk=Risk.READ)
        async def greet() -> str:
            """Wait."""
            await go.wait()
            return ANSWER
        ''')
    shelf = await shelved(tmp_path, greet=slow)
    old = shelf.plugins.tools["greet"]
    go = sys.modules[old.fn.__module__].__dict__["go"]
    async with asyncio.TaskGroup() as tasks:
        flying = tasks.create_task(call(old, context(tmp_path / "data")))
        await asyncio.sleep(0)
        shelf.put("greet.py", GREET)
        await shelf.look()
        go.set()

    assert "old" == flying.result().text
    assert old.fn.__module__ not in sys.modules
    assert "hello you" == await said(shelf, tmp_path)


async def test_the_last_good_version_stays(tmp_path: Path) -> None:
    """A bad edit is reported with its line and changes nothing; a good one takes that back."""
    shelf = await shelved(tmp_path, greet=GREET)
    shelf.put("greet.py", GREET + "\ndef broken(:\n")
    await shelf.look()

    line = GREET.count("\n") + 2
    assert [
        f"greet.py:{line}: SyntaxError: invalid syntax; the version before it stays"
    ] == shelf.problems
    assert "hello you" == await said(shelf, tmp_path)

    shelf.put("greet.py", GREET.replace("hello", "hi"))
    await shelf.look()

    assert [] == shelf.problems
    assert "hi you" == await said(shelf, tmp_path)


async def test_without_its_file_a_tool_is_gone(tmp_path: Path) -> None:
    """Removing a file removes its tools, its module and what was wrong with it."""
    shelf = await shelved(tmp_path, greet=GREET, bad="syntax error")
    module = shelf.plugins.tools["greet"].fn.__module__
    for file in tmp_path.glob("*.py"):
        file.unlink()
    await shelf.look()

    assert BUILT_IN == shelf.plugins.tools
    assert [] == shelf.problems
    assert module not in sys.modules


async def test_a_file_that_changes_its_name_keeps_its_tools(tmp_path: Path) -> None:
    """A rename is not a clash with itself."""
    shelf = await shelved(tmp_path, greet=GREET)
    (tmp_path / "greet.py").rename(tmp_path / "hello.py")
    await shelf.look()

    assert ["greet"] == shelf.own
    assert [] == shelf.problems


async def test_a_name_of_a_built_in_tool_is_refused(tmp_path: Path) -> None:
    """No plugin can take the place of a built-in tool, and none of its file is live."""
    text = GREET + GREET.removeprefix(HEAD).replace("greet", "restart")
    shelf = await shelved(tmp_path, mine=text)

    assert BUILT_IN == shelf.plugins.tools
    assert ["mine.py: another tool is named 'restart'; rename yours"] == shelf.problems


async def test_a_name_of_another_plugin_is_refused_until_it_is_free(tmp_path: Path) -> None:
    """The first one in the order of names wins, later the one that is live; the other is live as
    soon as the name is free, without an edit."""
    shelf = await shelved(tmp_path, b=GREET.replace("hello", "b says hello"), a=GREET)
    assert "hello you" == await said(shelf, tmp_path)
    assert ["b.py: another tool is named 'greet'; rename yours"] == shelf.problems

    (tmp_path / "a.py").unlink()
    await shelf.look()

    assert "b says hello you" == await said(shelf, tmp_path)
    assert [] == shelf.problems


async def test_what_waited_for_a_name_and_broke_stays_out(tmp_path: Path) -> None:
    """A refused version is forgotten when its file changes."""
    shelf = await shelved(tmp_path, a=GREET, b=GREET)
    shelf.put("b.py", "1 +")
    await shelf.look()
    (tmp_path / "a.py").unlink()
    await shelf.look()

    assert [] == shelf.own
    assert ["b.py:1: SyntaxError: invalid syntax"] == shelf.problems


async def test_an_import_that_takes_long_holds_up_nobody(tmp_path: Path) -> None:
    """It is said of it that it takes long, others are live meanwhile, and so is it when it ends."""
    go = tmp_path / "go"
    os.mkfifo(go)
    blocks = f"open({str(go)!r}).close()\n" + GREET.replace("greet", "late")
    shelf = Shelf(tmp_path, patience=0.3)
    shelf.put("blocks.py", blocks)
    shelf.put("greet.py", GREET)
    await shelf.look()

    slow = ["blocks.py: its import takes long; it is live when that ends"]
    async with asyncio.timeout(10), asyncio.TaskGroup() as tasks:
        serving = tasks.create_task(shelf.plugins.serve(FakeBot()))
        await until(lambda: (["greet"], slow) == (shelf.own, shelf.problems))
        # Both the import that the start gave up and the one after it wait for the pipe.
        with go.open("w"):
            await until(lambda: not shelf.problems)
        serving.cancel()

    assert ["greet", "late"] == sorted(shelf.own)


async def test_it_is_written_down_what_was_live(tmp_path: Path) -> None:
    """The audit trail says when which version of which plugin came, was refused and went."""
    shelf = await shelved(tmp_path, greet=GREET, bad="1 +")
    version = shelf.plugins.tools["greet"].version
    (tmp_path / "greet.py").unlink()
    bot = FakeBot()
    async with asyncio.timeout(10), asyncio.TaskGroup() as tasks:
        serving = tasks.create_task(shelf.plugins.serve(bot))
        await until(lambda: len(bot.notes) == 3)
        serving.cancel()

    assert [
        ("plugin refused", "plugins"),
        ("plugin live", "plugins"),
        ("plugin removed", "plugins"),
    ] == bot.notes
    assert [
        "bad.py:1: SyntaxError: invalid syntax",
        f"greet.py, version {version}: greet",
        "greet.py",
    ] == bot.note_texts


async def test_imported_tools_are_not_its_own(tmp_path: Path) -> None:
    """A plugin may use a built-in tool without defining it again."""
    shelf = await shelved(tmp_path, greet="from tools.system import system_info\n" + GREET)

    assert ["greet"] == shelf.own
    assert isinstance(shelf.plugins.tools["greet"], Tool)


async def test_the_version_is_of_what_was_imported(tmp_path: Path) -> None:
    """The same text has the same version in every life, and it is that of the text which runs,
    although the file is another one as soon as it is read."""
    changes = "from pathlib import Path\nPath(__file__).write_text('')\n" + GREET
    shelf = await shelved(tmp_path, greet=changes)

    version = sha256(changes.encode()).hexdigest()[:12]
    assert version == shelf.plugins.tools["greet"].version


async def test_what_a_plugin_may_use(tmp_path: Path) -> None:
    """Dataclasses, postponed annotations, models and tables work as in any module."""
    text = "from __future__ import annotations\nfrom dataclasses import dataclass\n" + plugin('''
        from bot.tool import Table, ToolContext, ToolResult

        @dataclass(frozen=True)
        class Weather:
            sky: str

        @tool(risk=Risk.READ)
        async def weather(ctx: ToolContext, place: str = "here") -> ToolResult:
            """The sky."""
            sky = Weather("grey").sky
            return ToolResult(f"{sky} for {ctx.user.id}", Table(("place", "sky"), ((place, sky),)))
        ''')
    shelf = await shelved(tmp_path, weather=text)
    tool = shelf.plugins.tools["weather"]
    result = await call(tool, context(tmp_path / "data"))

    assert isinstance(result, ToolResult)
    assert "grey for ann" == result.text
    assert result.table is not None
    assert issubclass(tool.args, BaseModel)
    assert ["place"] == list(tool.args.model_fields)
