"""Names for things: short, unique, and in the order they were made."""

import secrets
from base64 import b32encode, b32hexencode
from time import time_ns


def new_id(nanoseconds: int = 0) -> str:
    """16 characters of [0-9a-v]: 48 bits of milliseconds, then 32 random ones.

    They sort by creation (now, or *nanoseconds* since the epoch): the runs of a thread are taken in
    this order."""
    milliseconds = ((nanoseconds or time_ns()) // 1_000_000).to_bytes(6, "big")
    return b32hexencode(milliseconds + secrets.token_bytes(4)).decode().lower()


def typeable_id() -> str:
    """7 characters of [A-Z2-7]: 35 random bits that a person can type."""
    return b32encode(secrets.token_bytes(5)).decode()[:7]
