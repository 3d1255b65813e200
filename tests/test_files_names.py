"""What is no path, and names that are no text: shown written out, refused as an argument."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from bot.tool import OutcomeUnknown, Table, Tool, ToolContext, ToolError, ToolResult
from tests.tools_kit import call, context, judged
from tools.file_search import search_files
from tools.file_writing import write_file
from tools.files import file_info, list_directory, read_file
from tools.hosts.output import safe, visible
from tools.system import disk_usage

ARGUMENTS: Mapping[Tool, Mapping[str, Any]] = {
    read_file: {},
    list_directory: {},
    file_info: {},
    search_files: {},
    disk_usage: {},
    write_file: {"content": "x"},
}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "app").mkdir()
    return Path(os.path.realpath(tmp_path))


@pytest.fixture
def ctx(root: Path) -> ToolContext:
    return context(root / "data", f"read:{root}/app", f"write:{root}/app")


async def refused(tool: Tool, ctx: ToolContext, path: str, words: str) -> None:
    """By the judge, and by the tool when nobody asks the judge."""
    with pytest.raises(ToolError, match=words) as first:
        await judged(tool, ctx, path=path, **ARGUMENTS[tool])
    with pytest.raises(ToolError, match=words) as second:
        await call(tool, ctx, path=path, **ARGUMENTS[tool])
    assert str(first.value).encode() == str(second.value).encode()


@pytest.mark.parametrize("path", ["hello.txt", "~/x", "", "./x", "/srv/a\0b"])
@pytest.mark.parametrize("tool", ARGUMENTS, ids=lambda tool: tool.name)
async def test_what_is_no_path_is_a_mistake_that_can_be_mended(
    root: Path, ctx: ToolContext, tool: Tool, path: str
) -> None:
    """It is no denial, and the answer shows an absolute path that would do."""
    await refused(tool, ctx, path, f"write an absolute path, such as {root}/app/hello.txt$")


@pytest.mark.parametrize("name", ["link", "folder/below", "folder"])
@pytest.mark.parametrize("tool", ARGUMENTS, ids=lambda tool: tool.name)
async def test_a_link_to_a_name_that_is_no_text_is_refused(
    root: Path, ctx: ToolContext, tool: Tool, name: str
) -> None:
    """The refusal writes the name out, whether or not there is such a file."""
    real = root / "app" / os.fsdecode(b"real\xfe")
    real.mkdir()
    (root / "app/folder").symlink_to(real)
    (root / "app/link").symlink_to(os.fsdecode(b"nope\xff"))

    await refused(
        tool, ctx, f"{root}/app/{name}", r"/(nope\\xff|real\\xfe).*: this name is no text"
    )


@pytest.mark.parametrize("tool", ARGUMENTS, ids=lambda tool: tool.name)
async def test_an_argument_that_is_no_text_is_refused(ctx: ToolContext, tool: Tool) -> None:
    """Half of a surrogate pair gets no further than the arguments or the judge."""
    with pytest.raises((ValidationError, ToolError)):
        await judged(tool, ctx, path="/srv/\ud800", **ARGUMENTS[tool])


async def test_listings_and_searches_write_such_names_out(root: Path, ctx: ToolContext) -> None:
    """They are told apart, and can be stored and sent."""
    for name in (b"a\xff", b"a\xfe", "ü".encode()):
        Path(os.fsdecode(os.fsencode(root / "app") + b"/" + name)).write_text("port = 80\n")
    listed = await call(list_directory, ctx, path=f"{root}/app")
    by_name = await call(search_files, ctx, path=f"{root}/app")
    by_content = await call(search_files, ctx, path=f"{root}/app", content="port")

    names = {r"a\xff", r"a\xfe", "ü"}
    assert listed.table is not None
    assert names == {row[0] for row in listed.table.rows}
    assert {f"{root}/app/{name}" for name in names} == set(by_name.text.splitlines())
    assert {f"{root}/app/{name}:1:port = 80" for name in names} == set(by_content.text.splitlines())


def test_no_result_can_hold_what_cannot_be_stored() -> None:
    """Whatever a tool makes of names and numbers, results and errors are text."""
    result = ToolResult("a\udcffb\ud800", Table(("n",), (("c\udc80", "ü€😀"),)))

    assert result.table is not None
    assert (r"a\xffb\ud800", ((r"c\x80", "ü€😀"),)) == (result.text, result.table.rows)
    assert [r"d\xff", r"d\xff"] == [str(kind("d\udcff")) for kind in (ToolError, OutcomeUnknown)]
    assert r"e\xff\udc00" == safe("e\udcff\udc00")
    assert r"f\udcff" == visible("f\udcff")
