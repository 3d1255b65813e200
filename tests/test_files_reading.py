"""read_file, list_directory, file_info: where they go, and what they tell."""

import hashlib
import os
from pathlib import Path

import pytest

from bot.tool import Level, Tool, ToolContext, ToolError, Trust
from tests.tools_kit import call, context, judged
from tools.file_search import search_files
from tools.files import file_info, list_directory, read_file


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "app").mkdir()
    return Path(os.path.realpath(tmp_path))


@pytest.fixture
def ctx(root: Path) -> ToolContext:
    """Only root/app may be read; the bot's own data lies beside it."""
    return context(root / "data", f"read:{root}/app")


async def refused(tool: Tool, ctx: ToolContext, path: str) -> bool:
    """Denied by the judge, and by the tool when nobody asks the judge."""
    verdict = await judged(tool, ctx, path=path)
    with pytest.raises(ToolError):
        await call(tool, ctx, path=path)
    return verdict.level is Level.DENY


ESCAPES = [
    "/etc/hostname",
    "{root}/app/../data/orchestrator.db",
    "{root}/app/link",
    "{root}/app/folder/hostname",
    "{root}/application",
    "/proc/self/root/etc/hostname",
    "/proc/self/cwd/pyproject.toml",
    "//etc/hostname",
    "{root}/app/../../../../../../../etc/hostname",
    "/" + "x/" * 2000,
]


@pytest.mark.parametrize("path", ESCAPES)
@pytest.mark.parametrize("tool", [read_file, list_directory, file_info])
async def test_no_way_out_of_the_roots(root: Path, ctx: ToolContext, tool: Tool, path: str) -> None:
    """Links, dots, /proc and look-alike names do not lead out."""
    (root / "app/link").symlink_to("/etc/hostname")
    (root / "app/folder").symlink_to("/etc")
    (root / "application").write_text("x")

    assert await refused(tool, ctx, path.format(root=root))


@pytest.mark.parametrize(
    "name", ["data/orchestrator.db", "data/orchestrator.db-wal", "data/secrets", "data"]
)
async def test_the_bots_own_things_are_never_read(root: Path, name: str) -> None:
    """Also where everything may be read: the data directory is closed but for files/."""
    ctx = context(root / "data", "read:/")
    (root / "data" / "secrets").write_text("x")
    (root / "data/files/note.txt").write_text("a note\n")

    assert Level.DENY == (await judged(read_file, ctx, path=f"{root}/{name}")).level
    assert Level.ALLOW == (await judged(read_file, ctx, path=f"{root}/data/files/note.txt")).level


OWN = ["jwt_secret", "admin_password", "orchestrator.db", ".hidden", "a 'b"]


@pytest.mark.parametrize("name", OWN)
async def test_a_hard_link_is_no_way_to_the_bots_own_things(root: Path, name: str) -> None:
    """Under another name and elsewhere they are neither read, hashed nor found."""
    ctx = context(root / "data", "read:/")
    (root / "data/dangling").symlink_to("nowhere")
    (root / "data" / name).write_text("port = 80\n")
    (root / "app/note.txt").write_text("port = 80\n")
    link = root / "app/innocent.txt"
    link.hardlink_to(root / "data" / name)

    for tool in (read_file, file_info):
        with pytest.raises(ToolError, match="the bot's own file"):
            await call(tool, ctx, path=str(link))
    for content in ("", "port"):
        found = await call(search_files, ctx, path=str(root), content=content)
        assert found.text.startswith(f"{root}/app/note.txt")
        assert 1 == len(found.text.splitlines())


async def test_a_denial_names_each_root_once(root: Path) -> None:
    """Also when a root may be read and written, and is the bot's own besides."""
    files = f"{root}/data/files"
    ctx = context(root / "data", f"read:{root}/app", f"read:{files}", f"write:{files}")
    verdict = await judged(read_file, ctx, path="/etc/hostname")

    assert f"files under {root}/app, {files} may" == verdict.alternative


@pytest.mark.parametrize(
    "path",
    ["/etc/shadow", "/x/.env", "/x/server.PEM", "/root/.ssh/id_rsa", "/proc/1/environ", "/x/a.key"],
)
async def test_secrets_are_refused_by_name(root: Path, path: str) -> None:
    """A secret's name is a denial that says so; what it is may still be told."""
    verdict = await judged(read_file, context(root / "data", "read:/"), path=path)

    assert (Level.DENY, True) == (verdict.level, verdict.secret)
    assert "" != verdict.alternative


@pytest.mark.parametrize("name", [".env.example", "id_rsa.pub", "environment", "keys.txt"])
async def test_what_only_looks_like_a_secret_is_read(root: Path, name: str) -> None:
    """Examples and public keys are no secrets."""
    verdict = await judged(read_file, context(root / "data", "read:/"), path=f"/x/{name}")

    assert (Level.ALLOW, Trust.EXTERNAL) == (verdict.level, verdict.trust)


async def read(ctx: ToolContext, path: Path, **how: int) -> tuple[str, str]:
    """What was read: the words after the path, and the text."""
    head, _, text = (await call(read_file, ctx, path=str(path), **how)).text.partition("\n")
    return head.removeprefix(f"{path}: "), text


async def test_lines_of_a_file(root: Path, ctx: ToolContext) -> None:
    """All of it, a range, the end, and beyond the end."""
    file = root / "app/log"
    file.write_text("".join(f"line {n}\n" for n in range(1, 11)))
    whole = "\n".join(f"line {n}" for n in range(1, 11))

    assert ("lines 1 to 10", whole) == await read(ctx, file)
    assert ("lines 1 to 10", whole) == await read(ctx, file, lines=10)
    some = ("lines 3 to 4, more may follow", "line 3\nline 4")
    assert some == await read(ctx, file, start_line=3, lines=2)
    assert ("the last 2 lines", "line 9\nline 10") == await read(ctx, file, tail=2)
    assert ("has 10 lines", "") == await read(ctx, file, start_line=50)


async def test_an_empty_file_and_one_without_a_last_line_feed(root: Path, ctx: ToolContext) -> None:
    """Both are told as they are."""
    (root / "app/empty").write_text("")
    (root / "app/open").write_text("a\nb")

    assert ("empty", "") == await read(ctx, root / "app/empty")
    assert ("lines 1 to 2", "a\nb") == await read(ctx, root / "app/open")


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ("ünï\n€".encode(), "lines 1 to 2"),
        ("\ufeffünï\n€".encode(), "lines 1 to 2"),
        ("\ufeffünï\n€".encode("utf-16-le"), "lines 1 to 2, encoded as utf-16-le"),
        ("\ufeffünï\n€".encode("utf-16-be"), "lines 1 to 2, encoded as utf-16-be"),
    ],
)
async def test_encodings(root: Path, ctx: ToolContext, data: bytes, said: str) -> None:
    """Byte order marks are understood, from the start and from the end."""
    (root / "app/text").write_bytes(data)

    assert (said, "ünï\n€") == await read(ctx, root / "app/text")
    tail = await read(ctx, root / "app/text", tail=5)
    assert "ünï\n€" == tail[1]


async def test_old_western_text_is_read_and_said(root: Path, ctx: ToolContext) -> None:
    """What is not UTF-8 is taken for Latin-1."""
    (root / "app/text").write_bytes("café".encode("latin-1"))

    assert ("lines 1 to 1, encoded as latin-1", "café") == await read(ctx, root / "app/text")


async def test_huge_files_and_huge_lines_are_bounded(root: Path, ctx: ToolContext) -> None:
    """Far lines, long lines and many lines all stay within 256 KiB."""
    file = root / "app/huge"
    with file.open("w") as out:
        out.write("x" * 3_000_000 + "\n")
        out.writelines(f"{n} {'y' * 90}\n" for n in range(2, 200_000))
    one, text = await read(ctx, file, lines=1)
    far, line = await read(ctx, file, start_line=150_000, lines=1)
    _, many = await read(ctx, file, start_line=2, lines=5000)
    _, end = await read(ctx, file, tail=5000)

    assert ("lines 1 to 1, more may follow", 256 * 1024 + 1) == (one, len(text))
    assert ("lines 150000 to 150000, more may follow", "150000 y") == (far, line[:8])
    assert len(many) <= 256 * 1024 + 1
    assert len(end) <= 256 * 1024
    assert end.splitlines()[-1].startswith("199999 y")


async def test_what_is_no_text_is_said(root: Path, ctx: ToolContext) -> None:
    """Binary files, directories, pipes and missing files are errors for the model."""
    (root / "app/binary").write_bytes(b"\x7fELF\0\0")
    os.mkfifo(root / "app/pipe")
    said = {"binary": "binary", "": "directory", "pipe": "not a regular file", "none": "No such"}

    for name, words in said.items():
        with pytest.raises(ToolError, match=words):
            await call(read_file, ctx, path=f"{root}/app/{name}")


async def test_escape_sequences_in_a_file_are_harmless(root: Path, ctx: ToolContext) -> None:
    """What a terminal or a person would be fooled by does not come out."""
    (root / "app/log").write_text("\x1b[2Jred\x07 \u202egpj.exe\r\n")

    assert ("lines 1 to 1", "red gpj.exe\n") == await read(ctx, root / "app/log")


async def test_a_directory_is_listed(root: Path, ctx: ToolContext) -> None:
    """Entries come by name, also those with names that are no text, and are bounded."""
    (root / "app/b").write_text("12345")
    (root / "app/a").mkdir()
    Path(os.fsdecode(os.fsencode(root / "app") + b"/z\xff\n\x1b[31m")).touch()
    result = await call(list_directory, ctx, path=f"{root}/app")
    first = await call(list_directory, ctx, path=f"{root}/app", limit=1)

    assert result.table is not None
    assert ["a", "b", "z\\xff\\n"] == [row[0] for row in result.table.rows]
    assert ["directory", "5 B", "0 B"] == [row[1] for row in result.table.rows]
    assert f"{root}/app: 3 entries, the first 1" == first.text.splitlines()[0]


async def test_what_a_path_is(root: Path, ctx: ToolContext) -> None:
    """Kind, size, where a link leads and the hash; no hash of a secret."""
    (root / "app/real").write_text("12345")
    (root / "app/link").symlink_to("real")
    (root / "app/.env").write_text("PASSWORD=x")
    told = (await call(file_info, ctx, path=f"{root}/app/link")).text

    assert f"leads to: {root}/app/real" in told
    assert f"sha256: {hashlib.sha256(b'12345').hexdigest()}" in told
    assert "sha256" not in (await call(file_info, ctx, path=f"{root}/app/.env")).text
