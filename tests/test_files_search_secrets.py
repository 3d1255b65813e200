"""search_files does not tell what is in a secret, neither by a hit nor by its absence."""

import os
from pathlib import Path

import pytest

from bot.tool import ToolContext, ToolError
from tests.test_redact import KEY, LOOKS, REDACTOR
from tests.tools_kit import call, context
from tools.file_search import search_files

NOTHING = "nothing found; lines that hold secrets are not searched"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "app").mkdir()
    return Path(os.path.realpath(tmp_path))


@pytest.fixture
def ctx(root: Path) -> ToolContext:
    return context(root / "data", f"read:{root}/app")


async def found(ctx: ToolContext, root: Path, content: str) -> list[str]:
    result = await call(search_files, ctx, path=f"{root}/app", content=content)
    return [line.removeprefix(f"{root}/app/") for line in result.text.splitlines()]


GUESSES = [
    "^password=h",
    "^password=x",
    "hunter22",
    "(?<=hunter22)$",
    "^password=h(*ACCEPT)",
    "nothing|^password=h",
    "nothing|(?=password=h)",
    "(?:.*password=h)?+$(?<=2)",
    "(?<!.)password=h(?(DEFINE)(x))",
    r"\\Qpassword=h",
]


@pytest.mark.parametrize("guess", GUESSES)
async def test_a_guess_finds_as_much_as_another(root: Path, ctx: ToolContext, guess: str) -> None:
    """Whatever is guessed of a secret and however, the answer is the same."""
    (root / "app/a.conf").write_text("password=hunter22\n")

    assert [NOTHING] == await found(ctx, root, guess)


@pytest.mark.parametrize("guess", ["a)|(?:^password=h", "(*UTF)^password=h"])
async def test_an_expression_cannot_break_out(root: Path, ctx: ToolContext, guess: str) -> None:
    """What stands before the expression stays whole, whatever the expression closes or begins."""
    (root / "app/a.conf").write_text("password=hunter22\n")
    with pytest.raises(ToolError, match="the search failed"):
        await found(ctx, root, guess)


async def test_counting_and_exploding_tell_nothing(root: Path, ctx: ToolContext) -> None:
    """A line that is not searched takes no other's place, and cannot make the search fail."""
    (root / "app/a.conf").write_text("password=" + "a" * 60 + "!\n" + "line\n" * 20)

    assert 20 == len(await found(ctx, root, "^password=a|line"))
    assert [NOTHING] == await found(ctx, root, r"^password=(a|aa)+\1$")


ONE_LINE = [each for each in LOOKS if "\n" not in each[1]]


@pytest.mark.parametrize(("before", "secret", "after", "name"), ONE_LINE)
async def test_lines_with_what_is_redacted_are_not_searched(
    root: Path, ctx: ToolContext, before: str, secret: str, after: str, name: str
) -> None:
    """All looks of a secret count, wherever in a line it is; the lines around are searched."""
    line = f"ok {before}{secret}{after}".rstrip("\r\n")
    (root / "app/a.conf").write_text(f"first\n{line}\n{'x' * 5000} {line}\nlast\n")

    assert line != REDACTOR(line)
    assert ["a.conf:1:first", "a.conf:4:last"] == await found(ctx, root, ".")


async def test_the_lines_of_a_private_key_are_not_searched(root: Path, ctx: ToolContext) -> None:
    """They look like nothing in particular, one by one."""
    (root / "app/notes.txt").write_text(KEY)

    assert [NOTHING] == await found(ctx, root, "MII|BEGIN")


ORDINARY = [
    "password_file = /run/x",
    "max_tokens = 4096",
    "http://localhost:8080/path",
    "PasswordAuthentication no",
    "export TOKEN=$(cat /run/x)",
    "key = value",
    "sha256 " + "a1" * 32,
    "‹secret: value›",
]


@pytest.mark.parametrize("line", ORDINARY)
async def test_ordinary_lines_are_searched(root: Path, ctx: ToolContext, line: str) -> None:
    """Lines that would be shown as they are can be found."""
    (root / "app/a.conf").write_text(f"{line}\n")

    assert line == REDACTOR(line)
    assert [f"a.conf:1:{line}"] == await found(ctx, root, "..")
