"""Settings: good ones load, bad ones are each named in one line with the fix."""

from pathlib import Path

import pytest
from pydantic import SecretStr

from bot.config import BadSettings, Settings, load, secrets
from bot.data_dir import prepare

EXAMPLE = Path(__file__).parent.parent / ".env.example"
HEAD = """\
# All settings. Copy this file to .env and take away the # where you want another value.
# The environment wins over the file. Lists are separated by commas.
"""


def example() -> str:
    """What .env.example must say; ``python -m tests.test_config`` prints it."""
    lines = [HEAD]
    for name, field in Settings.model_fields.items():
        lines.append(f"# {field.description}\n# AI_{name.upper()}={_shown(field.default)}\n")
    return "\n".join(lines)


def _shown(value: object) -> str:
    match value:
        case None | SecretStr():
            return ""
        case bool():
            return str(value).lower()
        case tuple():
            return ",".join(map(str, value))  # pyright: ignore[reportUnknownArgumentType] - Words holds text
        case _:
            return str(value)


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working directory: no .env, and no setting in the environment."""
    monkeypatch.chdir(tmp_path)
    for name in Settings.model_fields:
        monkeypatch.delenv(f"AI_{name.upper()}", raising=False)
    return tmp_path


def problems(here: Path, env: str) -> list[str]:
    (here / ".env").write_text(env)
    with pytest.raises(BadSettings) as raised:
        load()
    return str(raised.value).splitlines()


def test_the_example_lists_every_setting() -> None:
    """.env.example is what the settings say of themselves: nothing is missing, nothing is old."""
    assert example() == EXAMPLE.read_text()


def test_the_example_can_be_used(here: Path) -> None:
    """With every line switched on, the example gives the defaults."""
    lines = EXAMPLE.read_text().splitlines()
    active = [line[2:] if line.startswith("# AI_") else line for line in lines]
    (here / ".env").write_text("\n".join(active))

    assert Settings.model_construct() == load()


def test_nothing_set() -> None:
    """Without any setting the bot starts with its defaults."""
    assert "supervised" == load().mode


def test_environment_wins_over_the_file(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Other programs' keys, comments and empty values in .env do not matter."""
    text = "# AI_NONSENSE=1\nOTHER=2\nAI_PORT=9000 # mine\nAI_MODELS=a, b\nAI_THE_MODE\nAI_HOST=\n"
    (here / ".env").write_text(text.replace("AI_THE_MODE\n", ""))
    monkeypatch.setenv("AI_MODELS", "qwen3")

    settings = load()

    assert (9000, ("qwen3",), "127.0.0.1") == (settings.port, settings.models, settings.host)


def test_each_problem_has_its_line(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """All problems are told at once; each line names the setting and what to do."""
    monkeypatch.setenv("AI_MOED", "autonomous")

    assert problems(here, "AI_PROT=1\nAI_XYZZY=1\nAI_PORT=99999\nAI_MODE=yolo\n") == [
        "AI_MOED in the environment is no setting: did you mean AI_MODE?",
        "AI_PROT in .env is no setting: did you mean AI_PORT?",
        "AI_XYZZY in .env is no setting: remove it",
        "AI_PORT: Input should be less than or equal to 65535 (it is '99999')",
        "AI_MODE: Input should be 'read_only', 'supervised' or 'autonomous' (it is 'yolo')",
    ]


@pytest.mark.parametrize(
    ("env", "line"),
    [
        ("AI_AUTH_ENABLED=false\nAI_HOST=0.0.0.0", "AI_AUTH_ENABLED=false needs AI_HOST on a loop"),
        ("AI_DATABASE_URL=postgresql://x", "AI_DATABASE_URL: must be a path or sqlite:///path"),
        ("AI_APPROVAL_TTL=1", "AI_APPROVAL_TTL: Input should be greater than or equal to 10"),
        ("AI_OLLAMA_URL=nonsense", "AI_OLLAMA_URL: must be an address such as"),
        ("AI_PUBLIC_URL=ftp://bot", "AI_PUBLIC_URL: must be an address such as"),
    ],
)
def test_unusable_settings(here: Path, env: str, line: str) -> None:
    """Settings that contradict each other or ask for what there is not are refused."""
    [problem] = problems(here, env)

    assert problem.startswith(line)


def test_secrets_are_not_repeated(here: Path) -> None:
    """A secret that is refused does not appear in the refusal."""
    [problem] = problems(here, "AI_JWT_SECRET_KEY=hunter22")

    assert "hunter22" not in problem
    assert "AI_JWT_SECRET_KEY: is shorter than 32 characters; make one with" in problem


def test_a_file_that_is_no_text(here: Path) -> None:
    """A binary .env is refused in one line."""
    (here / ".env").write_bytes(b"AI_PORT=\xff\xfe\n")

    with pytest.raises(BadSettings, match=r"^\.env cannot be read \(.*must be a text file$"):
        load()


def test_secrets_for_redaction(here: Path) -> None:
    """Every secret setting that has a value, by its name."""
    (here / ".env").write_text("AI_ADMIN_PASSWORD=hunter22\nAI_OLLAMA_URL=http://a:11434\n")

    assert {"AI_ADMIN_PASSWORD": "hunter22"} == secrets(load())


def test_the_data_directory_is_private(here: Path) -> None:
    """It is made for this account only, and may exist already."""
    settings = Settings(data_dir=here / "a" / "b")

    prepare(settings)
    prepare(settings)

    assert 0o700 == (here / "a" / "b").stat().st_mode & 0o777
    assert [] == list((here / "a" / "b").iterdir())


def test_a_data_directory_that_stood_open_is_closed(here: Path) -> None:
    """One that only holds the bot's own things is taken from everybody else at the next start."""
    place = here / "data"
    (place / "files").mkdir(parents=True)
    (place / "tools").mkdir()
    (place / "orchestrator.db").touch()
    place.chmod(0o755)

    assert "" == prepare(Settings(data_dir=place))
    assert 0o700 == place.stat().st_mode & 0o777


@pytest.mark.parametrize(("mode", "holds"), [(0o755, "website"), (0o1777, "files")])
def test_a_directory_of_others_stays_as_it_is(here: Path, mode: int, holds: str) -> None:
    """Where others keep things too, the modes stay and a line says what to do."""
    place = here / "shared"
    (place / holds).mkdir(parents=True)
    place.chmod(mode)
    warning = prepare(Settings(data_dir=place))

    assert f"AI_DATA_DIR: others may look into {place}" in warning
    assert warning.endswith(f"chmod 700 {place}")
    assert mode == place.stat().st_mode & 0o7777


@pytest.mark.parametrize(
    ("setting", "name"), [("data_dir", "AI_DATA_DIR"), ("database_url", "AI_DATABASE_URL")]
)
def test_a_directory_that_cannot_be_written(here: Path, setting: str, name: str) -> None:
    """The line names the setting, the place and the reason."""
    (here / "file").write_text("")
    settings = Settings.model_validate({setting: str(here / "file" / "below" / "x")})

    with pytest.raises(BadSettings) as raised:
        prepare(settings)

    assert str(raised.value).startswith(f"{name}: cannot write in {here}/file/below")
    assert "(Not a directory); make it writable" in str(raised.value)


if __name__ == "__main__":
    print(example(), end="")
