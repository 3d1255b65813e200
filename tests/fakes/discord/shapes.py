"""Discord's objects as JSON, with every key that discord.py reads."""

from datetime import UTC, datetime
from itertools import count
from time import time
from typing import Any

Shape = dict[str, Any]
BOT, GUILD, CHANNEL, TOKEN = "1000", "2000", "3000", "discord-token"
EVERYTHING = "1071698660929"
"""Permissions that interactions carry."""
_EPOCH = 1_420_070_400_000
_numbers = count(1)


def snowflake(at: float | None = None) -> str:
    """An id that holds its time; *at* in seconds since the epoch."""
    milliseconds = int((time() if at is None else at) * 1000)
    return str(((milliseconds - _EPOCH) << 22) | (next(_numbers) & 0x3FFFFF))


def now() -> str:
    return datetime.now(UTC).isoformat()


def user(id_: str, name: str, *, bot: bool = False) -> Shape:
    return {
        "id": id_, "username": name, "discriminator": "0", "global_name": name, "avatar": None,
        "bot": bot,
    }  # fmt: skip


def member(about: Shape, roles: list[str]) -> Shape:
    return {
        "user": about, "roles": roles, "joined_at": now(), "deaf": False, "mute": False,
        "flags": 0, "nick": None,
    }  # fmt: skip


def role(id_: str, name: str) -> Shape:
    return {
        "id": id_, "name": name, "color": 0, "hoist": False, "position": 0,
        "colors": {"primary_color": 0, "secondary_color": None, "tertiary_color": None},
        "permissions": EVERYTHING, "managed": False, "mentionable": False, "flags": 0,
    }  # fmt: skip


def text_channel(id_: str, name: str, guild: str = GUILD) -> Shape:
    return {
        "id": id_, "type": 0, "name": name, "position": 0, "guild_id": guild,
        "permission_overwrites": [], "last_message_id": None,
    }  # fmt: skip


def direct(id_: str, with_: Shape) -> Shape:
    return {"id": id_, "type": 1, "recipients": [with_], "last_message_id": None}


def thread(id_: str, parent: Shape, name: str, minutes: int) -> Shape:
    return {
        "id": id_, "type": 11, "name": name, "parent_id": parent["id"],
        "guild_id": parent["guild_id"], "owner_id": BOT, "message_count": 0, "member_count": 1,
        "total_message_sent": 0, "rate_limit_per_user": 0, "last_message_id": None, "flags": 0,
        "thread_metadata": {
            "archived": False, "locked": False, "auto_archive_duration": minutes,
            "archive_timestamp": now(), "create_timestamp": now(),
        },
    }  # fmt: skip


def guild(id_: str, members: list[Shape], channels: list[Shape], roles: list[Shape]) -> Shape:
    nothing = ("emojis", "stickers", "features", "presences", "voice_states", "stage_instances",
               "guild_scheduled_events", "soundboard_sounds")  # fmt: skip
    zero = ("verification_level", "default_message_notifications", "explicit_content_filter",
            "mfa_level", "nsfw_level", "premium_tier", "system_channel_flags")  # fmt: skip
    return {
        "id": id_, "name": f"guild {id_}", "owner_id": "1", "member_count": len(members),
        "large": False, "unavailable": False, "joined_at": now(), "roles": roles,
        "members": members, "preferred_locale": "en-US", "afk_timeout": 300,
        "channels": [c for c in channels if c["type"] == 0 and c["guild_id"] == id_],
        "threads": [
            c for c in channels
            if c["type"] == 11 and c["guild_id"] == id_ and not c["thread_metadata"]["archived"]
        ],
        **{name: [] for name in nothing}, **dict.fromkeys(zero, 0),
    }  # fmt: skip


def application(flags: int) -> Shape:
    return {
        "id": BOT, "name": "opsbot", "icon": None, "description": "", "summary": "",
        "bot_public": False, "bot_require_code_grant": False, "verify_key": "", "team": None,
        "owner": user("1", "owner"), "flags": flags,
    }  # fmt: skip
