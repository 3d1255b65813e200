"""The container: what compose.yaml and the Dockerfile promise."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from bot.config import Settings

ROOT = Path(__file__).parent.parent
PACKAGES = ("bot", "agent", "tools", "healer", "adapters")


def compose() -> list[str]:
    """The Compose that this machine has; ``.ci/compose`` brings one where it may."""
    docker = shutil.which("docker")
    if (
        docker
        and subprocess.run([docker, "compose", "version"], capture_output=True).returncode == 0
    ):
        return [docker, "compose"]
    if old := shutil.which("docker-compose"):
        return [old]
    pytest.skip("needs docker compose or docker-compose")


def test_compose_can_be_read(tmp_path: Path) -> None:
    """The file is valid beside the .env that its first line says to make, and opens nothing to
    the network but the page, on loopback."""
    shutil.copy(ROOT / "compose.yaml", tmp_path)
    shutil.copy(ROOT / ".env.example", tmp_path / ".env")

    done = subprocess.run(
        [*compose(), "config"], cwd=tmp_path, capture_output=True, text=True, timeout=60
    )

    assert (0, "") == (done.returncode, done.stderr)
    assert 1 == done.stdout.count("8001:8001") + done.stdout.count("published")
    assert "127.0.0.1" in done.stdout
    assert 1 == done.stdout.count("name: unified-net")
    assert "AI_OLLAMA_URL: http://ollama:11434" in done.stdout


@pytest.mark.parametrize("file", ["Dockerfile", "compose.yaml"])
def test_only_settings_that_exist(file: str) -> None:
    """A setting with another name would keep the bot from starting."""
    named = set(re.findall(r"\bAI_[A-Z_]+", (ROOT / file).read_text()))

    assert set() == named - {f"AI_{name.upper()}" for name in Settings.model_fields}


def test_the_image_holds_the_whole_house() -> None:
    """Every package is copied, and let through by .dockerignore; nothing runs as root."""
    lines = (ROOT / "Dockerfile").read_text().splitlines()
    let_through = (ROOT / ".dockerignore").read_text().splitlines()

    assert [f"COPY {name} {name}" for name in PACKAGES] == [
        line for line in lines if line.startswith("COPY ") and line.split()[1] in PACKAGES
    ]
    assert {f"!{name}" for name in (*PACKAGES, "pyproject.toml", "uv.lock")} <= set(let_through)
    assert "USER bot" in lines
