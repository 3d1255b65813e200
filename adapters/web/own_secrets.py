"""Secrets the adapter makes for itself at first start: kept 0600 in the data directory."""

import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from bot.config import BadSettings, Settings

_SHORTEST_KEY = 32
SHORTEST_PASSWORD = 8


@dataclass(frozen=True, slots=True)
class OwnSecrets:
    jwt: str
    admin: str
    """Password of the first user: configured, kept from the first start, or just made."""
    admin_file: Path | None
    """Where a password that was just made is to be kept."""


def load(settings: Settings) -> OwnSecrets:
    """Raises BadSettings naming what cannot be used, and the fix."""
    jwt = settings.jwt_secret_key.get_secret_value() or _kept(settings.data_dir / "jwt_secret")
    if len(jwt) < _SHORTEST_KEY:
        raise BadSettings(
            f"{settings.data_dir / 'jwt_secret'} holds fewer than 32 characters; delete it and a "
            "new one is made, or set AI_JWT_SECRET_KEY"
        )
    admin = settings.admin_password.get_secret_value()
    if admin and len(admin) < SHORTEST_PASSWORD:
        raise BadSettings("AI_ADMIN_PASSWORD is shorter than 8 characters; 15 or more are better")
    path = settings.data_dir / "admin_password"
    if not admin and path.exists():
        admin = path.read_text().strip()
    return OwnSecrets(jwt, admin or secrets.token_urlsafe(15), None if admin else path)


def keep(path: Path, text: str) -> None:
    """Write a file that only this account may read. Raises FileExistsError."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(f"{text}\n")


def _kept(path: Path) -> str:
    if not path.exists():
        keep(path, secrets.token_hex(32))
    return path.read_text().strip()
