"""All settings there are. Each has one line in ``.env.example``, which a test keeps true."""

import os
import re
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from dotenv import dotenv_values
from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

_PREFIX = "AI_"
_FILE = ".env"
Words = Annotated[tuple[str, ...], NoDecode]
"""A comma-separated list."""


class BadSettings(Exception):
    """The process cannot start like this. One line per problem: the setting and the fix."""


class Settings(BaseSettings):
    """Read from the environment and from ``.env`` in the working directory; prefix ``AI_``."""

    model_config = SettingsConfigDict(
        env_prefix=_PREFIX,
        env_file=_FILE,
        dotenv_filtering="only_existing",  # other programs share it; load() finds unknown AI_ keys
        extra="forbid",
        frozen=True,
        env_ignore_empty=True,
        use_attribute_docstrings=True,
    )

    host: str = "127.0.0.1"
    """Address the web adapter listens on."""
    port: int = Field(default=8001, ge=0, le=65535)
    """Its port; 0 picks a free one."""
    public_url: str = ""
    """Where people reach the page, when a proxy stands in front: https://bot.example.org"""
    trusted_proxies: Words = ()
    """Addresses whose X-Forwarded-For is believed."""
    auth_enabled: bool = True
    """false lets everybody on this machine in as admin; only on a loopback address."""
    rate_limit_enabled: bool = True
    """60 requests a minute for each person and key."""
    jwt_secret_key: SecretStr = SecretStr("")
    """At least 32 characters; made and kept in the data directory when it is not set."""
    admin_password: SecretStr = SecretStr("")
    """Password of the first user, admin; made and printed once when it is not set."""
    data_dir: Path = Path("data")
    """Where the bot keeps its database and secrets."""
    database_url: str = ""
    """A path or sqlite:///path; by default orchestrator.db in the data directory."""
    mode: Literal["read_only", "supervised", "autonomous"] = "supervised"
    """What the agent may do without asking: read_only, supervised or autonomous."""
    models: Words = ("qwen2.5-coder:32b", "qwen3", "deepseek-r1", "llama3.2-vision:11b")
    """Models for "auto", best first; vision: code: chat: summary: before one keep it for that."""
    embed_model: str = "nomic-embed-text"
    """The model that finds memories by their meaning; another one means they are indexed anew."""
    ollama_url: Words = ("http://127.0.0.1:11434",)
    """Where Ollama listens; of several the one with the least to do is asked."""
    ollama_api_key: SecretStr = SecretStr("")
    """Bearer token for an Ollama that wants one."""
    model_concurrency: int = Field(default=4, ge=1, le=1024)
    """Questions each Ollama is asked at once; others wait, those of people before learning."""
    hosts_file: Path | None = None
    """hosts.toml: machines reached over SSH, see docs/HOSTS.md; re-read when it changes."""
    chroma_url: str = ""
    """A Chroma server for the index of memories: http://127.0.0.1:8000; by default in process."""
    learning: Literal["auto", "review", "off"] = "auto"
    """What the bot learns from a run: auto, review (a person accepts it first) or off."""
    default_host: str = "local"
    """The host tools act on when a call names none."""
    roles_file: Path | None = None
    """roles.toml: who may do what; re-read when it changes."""
    policy_file: Path | None = None
    """policy.toml: what commands run unasked, and which always ask, below what is never done."""
    files_roots: Words = ()
    """What file tools may touch: read:/,write:/srv/app; by default read:/,write:<data>/files."""
    tools_dir: Path | None = None
    """Your own tools, live within 2 s of a change; by default tools in the data directory."""
    runbooks_dir: Path | None = None
    """Your own runbooks, live within 2 s of a change; by default runbooks in the data directory."""
    runbook_directories: Words = ()
    """Where runbooks may delete old files: /srv/app/logs,/var/log/app; see docs/RUNBOOKS.md."""
    ops_channel: str = "web"
    """Where incidents are told: slack:C…, discord:<channel id>, or only the page."""
    checks_file: Path | None = None
    """checks.toml: what counts as bad, for all hosts, groups or one; re-read when it changes."""
    checks_dir: Path | None = None
    """Your own checks, live within 2 s of a change; by default checks in the data directory."""
    slack_bot_token: SecretStr = SecretStr("")
    """xoxb-…; with it the bot is in Slack, see docs/SLACK.md."""
    slack_app_token: SecretStr = SecretStr("")
    """xapp-…, with the scope connections:write."""
    slack_api_url: str = "https://slack.com/api/"
    """Where Slack's API is; another one for a proxy, or for a workspace to try things in."""
    discord_token: SecretStr = SecretStr("")
    """The bot's token; with it the bot is in Discord, see docs/DISCORD.md."""
    discord_home_guild: str = Field(default="", pattern=r"^\d*$")
    """Id of the one guild whose members may talk to the bot, also in direct messages."""
    discord_api_url: str = "https://discord.com/api/v10"
    """Where Discord's API is; another one for a proxy, or for a guild to try things in."""
    discord_gateway_url: str = "wss://gateway.discord.gg/"
    """Where its gateway is."""
    catch_up_age: float = Field(default=900, ge=0, le=86_400)
    """Seconds after which a message that was written while the bot was away is not acted on."""
    thoughts: Literal["replies", "card", "off"] = "replies"
    """How the bot shows in chats what it does: replies in the thread, one card, or nothing."""
    approval_ttl: float = Field(default=600, ge=10, le=86_400)
    """Seconds an approval stays open."""
    two_person: bool = False
    """Nobody may approve what they asked for or edited themselves."""
    tokens_per_day: int = Field(default=0, ge=0)
    """Tokens of models one person may use a day (UTC) before an admin is asked; 0: no limit."""
    tokens_per_day_all: int = Field(default=0, ge=0)
    """The same for all people together."""
    log_format: Literal["text", "json"] = "text"
    """How the log is written: text for people, json for programs."""

    @field_validator(
        "trusted_proxies",
        "models",
        "ollama_url",
        "files_roots",
        "runbook_directories",
        mode="before",
    )
    @classmethod
    def _split(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(word.strip() for word in value.split(",") if word.strip())
        return value

    @field_validator("jwt_secret_key")
    @classmethod
    def _long_enough(cls, value: SecretStr) -> SecretStr:
        if value and len(value.get_secret_value()) < 32:
            raise ValueError("is shorter than 32 characters; make one with: openssl rand -hex 32")
        return value

    @field_validator("chroma_url", "public_url", "slack_api_url", "discord_api_url")
    @classmethod
    def _address(cls, value: str) -> str:
        return _sound_address(value) if value else value

    @field_validator("ollama_url")
    @classmethod
    def _addresses(cls, values: tuple[str, ...]) -> tuple[str, ...]:
        if not values:
            raise ValueError("must be an address such as http://127.0.0.1:11434")
        return tuple(dict.fromkeys(map(_sound_address, values)))

    @field_validator("discord_gateway_url")
    @classmethod
    def _socket(cls, value: str) -> str:
        parts = urlsplit(value)
        if parts.scheme not in ("ws", "wss") or not parts.hostname or parts.port == 0:
            raise ValueError("must be an address such as wss://gateway.discord.gg/")
        return value

    @field_validator("slack_api_url")
    @classmethod
    def _closed(cls, value: str) -> str:
        return f"{value.rstrip('/')}/"  # what the official client expects

    @field_validator("database_url")
    @classmethod
    def _sqlite(cls, value: str) -> str:
        if "://" in value and not value.startswith("sqlite:///"):
            raise ValueError("must be a path or sqlite:///path; other databases are not built yet")
        return value.removeprefix("sqlite:///")

    @field_validator("ops_channel")
    @classmethod
    def _a_place(cls, value: str) -> str:
        if not re.fullmatch(r"web|slack:[CG][A-Z0-9]+|discord:\d+", value):
            raise ValueError("must be slack:C…, discord:<channel id> or web")
        return value

    @model_validator(mode="after")
    def _open_only_at_home(self) -> "Settings":
        if not self.auth_enabled and not _loopback(self.host):
            raise ValueError("AI_AUTH_ENABLED=false needs AI_HOST on a loopback address")
        return self

    @property
    def database(self) -> Path:
        return Path(self.database_url) if self.database_url else self.data_dir / "orchestrator.db"

    @property
    def plugins(self) -> Path:
        return self.tools_dir or self.data_dir / "tools"

    @property
    def runbooks(self) -> Path:
        return self.runbooks_dir or self.data_dir / "runbooks"

    @property
    def checks(self) -> Path:
        return self.checks_dir or self.data_dir / "checks"


def load() -> Settings:
    """Raises BadSettings with one line per problem."""
    try:
        problems = [*_misnamed("the environment", os.environ)]  # noqa: TID251 - this is Settings
        problems += _misnamed(_FILE, dotenv_values(_FILE))
    except (OSError, UnicodeDecodeError) as problem:
        raise BadSettings(f"{_FILE} cannot be read ({problem}): it must be a text file") from None
    try:
        settings = Settings()
    except ValidationError as error:
        problems += map(_line, error.errors())
        raise BadSettings("\n".join(problems)) from None
    if problems:
        raise BadSettings("\n".join(problems))
    return settings


def secrets(settings: Settings) -> Mapping[str, str]:
    """Setting → value of those that must not be shown."""
    return {
        _variable(name): value.get_secret_value()
        for name, value in settings
        if isinstance(value, SecretStr) and value
    }


def _sound_address(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.port == 0:
        raise ValueError("must be an address such as http://127.0.0.1:11434")
    return value.rstrip("/")


def _variable(field: str) -> str:
    return f"{_PREFIX}{field.upper()}"


def _misnamed(place: str, given: Mapping[str, str | None]) -> Iterator[str]:
    known = [_variable(name) for name in Settings.model_fields]
    for name in sorted(given):
        if name.upper().startswith(_PREFIX) and name.upper() not in known:
            near = get_close_matches(name.upper(), known, 1)
            hint = f"did you mean {near[0]}?" if near else "remove it"
            yield f"{name} in {place} is no setting: {hint}"


def _line(error: ErrorDetails) -> str:
    text = error["msg"].removeprefix("Value error, ")
    if not error["loc"]:
        return text
    field = str(error["loc"][0])
    secret = Settings.model_fields[field].annotation is SecretStr
    given = "" if secret else f" (it is {error['input']!r})"
    return f"{_variable(field)}: {text}{given}"


def _loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
