"""What the bot cannot start with: a clear line each, the right exit status, nothing touched."""

import socket
from pathlib import Path

import pytest

from bot.store.sqlite import SqliteStore
from tests.bot_process import bot_process, bot_says

USELESS, DAMAGED = 2, 3
"""Exit statuses."""


async def test_every_bad_setting_has_its_line(tmp_path: Path) -> None:
    """Misspelt and unusable settings, from the environment and from .env, are told all at once,
    with what to do; a refused secret is not repeated."""
    (tmp_path / ".env").write_text("AI_PROT=1\nOTHER=1\n")
    given = {"moed": "x", "port": "http", "mode": "yolo", "jwt_secret_key": "too short a secret"}
    given["database_url"] = "postgresql://bot@db/bot"

    status, said = await bot_says(tmp_path, "run", **given)

    assert USELESS == status
    assert [
        "AI_MOED in the environment is no setting: did you mean AI_MODE?",
        "AI_PROT in .env is no setting: did you mean AI_PORT?",
        "AI_PORT: Input should be a valid integer, unable to parse string as an integer"
        " (it is 'http')",
        "AI_JWT_SECRET_KEY: is shorter than 32 characters; make one with: openssl rand -hex 32",
        "AI_DATABASE_URL: must be a path or sqlite:///path; other databases are not built yet"
        " (it is 'postgresql://bot@db/bot')",
        "AI_MODE: Input should be 'read_only', 'supervised' or 'autonomous' (it is 'yolo')",
    ] == said.splitlines()
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize(
    ("given", "line"),
    [
        (
            {"auth_enabled": "false", "host": "0.0.0.0"},
            "AI_AUTH_ENABLED=false needs AI_HOST on a loopback address",
        ),
        (
            {"data_dir": "taken"},
            "AI_DATA_DIR: cannot write in {here}/taken (File exists); make it writable for this"
            " account or name another place",
        ),
        (
            {"database_url": "."},
            "AI_DATABASE_URL: . cannot be opened (disk I/O error); name a file that this account"
            " may write",
        ),
        (
            {"roles_file": "roles.toml"},
            "roles.toml:1: 'root' is no role; there are admin, approver, operator, viewer",
        ),
    ],
)
async def test_what_there_is_to_mend(tmp_path: Path, given: dict[str, str], line: str) -> None:
    """One line that names the setting or the file, and the fix; exit status 2."""
    (tmp_path / "taken").write_text("a file")
    (tmp_path / "roles.toml").write_text('root = ["web:ann"]\n')

    status, said = await bot_says(tmp_path, "run", **given)

    assert [line.format(here=tmp_path)] == said.splitlines()
    assert USELESS == status
    assert "a file" == (tmp_path / "taken").read_text()


async def test_a_taken_port(tmp_path: Path) -> None:
    """The line names the address and the setting. The log before it is for other eyes."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        status, said = await bot_says(tmp_path, "run", port=str(port))

    assert USELESS == status
    assert (
        f"127.0.0.1:{port} is in use by another program; stop it or set AI_PORT to another port"
        == said.splitlines()[-1]
    )
    assert "Traceback" not in said


async def test_a_damaged_database(tmp_path: Path) -> None:
    """Exit status 3, from every verb; the file is named and what to do with it; it stays as it
    is."""
    file = tmp_path / "data" / "orchestrator.db"
    file.parent.mkdir()
    async with SqliteStore.open(file) as store:
        await store.write("PRAGMA user_version = 1")
    content = bytearray(file.read_bytes())
    content[4096:] = bytes(reversed(content[4096:]))
    file.write_bytes(content)

    status, said = await bot_says(tmp_path, "run")
    verified, _ = await bot_says(tmp_path, "audit", "verify")

    assert DAMAGED == status == verified
    what, advice = said.splitlines()
    assert what.startswith("data/orchestrator.db is damaged (")
    assert what.endswith(") and has not been touched.")
    assert (
        "Keep it together with orchestrator.db-wal and orchestrator.db-shm, put the last good copy"
        " in its place, and start again." == advice
    )
    assert content == file.read_bytes()


async def test_a_second_process(tmp_path: Path) -> None:
    """One process per database: the second one names the first and leaves; the first goes on."""
    async with bot_process(tmp_path, ollama_url="http://127.0.0.1:9") as first:
        status, said = await bot_says(tmp_path, "run")
        running = first.process.returncode is None
        pid = first.process.pid

    assert USELESS == status
    assert [
        f"AI_DATABASE_URL: data/orchestrator.db is served by process {pid} already; stop that one,"
        " or give this one another AI_DATA_DIR"
    ] == said.splitlines()
    assert running
