"""Which files of the directory are plugins, and when they are looked at."""

import asyncio
from pathlib import Path

from bot.config import Settings
from tests.plugin_kit import GREET, Shelf, shelved
from tools.hosts.roots import local_roots


async def test_only_files_that_are_meant(tmp_path: Path) -> None:
    """Drafts of editors, hidden files, notes, and what begins with _ are no plugins."""
    shelf = await shelved(tmp_path, _private="1 +")
    for name in (".#greet.py", "greet.py~", "README.md"):
        shelf.put(name, "1 +")
    (tmp_path / "gone.py").symlink_to(tmp_path / "nowhere")
    await shelf.look()

    assert [] == shelf.own + shelf.problems


async def test_no_directory_is_no_plugins(tmp_path: Path) -> None:
    """It may be made later, and taken away again."""
    shelf = await shelved(tmp_path / "later")
    assert [] == shelf.own + shelf.problems

    shelf.directory.mkdir()
    shelf.put("greet.py", GREET)
    await shelf.look()

    assert ["greet"] == shelf.own


async def test_a_directory_for_everybody_is_refused(tmp_path: Path) -> None:
    """Where anybody may put code, none is taken from; what is live stays."""
    shelf = await shelved(tmp_path, greet=GREET)
    tmp_path.chmod(0o777)
    shelf.put("more.py", GREET.replace("greet", "more"))
    await shelf.look()

    assert ["greet"] == shelf.own
    assert [
        f"{tmp_path}: everybody may put files there; close it with: chmod o-w"
    ] == shelf.problems

    tmp_path.chmod(0o700)
    await shelf.look()

    assert ["greet", "more"] == shelf.own
    assert [] == shelf.problems


async def test_closing_a_file_is_enough(tmp_path: Path) -> None:
    """A file that everybody may change is refused; its mode alone makes it live."""
    file = tmp_path / "greet.py"
    file.write_text(GREET)
    file.chmod(0o666)
    shelf = await shelved(tmp_path)
    assert [
        "greet.py: everybody on this machine may change it; close it with: chmod o-w"
    ] == shelf.problems

    file.chmod(0o644)
    await shelf.look()

    assert ["greet"] == shelf.own


async def test_a_half_written_file_is_left_alone(tmp_path: Path) -> None:
    """A file that changes while it settles is looked at again when it is whole."""
    shelf = Shelf(tmp_path, settle=1)
    path = shelf.put("greet.py", GREET[: len(GREET) // 2])
    async with asyncio.TaskGroup() as tasks:
        looking = tasks.create_task(shelf.look())
        await asyncio.sleep(0)
        path.write_text(GREET)
        await looking
    assert [] == shelf.own + shelf.problems

    await shelf.look()

    assert ["greet"] == shelf.own


def test_no_tool_touches_plugins(tmp_path: Path) -> None:
    """Wherever the directory is, it belongs to the bot's own: a model cannot write itself tools."""
    given = {"data_dir": tmp_path / "data", "tools_dir": tmp_path / "mine"}
    roots = local_roots(Settings.model_validate(given))

    assert str((tmp_path / "mine").resolve()) in roots.never
