"""Checks of the operators' own: files that are live at once, and bad ones that harm nothing."""

import asyncio
from pathlib import Path
from textwrap import dedent

import pytest

from bot.plugins.files import Unusable
from healer.check_cli import cli
from healer.check_files import CheckFiles, load
from healer.checks_file import read
from tests.bot_process import ROOT, bot_says
from tests.checks_kit import CHECKS, NOW, Many, texts, watching
from tests.plugin_kit import until

HEAD = "from healer.check import Answer, Finding, Limits, check\n"
QUEUE = HEAD + dedent('''
    @check(every=30, script="echo 7")
    def queue(answer, limits):
        """Mails that wait."""
        yield Finding("", ok=True, text=f"{answer.output.strip()} mails wait")
    ''')


def filed(directory: Path, **given: str) -> CheckFiles:
    for name, text in given.items():
        (directory / f"{name}.py").write_text(text)
    return CheckFiles(directory, CHECKS, every=0.01, settle=0)


async def test_a_file_is_a_check(tmp_path: Path) -> None:
    """It is one beside those that come with the bot, and is asked like them."""
    files = filed(tmp_path, queue=QUEUE)
    await files.prepare()
    seen = await watching(Many(1), files.all["queue"]).look(NOW)

    assert [*CHECKS, "queue"] == list(files.all)
    assert ["queue@h0: 7 mails wait"] == texts(seen)


class Notes:
    """A bot that is told what became of files."""

    def __init__(self) -> None:
        self.said: list[str] = []

    async def note(self, what: str, *, by: str, text: str = "") -> None:
        self.said.append(f"{by}: {what}: {text}")


async def test_an_edit_is_live_and_a_bad_one_keeps_the_last(tmp_path: Path) -> None:
    """All of it is told: in the log of the process and as a trouble."""
    files, bot = filed(tmp_path, queue=QUEUE), Notes()
    async with asyncio.TaskGroup() as tasks, asyncio.timeout(10):
        serving = tasks.create_task(files.serve(bot))  # pyright: ignore[reportArgumentType] - it only takes notes
        await until(lambda: "queue" in files.all)
        first = files.all["queue"]
        (tmp_path / "queue.py").write_text(QUEUE.replace("every=30", "every=60"))
        await until(lambda: files.all["queue"].every == 60)
        (tmp_path / "queue.py").write_text("def (")
        await until(files.troubles)
        kept, trouble = files.all["queue"].every, files.troubles()["check queue.py"]
        (tmp_path / "queue.py").unlink()
        await until(lambda: "queue" not in files.all)
        await until(lambda: len(bot.said) == 4)
        serving.cancel()

    assert 30 == first.every
    assert 60 == kept
    assert trouble.startswith("queue.py:1: SyntaxError")
    assert trouble.endswith("; the version before it stays")
    assert ["live", "live", "refused", "removed"] == [
        said.removeprefix("checks: check ").split(":")[0] for said in bot.said
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("x = 1", "has no check; put @check"),
        (HEAD + "from healer.checks.disk import disk", "has no check"),
        (QUEUE.replace("every=30", "every=0"), ":3: 'queue' needs every, in seconds"),
        (QUEUE.replace("every=30", "timeout=600"), "needs a timeout of at most 60 seconds"),
        (QUEUE.replace("every=30", "limits=int"), "needs limits that are a subclass of Limits"),
        (QUEUE.replace('script="echo 7"', "script=7"), "needs a script of text"),
        (QUEUE.replace(', script="echo 7"', ""), "must be an async function: write async def"),
        (QUEUE.replace("def queue", "async def queue"), "must be no async function: write def"),
        (QUEUE.replace("def queue", "def Queue"), "is no name for a check"),
        ("raise SystemExit", ":1: SystemExit"),
    ],
)
def test_what_is_wrong_with_a_file(tmp_path: Path, text: str, said: str) -> None:
    """Its line and what to do."""
    file = tmp_path / "queue.py"
    file.write_text(text)

    with pytest.raises(Unusable) as raised:
        load(file)

    assert said in str(raised.value)


async def test_a_name_that_is_taken(tmp_path: Path) -> None:
    """A file cannot replace a check that comes with the bot."""
    files = filed(tmp_path, mine=QUEUE.replace("def queue", "def disk"))
    await files.prepare()

    assert CHECKS["disk"] is files.all["disk"]
    assert "another check is named 'disk'; rename yours" in files.troubles()["check mine.py"]


async def test_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It lists all checks, tries a file, and looks once at what they see."""
    files = filed(tmp_path, queue=QUEUE)
    checks = cli(files, lambda these: watching(Many(1), *these.values()))["checks"]
    line = "queue  every 30 s  Mails that wait.\n"
    listed, all_of_them = await checks(["list"]), capsys.readouterr().out
    tried, one = await checks(["check", str(tmp_path / "queue.py")]), capsys.readouterr().out
    looked, seen = await checks(["run", "queue"]), capsys.readouterr().out
    unknown, wrong = await checks(["run", "que"]), await checks([])

    assert (0, 0, 0, 2, 2) == (listed, tried, looked, unknown, wrong)
    assert line == one
    assert line in all_of_them
    assert "well  h0  queue  7 mails wait\n" == seen


async def test_the_whole_bot_checks(tmp_path: Path) -> None:
    """With the limits of the checks file, and the files of the directory."""
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "queue.py").write_text(QUEUE)
    (tmp_path / "checks.toml").write_text("[checks.queue]\nenabled = false")
    given = {"checks_dir": "own", "checks_file": "checks.toml"}

    status, said = await bot_says(tmp_path, "checks", "run", "host", "queue", **given)

    assert 0 == status
    assert said.endswith("well  local  host  local can be reached\n")
    assert "mails wait" not in said


async def test_a_directory_that_is_not_there(tmp_path: Path) -> None:
    """The bot does not start, and says which setting it is."""
    status, told = await bot_says(tmp_path, "checks", "list", checks_dir="nowhere")

    assert (2, "AI_CHECKS_DIR: nowhere is no directory; make it\n") == (status, told)


async def test_the_examples_of_the_documentation(tmp_path: Path) -> None:
    """The check is one that works, and the limits are such as may be written."""
    text = (ROOT / "docs" / "CHECKS.md").read_text()
    code = text.partition("```python\n")[2].partition("```")[0]
    limits = tmp_path / "checks.toml"
    limits.write_text(text.partition("```toml\n")[2].partition("```")[0])
    files = filed(tmp_path, mail=code.replace("command -v mailq >/dev/null && mailq", "echo A"))
    await files.prepare()
    given = read(limits, files.all)

    assert ["mail_queue@h0: 1 mails wait"] == texts(
        await watching(Many(1), files.all["mail_queue"]).look(NOW)
    )
    assert {"disk", "http", "load", "services", "docker"} == {name for _, name, _ in given.tables()}
