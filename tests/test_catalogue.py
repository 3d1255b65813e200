"""The catalogue follows its directory, and what starts a repair is one line that reads back."""

from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.config import BadSettings
from bot.tool import Tool
from healer.catalogue import Catalogue, shelved
from healer.order import NoOrder, Order
from healer.own import bounds
from healer.runbook_cli import cli, misuses
from tests.fleet import Fleet
from tests.kernel_kit import settings
from tests.runbook_kit import catalogue, text_of
from tools import load as load_tools

SHIPPED = {"free-disk-space", "reload-nginx", "restart-container", "restart-service"}
_TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=30)
_NAME = st.from_regex(r"[a-z][a-z0-9_]{0,8}", fullmatch=True)


def own(directory: Path, text: str, name: str = "mend.yaml") -> None:
    """Write a file so that it differs from the one before it, however quickly that follows."""
    file = directory / f".{name}.new"
    file.write_text(text)
    file.replace(directory / name)


def test_without_a_directory(tmp_path: Path) -> None:
    """Those that come with the bot are there without any of one's own."""
    found = catalogue(tmp_path / "none")

    assert found.entries.keys() == SHIPPED
    assert not found.troubles()


def test_a_file_comes_changes_and_goes(tmp_path: Path) -> None:
    """Each look brings what is new, with another version when the file differs."""
    found = catalogue(tmp_path)
    own(tmp_path, text_of())
    found.refresh()
    first = found.entries["mend"]

    own(tmp_path, text_of(title="Mend it again"))
    found.refresh()
    second = found.entries["mend"]
    (tmp_path / "mend.yaml").unlink()
    found.refresh()

    assert (first.runbook.title, second.runbook.title) == ("Mend a thing", "Mend it again")
    assert first.version != second.version
    assert found.entries.keys() == SHIPPED


def test_the_last_good_version_stays(tmp_path: Path) -> None:
    """A file that broke is told in one line, and what it said before still counts."""
    found = catalogue(tmp_path)
    own(tmp_path, text_of())
    found.refresh()
    good = found.entries["mend"]

    own(tmp_path, text_of(steps=[]))
    found.refresh()

    assert found.entries["mend"] == good
    [(name, problem)] = found.troubles().items()
    assert name == "runbook mend.yaml"
    assert problem.startswith("mend.yaml line ")
    assert problem.endswith("; the version before it stays")

    own(tmp_path, text_of())
    found.refresh()
    assert not found.troubles()


def test_two_of_one_id(tmp_path: Path) -> None:
    """The second file is refused; once the first is gone, it counts."""
    own(tmp_path, text_of(), "a.yaml")
    own(tmp_path, text_of(title="Another"), "b.yaml")
    found = catalogue(tmp_path)

    assert found.entries["mend"].file.name == "a.yaml"
    assert found.troubles() == {"runbook b.yaml": "b.yaml: the id 'mend' is taken by a.yaml"}

    (tmp_path / "a.yaml").unlink()
    found.refresh()
    assert found.entries["mend"].file.name == "b.yaml"
    assert not found.troubles()


def test_none_replaces_a_shipped_one(tmp_path: Path) -> None:
    """The operators' files come after those of the bot."""
    own(tmp_path, text_of(id="restart-service"))
    found = catalogue(tmp_path)

    assert found.entries["restart-service"].runbook.title == "Restart a service that is down"
    assert found.troubles()


def test_files_that_are_no_runbooks(tmp_path: Path) -> None:
    """Other files and half-written ones are passed over, unreadable ones told."""
    own(tmp_path, "notes", "README.md")
    (tmp_path / ".mend.yaml.swp").write_text("x")
    (tmp_path / "latin.yaml").write_bytes(b"title: caf\xe9\n")
    (tmp_path / "gone.yaml").symlink_to(tmp_path / "nowhere")
    (tmp_path / "folder.yaml").mkdir()
    found = catalogue(tmp_path)

    assert found.entries.keys() == SHIPPED
    assert sorted(found.troubles().values()) == [
        "folder.yaml: cannot be read (Is a directory)",
        "gone.yaml: cannot be read (No such file or directory)",
        "latin.yaml: is no UTF-8 text",
    ]


@given(
    host=_TEXT.filter(bool),
    parameters=st.dictionaries(
        _NAME.filter(lambda name: name not in ("host", "version", "incident", "level")), _TEXT
    ),
)
def test_an_order_reads_back(host: str, parameters: dict[str, str]) -> None:
    """Whatever its values are, an order is what its text says."""
    order = Order("mend-it", "0123456789ab", host, "K7QD2MX", "auto", parameters)

    assert Order.parse(str(order)) == order


def test_an_order_is_readable() -> None:
    """One line for the page and the chat."""
    order = Order("restart-service", "0123456789ab", "web1", "K7QD2MX", "suggest", {"service": "a"})

    assert str(order) == (
        "restart-service host=web1 service=a version=0123456789ab incident=K7QD2MX level=suggest"
    )


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "is empty"),
        ("mend 'x", "quotes do not close"),
        ("mend", "does not say its host"),
        ("mend host=web1 host=web2", "'host=web2' is no name=value of its own"),
        ("mend web1", "'web1' is no name=value of its own"),
        ("mend host=w version=v incident=i level=always", "there is no level 'always'"),
        ("mend host= version=v incident=i level=auto", "does not say its host"),
    ],
)
def test_no_order(text: str, why: str) -> None:
    """What a person or an outsider writes instead of one starts nothing."""
    with pytest.raises(NoOrder, match=why):
        Order.parse(text)


async def ask(found: Catalogue, *words: str) -> int:
    return await cli(found, Fleet("local"), toolset)["runbooks"](words)


async def toolset() -> Mapping[str, Tool]:
    return load_tools()


async def test_the_command_line_lists(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Each runbook in a line, and what is wrong apart from it."""
    own(tmp_path, "id: x")
    status = await ask(catalogue(tmp_path), "list")

    printed = capsys.readouterr()
    assert status == 1
    assert {line.split()[0] for line in printed.out.splitlines()} == SHIPPED
    assert printed.err.startswith("mend.yaml line 1: ")


async def test_the_command_line_checks(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A file is checked as the bot would read it, and its calls against the tools there are."""
    assert await ask(catalogue(tmp_path), "check") == 0
    own(tmp_path, text_of())

    assert await ask(catalogue(tmp_path / "none"), "check", str(tmp_path / "mend.yaml")) == 1

    assert "mend.yaml: preconditions.0: there is no tool 'look'\n" in capsys.readouterr().err


def test_arguments_that_a_tool_does_not_have(tmp_path: Path) -> None:
    """A call's arguments are checked with values that stand for those that will come."""
    step = {"say": "x", "tool": "service_control", "arguments": {"unit": "${thing}${limit}"}}
    own(tmp_path, text_of(steps=[step]))
    found = catalogue(tmp_path)
    told = list(misuses(found.entries["mend"].runbook, found.bounds, load_tools()))

    assert "steps.0: service_control: unit: Extra inputs are not permitted" in told
    assert "steps.0: service_control: service: Field required" in told


async def test_the_command_line_shows_a_dry_run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Target, steps and verification of one runbook on one host of the inventory."""
    found = catalogue(tmp_path)
    assert await ask(found, "dry-run", "restart-service", "--host", "local", "service=a") == 0
    assert "\nsteps:\n  1. restart a: service_control service=a action=restart host=local\n" in (
        capsys.readouterr().out
    )

    assert await ask(found, "dry-run", "restart-service", "service=a", "--host", "nowhere") == 1
    assert await ask(found, "dry-run", "restart-service", "--host", "local") == 1
    assert await ask(found, "dry-run", "none", "--host", "local") == 1
    assert await ask(found, "dry-run", "restart-service", "--host") == 2
    assert await ask(found, "dance") == 2


def test_directory_that_is_none(tmp_path: Path) -> None:
    """A directory of runbooks that is named must be there."""
    with pytest.raises(BadSettings, match=r"AI_RUNBOOKS_DIR: .* is no directory; make it"):
        shelved(settings(tmp_path, runbooks_dir=tmp_path / "none"))


def test_directories_that_cannot_be_listed(tmp_path: Path) -> None:
    """Nobody lists half a disk for deleting in; what the bot keeps there is nobody's to touch."""
    with pytest.raises(BadSettings, match=r"^AI_RUNBOOK_DIRECTORIES: '/var' holds too much"):
        bounds(settings(tmp_path, runbook_directories="/srv/logs,/var"))

    listed = bounds(settings(tmp_path, runbook_directories="/srv/logs"))
    assert listed.directories == ("/srv/logs",)
    assert str(tmp_path) in listed.own
