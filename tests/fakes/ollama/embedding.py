"""A small embedding model: the same text always gives the same vector, and texts that share words,
stems or meanings (a short list of synonyms) lie near each other."""

import json
import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from hashlib import blake2b
from math import sqrt
from typing import Any

DIMENSION = 384
_WORD = re.compile(r"[^\W_]+")
_PREFIX = re.compile(r"^(search_document|search_query): ")
_MEANINGS = (
    "database db postgres mysql sql datastore",
    "backup backups dump snapshot archive",
    "restart reboot bounce cycle",
    "disk storage volume filesystem space",
    "memory ram",
    "cpu processor load",
    "certificate tls ssl https cert",
    "password credentials secret login",
    "deploy deployment release rollout ship",
    "owner responsible contact team belongs runs maintains",
    "primary master leader main",
    "replica standby secondary follower slave",
    "network switch router cabling lan",
    "firewall iptables nftables ports",
    "mail smtp email postfix",
    "slow latency sluggish lag",
    "error failure broken crash fails failed outage down",
    "full exhausted filled",
    "log logs journal",
    "monitoring alerting alerts alert alarms metrics grafana prometheus",
    "website web webserver frontend nginx site page",
    "customer client buyer tenant",
    "order orders purchase purchases shop store webshop",
    "invoice invoices billing bill payment payments",
    "night nightly midnight overnight",
    "weekly week sunday",
    "kubernetes k8s cluster",
    "machine server host box node",
    "queue broker rabbitmq kafka messages",
    "cache redis memcached",
    "user person people employee staff",
    "language french german english",
    "answer reply respond",
    "schedule cron timer when scheduled time",
    "update upgrade patch patched patches",
    "printer printing print",
    "vpn wireguard tunnel remote",
    "dns nameserver resolver bind",
    "room building rack datacenter location where located",
    "version running installed",
)
_STEM = re.compile(r"(ing|ies|es|s|ed|ly)$")
_COMMON = frozenset(
    "a an and are as at be by do does for from has have how i in is it of on or our the to was we"
    " what which who will with you your".split()
)


@lru_cache(1)
def _meanings() -> Mapping[str, str]:
    return {_stem(word): group for group in _MEANINGS for word in group.split()}


def embed(text: str) -> list[float]:
    """A unit vector of DIMENSION numbers."""
    vector = [0.0] * DIMENSION
    for feature, weight in _features(_PREFIX.sub("", text)):
        for place, sign in _hashed(feature):
            vector[place] += sign * weight
    length = sqrt(sum(x * x for x in vector)) or 1.0
    return [x / length for x in vector]


def answer(body: bytes, dimension: int) -> tuple[int, Mapping[str, Any]]:
    """Status and JSON of ``/api/embed`` (https://docs.ollama.com/api/embed)."""
    asked = json.loads(body)
    given = asked.get("input", [])
    texts = [given] if isinstance(given, str) else given
    vectors = [(embed(text) * (dimension // DIMENSION + 1))[:dimension] for text in texts]
    return 200, {
        "model": asked["model"],
        "embeddings": vectors,
        "total_duration": 1,
        "load_duration": 1,
        "prompt_eval_count": sum(len(text) // 4 for text in texts),
    }


def _features(text: str) -> Iterator[tuple[str, float]]:
    for word in _WORD.findall(text.casefold()):
        if word in _COMMON:
            continue
        stem = _stem(word)
        # As real models do, it knows meanings well and tells names of one kind apart badly.
        if group := _meanings().get(stem):
            yield group, 1.5
            yield stem, 0.5
        elif any(letter.isdigit() for letter in word):
            yield "number", 0.3
        else:
            yield stem, 1.0


def _stem(word: str) -> str:
    return _STEM.sub("", word) if len(word) > 4 else word


@lru_cache(65_536)
def _hashed(feature: str) -> tuple[tuple[int, int], ...]:
    """Several places, so that no two features meet in all of them."""
    digest = blake2b(feature.encode(), digest_size=15).digest()
    parts = [digest[at : at + 3] for at in range(0, 15, 3)]
    return tuple((int.from_bytes(p[:2]) % DIMENSION, 1 if p[2] & 1 else -1) for p in parts)
