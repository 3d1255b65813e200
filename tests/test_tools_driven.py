"""Tools through the agent, here and on a Debian host over SSH: the same in both places."""

import re
import subprocess
from collections.abc import AsyncGenerator, Callable, Generator
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.tool import Risk, Trust
from tests.driving_kit import Driver, driving
from tests.kernel_kit import ANN
from tests.lab.machines import Machines


def here(command: str) -> str:
    words = ["bash", "-c", command]
    return subprocess.run(words, check=True, capture_output=True, text=True).stdout.strip()


@dataclass(frozen=True, slots=True)
class Place:
    """A host of the inventory, and a look at it that does not go through the bot."""

    host: str
    shell: Callable[[str], str]


@pytest.fixture
def root(tmp_path: Path, machines: Machines) -> Generator[Path]:
    """A directory that may be written, at the same path here and on the first host."""
    folder = tmp_path / "app"
    make = f"mkdir -p {folder} && cd {folder} && printf 'port = 80\\n' >site.conf"
    for shell in (here, machines.web1.ssh):
        shell(
            f"{make} && printf 'one\\ntwo\\n' >notes && chmod 640 site.conf"
            " && touch -d 2026-01-02T03:04:05Z *"
        )
    yield folder
    machines.web1.ssh(f"rm -r {folder}")


@pytest.fixture
async def bot(tmp_path: Path, root: Path, machines: Machines) -> AsyncGenerator[Driver]:
    roots = f"read:/,write:{root}"
    inventory = machines.inventory(tmp_path / "hosts.toml", files=roots)
    (tmp_path / "data").mkdir()
    async with driving(tmp_path / "data", hosts_file=inventory, files_roots=roots) as driver:
        yield driver


@pytest.fixture(params=["local", "web1"])
def place(request: pytest.FixtureRequest, machines: Machines) -> Place:
    return Place(request.param, here if request.param == "local" else machines.web1.ssh)


EQUAL = [
    ("execute_command", {"command": "echo out; echo 'it''s' >&2; printf '\\xff\\n'; exit 3"}),
    ("execute_command", {"command": "pwd", "cwd": "{root}"}),
    ("execute_command", {"command": "cat {root}/nowhere"}),
    ("read_file", {"path": "{root}/notes"}),
    ("read_file", {"path": "{root}/nowhere"}),
    ("read_file", {"path": "/etc/shadow"}),
    ("list_directory", {"path": "{root}"}),
    ("search_files", {"path": "{root}", "content": "port"}),
    ("file_info", {"path": "{root}/site.conf"}),
]


@pytest.mark.parametrize(("name", "args"), EQUAL)
async def test_the_same_words_from_both_places(
    bot: Driver, root: Path, name: str, args: dict[str, str]
) -> None:
    """Results and errors are equal to the letter, but for how long it took."""
    filled = {key: value.replace("{root}", str(root)) for key, value in args.items()}
    told = await bot.call(name, **filled, host=["local", "web1"])
    near, far = told.on("local"), told.on("web1")

    def timeless(text: str) -> str:
        return re.sub(r"after [0-9.]+ s", "after a while", text)

    assert (near.outcome, timeless(near.output)) == (far.outcome, timeless(far.output))
    assert (near.trust, near.table) == (far.trust, far.table)
    assert [] == told.asked


@pytest.mark.parametrize(
    ("name", "trust"),
    [
        ("system_info", Trust.SYSTEM),
        ("disk_usage", Trust.SYSTEM),
        ("process_list", Trust.EXTERNAL),
    ],
)
async def test_the_same_shape_from_both_places(bot: Driver, name: str, trust: Trust) -> None:
    """Readings differ, but not what is read: columns and trust are the same."""
    told = await bot.call(name, host=["local", "web1"])
    near, far = told.on("local"), told.on("web1")

    assert near.table
    assert far.table
    assert near.table.columns == far.table.columns
    assert (near.trust, near.outcome) == (far.trust, far.outcome) == (trust, "ok")
    assert near.output != far.output


async def test_a_file_is_really_written_and_undone(bot: Driver, root: Path, place: Place) -> None:
    """The card shows the difference; mode and owner stay; the kept copy is what it was before."""
    path = root / "site.conf"
    told = await bot.call("write_file", path=str(path), content="port = 8080\n", host=place.host)
    [request] = told.asked
    kept = re.search(r"kept in (\S+)$", told.output)

    assert "-port = 80\n+port = 8080" in request.preview
    assert (place.host, Risk.CHANGE) == (request.host, request.verdict.risk)
    assert "port = 8080" == place.shell(f"cat {path}")
    assert "640 root" == place.shell(f"stat --format='%a %U' {path}")
    assert kept

    command = f"cp {kept[1]} {path}"
    assert (await bot.call("execute_command", command=command, host=place.host)).asked
    assert "port = 80" == place.shell(f"cat {path}")


async def test_a_file_that_changed_since_it_was_shown(
    bot: Driver, root: Path, place: Place
) -> None:
    """The approval was for another difference: nothing is written, and the new one is shown."""
    path = root / "site.conf"
    args = {"path": str(path), "content": "port = 8080\n", "host": place.host}
    thread, told = await bot.begin("write_file", **args)
    place.shell(f"echo 'port = 81' >{path}")
    await bot.bench.kernel.bot.decide(told.asked[0].approval, "approve", by=ANN)
    again = await bot.follow(thread, asked=2)

    assert "-port = 81\n+port = 8080" in again.asked[1].preview
    assert "port = 81" == place.shell(f"cat {path}")


async def test_writing_is_refused_outside_the_roots(bot: Driver, place: Place) -> None:
    """On every host its own roots count, and nobody is asked."""
    told = await bot.call("write_file", path="/etc/motd", content="x", host=place.host)

    assert ("denied", []) == (told.only.outcome, told.asked)


async def test_a_change_asks_and_a_catastrophe_does_not(bot: Driver, place: Place) -> None:
    """The command policy is the same wherever the command runs."""
    harmless = await bot.call("execute_command", command="uname -s", host=place.host)
    denied = await bot.call("execute_command", command="rm -rf /", host=place.host)

    assert ("Linux\n", []) == (harmless.output, harmless.asked)
    assert ("denied", []) == (denied.only.outcome, denied.asked)
