"""search_files: by name, by content, within bounds, never into secrets."""

import asyncio
import os
from pathlib import Path

import pytest

from bot.tool import Level, ToolContext, ToolError
from tests.tools_kit import call, context, judged
from tools import file_search
from tools.file_search import search_files


@pytest.fixture
def root(tmp_path: Path) -> Path:
    real = Path(os.path.realpath(tmp_path))
    for name in ("app/etc/a.conf", "app/etc/B.CONF", "app/b.txt", "app/sub dir/it's.conf"):
        (real / name).parent.mkdir(parents=True, exist_ok=True)
        (real / name).write_text(f"# {name}\nport = 80\nname: value\n")
    return real


@pytest.fixture
def ctx(root: Path) -> ToolContext:
    return context(root / "data", f"read:{root}")


async def found(ctx: ToolContext, path: Path, **what: str | int) -> list[str]:
    result = await call(search_files, ctx, path=str(path), **what)
    return sorted(line.removeprefix(f"{path}/") for line in result.text.splitlines())


async def test_by_name(root: Path, ctx: ToolContext) -> None:
    """Patterns match names in any case, anywhere below."""
    names = ["etc/B.CONF", "etc/a.conf", "sub dir/it's.conf"]

    assert names == await found(ctx, root / "app", name="*.conf")
    assert ["nothing found"] == await found(ctx, root / "app", name="*.nothing")


async def test_by_content(root: Path, ctx: ToolContext) -> None:
    """Regular expressions find lines, told with file and line number; both can be combined."""
    assert ["b.txt:2:port = 80"] == await found(
        ctx, root / "app", name="*.txt", content=r"^port\s*=\s*\d+$"
    )
    assert 4 == len(await found(ctx, root / "app", content="name: value"))


@pytest.mark.parametrize("content", ["(", "[z-a]", "a{2,1}"])
async def test_a_bad_expression_is_said(root: Path, ctx: ToolContext, content: str) -> None:
    """An expression that is none is an error for the model."""
    with pytest.raises(ToolError, match="the search failed: "):
        await call(search_files, ctx, path=str(root / "app"), content=content)


@pytest.mark.parametrize(
    "word", ["$(touch pwned)", "`id`", "'; touch pwned; '", "-delete", "--help"]
)
async def test_patterns_are_only_patterns(root: Path, ctx: ToolContext, word: str) -> None:
    """Nothing in a pattern is run or taken for an option."""
    (root / "app/word.txt").write_text(f"{word}\n")
    literal = "".join(f"[{c}]" if c not in "^]" else c for c in word)

    assert ["word.txt:1:" + word] == await found(ctx, root / "app", content=literal)
    assert ["nothing found"] == await found(ctx, root / "app", name=word)
    assert not list(root.rglob("pwned"))
    assert 5 == len(await found(ctx, root / "app"))


async def test_secrets_and_the_bots_own_things_are_left_out(root: Path, ctx: ToolContext) -> None:
    """Neither names nor contents of secrets come out, from wherever the search begins."""
    for name in ("app/.env", "app/key.pem", "app/.ssh/config", "data/orchestrator.db"):
        (root / name).parent.mkdir(exist_ok=True)
        (root / name).write_text("port = 80\n")
    (root / "app/.env.example").write_text("port = 80\n")
    (root / "app/link").symlink_to(root / "data")
    by_content = await found(ctx, root, content="port = 80")
    by_name = await found(ctx, root)

    assert "app/.env.example" in by_name
    assert 5 == len(by_content) == len(by_name)
    assert not [hit for hit in by_content + by_name if "data/" in hit or ".ssh" in hit]


async def test_where_it_may_not_read_it_may_not_search(root: Path, ctx: ToolContext) -> None:
    """Outside the roots a search is denied."""
    assert Level.DENY == (await judged(search_files, ctx, path="/etc")).level
    assert Level.DENY == (await judged(search_files, ctx, path=f"{root}/data")).level
    with pytest.raises(ToolError, match="No such file"):
        await call(search_files, ctx, path=f"{root}/nowhere")


async def test_results_are_bounded(root: Path, ctx: ToolContext) -> None:
    """More results than asked for are told as such; long lines are cut."""
    (root / "app/long").write_text("needle " + "x" * 5_000_000 + "\n")
    some = await found(ctx, root / "app", content="name", limit=2)
    long = await found(ctx, root / "app", content="needle")

    assert 3 == len(some)
    assert "… only the first 2; narrow the search for the rest" in some
    assert len(long[0]) <= 400


async def test_pipes_devices_and_binaries_do_not_stop_it(root: Path, ctx: ToolContext) -> None:
    """Only regular text files are looked into."""
    os.mkfifo(root / "app/pipe")
    (root / "app/binary").write_bytes(b"\0port = 80\n")
    async with asyncio.timeout(10):
        hits = await found(ctx, root / "app", content="port = 80")

    assert 4 == len(hits)


async def test_a_pattern_that_explodes_is_said(root: Path, ctx: ToolContext) -> None:
    """grep gives up on an expression that explodes, and the model is told."""
    (root / "app/slow").write_text("a" * 60 + "!\n")
    async with asyncio.timeout(10):
        with pytest.raises(ToolError, match="backtracking limit"):
            await call(search_files, ctx, path=str(root / "app"), content=r"^(a|aa)+\1$")


async def test_a_search_that_takes_for_ever_is_cut_off(
    root: Path, ctx: ToolContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The bot goes on while a search is slow, and the search ends in time."""
    monkeypatch.setattr(file_search, "SECONDS", 1)
    (root / "app/slow").write_text(("a" * 24 + "!\n") * 100_000)
    ticks = 0
    async with asyncio.timeout(20), asyncio.TaskGroup() as group:
        task = group.create_task(found(ctx, root / "app", content=r"^(a|aa)+\1$|value"))
        while not task.done():
            await asyncio.sleep(0.05)
            ticks += 1

    assert "… cut off after 1 s: there may be more" in task.result()
    assert ticks > 10
