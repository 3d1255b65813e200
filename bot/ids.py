"""Names for things: short, unique, and in the order they were made."""

import secrets
from base64 import b32encode
from time import time_ns


def new_id() -> str:
    """16 characters of [a-z2-7]: 48 bits of milliseconds, then 32 random ones.

    In order of creation, so that an index over them grows at its end."""
    milliseconds = (time_ns() // 1_000_000).to_bytes(6, "big")
    return b32encode(milliseconds + secrets.token_bytes(4)).decode().lower()


def typeable_id() -> str:
    """7 characters of [A-Z2-7]: 35 random bits that a person can type."""
    return b32encode(secrets.token_bytes(5)).decode()[:7]
