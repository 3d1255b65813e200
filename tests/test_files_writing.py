"""write_file: where it may, what it shows before, what it keeps."""

import os
import stat
from pathlib import Path

import pytest

from bot.tool import Level, Risk, ToolContext, ToolError, Trust
from tests.driving_kit import driving
from tests.kernel_kit import ANN
from tests.tools_kit import call, context, judged, previewed
from tools.file_writing import write_file


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "app").mkdir()
    return Path(os.path.realpath(tmp_path))


@pytest.fixture
def ctx(root: Path) -> ToolContext:
    return context(root / "data", "read:/", f"write:{root}/app")


async def test_writing_under_a_root_is_a_change_that_asks(root: Path, ctx: ToolContext) -> None:
    """Under a write root it is CHANGE; its own words do not taint."""
    (root / "app/x.conf").touch()
    verdict = await judged(write_file, ctx, path=f"{root}/app/x.conf", content="a")

    assert (Level.ASK, Risk.CHANGE) == (verdict.level, verdict.risk)
    assert Trust.SYSTEM == verdict.trust
    assert (f"overwrite {root}/app/x.conf",) == verdict.reasons


@pytest.mark.parametrize("mode", ["overwrite", "append", "create"])
async def test_a_new_file_is_created_whatever_the_mode(
    root: Path, ctx: ToolContext, mode: str
) -> None:
    """The reason on the card tells a new file from one that is changed, as does the way back."""
    path = f"{root}/app/new.conf"
    verdict = await judged(write_file, ctx, path=path, content="a", mode=mode)

    assert (f"create {path}",) == verdict.reasons
    assert write_file.undo is not None
    undo = write_file.undo(write_file.parse({"path": path, "content": "a", "mode": mode}))
    assert undo.endswith(f"remove {path}")


PLACES = [
    "/etc/cron.d/x",
    "{root}/data/orchestrator.db",
    "{root}/data/files/.backups/x",
    "{root}/app/../x",
    "{root}/app/link",
    "{root}/app/folder/x",
    "{root}/application",
    "/proc/self/root{root}/x",
]


@pytest.mark.parametrize("place", PLACES)
async def test_elsewhere_it_is_denied_with_an_alternative(
    root: Path, ctx: ToolContext, place: str
) -> None:
    """Outside the write roots nothing is written, by whatever way, and the denial helps."""
    (root / "app/link").symlink_to(root / "outside")
    (root / "app/folder").symlink_to(root)
    path = place.format(root=root)
    verdict = await judged(write_file, ctx, path=path, content="x")
    with pytest.raises(ToolError):
        await call(write_file, ctx, path=path, content="x")

    assert Level.DENY == verdict.level
    assert "" != verdict.alternative
    assert {"app", "data"} == {entry.name for entry in root.iterdir()}


@pytest.mark.parametrize("name", [".env", "server.key", ".ssh/authorized_keys"])
async def test_secrets_are_not_written(root: Path, ctx: ToolContext, name: str) -> None:
    """A secret's name is denied also where writing is allowed."""
    verdict = await judged(write_file, ctx, path=f"{root}/app/{name}", content="x")

    assert (Level.DENY, True) == (verdict.level, verdict.secret)


async def test_the_old_content_is_kept(root: Path, ctx: ToolContext) -> None:
    """Overwriting keeps mode and a private copy, and the answer says where."""
    file = root / "app/x.conf"
    file.write_text("old\n")
    file.chmod(0o600)
    result = await call(write_file, ctx, path=str(file), content="nëw\n")
    kept = Path(result.text.rpartition(" ")[2])

    assert "nëw\n" == file.read_text()
    assert 0o600 == stat.S_IMODE(file.stat().st_mode)
    assert f"wrote 5 bytes to {file}; the old content is kept in {kept}" == result.text
    assert ("old\n", root / "data/files/.backups") == (kept.read_text(), kept.parent)
    assert 0o700 == stat.S_IMODE(kept.parent.stat().st_mode)


async def test_a_new_file_and_one_more_line(root: Path, ctx: ToolContext) -> None:
    """create makes, append adds, overwrite makes too; create never replaces."""
    path = f"{root}/app/list"
    made = await call(write_file, ctx, path=path, content="a\n", mode="create")
    await call(write_file, ctx, path=path, content="b\n", mode="append")
    with pytest.raises(ToolError, match="exists"):
        await call(write_file, ctx, path=path, content="c\n", mode="create")
    await call(write_file, ctx, path=f"{root}/app/other", content="o", mode="append")

    assert made.text.endswith("; it is a new file")
    assert "a\nb\n" == Path(path).read_text()
    assert "o" == (root / "app/other").read_text()


async def test_appending_stays_in_the_files_encoding(root: Path, ctx: ToolContext) -> None:
    """Latin-1 and UTF-16 files stay whole; binary ones are refused."""
    (root / "app/latin").write_bytes("é\n".encode("latin-1"))
    (root / "app/wide").write_bytes("\ufeffé\n".encode("utf-16-le"))
    (root / "app/binary").write_bytes(b"\0\1\2")
    for name in ("latin", "wide"):
        await call(write_file, ctx, path=f"{root}/app/{name}", content="ü", mode="append")
    with pytest.raises(ToolError, match="binary"):
        await call(write_file, ctx, path=f"{root}/app/binary", content="x", mode="append")

    assert "é\nü".encode("latin-1") == (root / "app/latin").read_bytes()
    assert "\ufeffé\nü".encode("utf-16-le") == (root / "app/wide").read_bytes()


async def test_a_link_inside_the_root_is_written_through(root: Path, ctx: ToolContext) -> None:
    """A link to a file of the same root stays a link; its target changes."""
    (root / "app/real").write_text("old")
    (root / "app/link").symlink_to("real")
    await call(write_file, ctx, path=f"{root}/app/link", content="new")

    assert (root / "app/link").is_symlink()
    assert "new" == (root / "app/real").read_text()


async def test_what_cannot_be_written_is_said(root: Path, ctx: ToolContext) -> None:
    """Directories, pipes, missing folders and huge files are errors for the model."""
    os.mkfifo(root / "app/pipe")
    with (root / "app/huge").open("wb") as file:
        file.truncate(17 * 1024 * 1024)
    said = {"pipe": "not a regular", "none/x": "No such", "huge": "larger than", ".": "directory"}

    for name, words in said.items():
        with pytest.raises(ToolError, match=words):
            await call(write_file, ctx, path=f"{root}/app/{name}", content="x")


async def preview(root: Path, ctx: ToolContext, content: str) -> str:
    args = {"path": f"{root}/app/x", "content": content}
    return await previewed(write_file, ctx, args)


async def test_the_preview_is_the_difference(root: Path, ctx: ToolContext) -> None:
    """A unified diff, with what cannot be seen written out; nothing is changed."""
    file = root / "app/x"
    file.write_text("a\nb\n")
    shown = await preview(root, ctx, "a\nc\u202e\x1b[0m\n")

    assert [f"--- {file}", f"+++ {file}"] == shown.splitlines()[:2]
    assert ["-b", r"+c\u202e\x1b[0m"] == [
        line for line in shown.splitlines()[2:] if line[0] in "+-"
    ]
    assert "a\nb\n" == file.read_text()


async def test_previews_of_new_equal_binary_and_huge_content(root: Path, ctx: ToolContext) -> None:
    """A new file comes from nothing; no change says so; binary is told; long is cut."""
    file = root / "app/x"
    new = await preview(root, ctx, "a\n")
    file.write_bytes(b"\0\1")
    binary = await preview(root, ctx, "a\n")
    file.write_text("same\n")
    same = await preview(root, ctx, "same\n")
    huge = await preview(root, ctx, "line\n" * 5000)

    assert "--- /dev/null" == new.splitlines()[0]
    assert "-(2 bytes that are no text)" in binary
    assert "no line changes" == same
    assert 201 == len(huge.splitlines())
    assert huge.endswith(" more lines")


def test_undo_says_what_takes_it_back() -> None:
    """A created file is removed again; anything else has its copy."""
    assert write_file.undo is not None
    created = write_file.parse({"path": "/srv/x", "content": "", "mode": "create"})
    changed = write_file.parse({"path": "/srv/x", "content": ""})

    assert "remove /srv/x" == write_file.undo(created)
    assert (
        "a copy of the old content is kept, the result says where; if it is new, remove /srv/x"
        == write_file.undo(changed)
    )


async def test_a_file_that_changed_since_it_was_shown(tmp_path: Path) -> None:
    """The approval was for another difference: nothing is written, and the new one is shown."""
    path = tmp_path / "files/site.conf"
    async with driving(tmp_path) as bot:
        path.write_text("port = 80\n")
        thread, told = await bot.begin("write_file", path=str(path), content="port = 8080\n")
        path.write_text("port = 81\n")
        await bot.bench.kernel.bot.decide(told.asked[0].approval, "approve", by=ANN)
        again = await bot.follow(thread, asked=2)
        assert "port = 81\n" == path.read_text()
        await bot.bench.kernel.bot.decide(again.asked[1].approval, "approve", by=ANN)
        await bot.follow(thread, asked=3)

    assert "-port = 80\n+port = 8080" in told.asked[0].preview
    assert "-port = 81\n+port = 8080" in again.asked[1].preview
    assert "port = 8080\n" == path.read_text()
