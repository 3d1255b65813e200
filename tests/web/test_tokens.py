"""Access tokens that are none of ours, not what they claim, or over."""

import base64
import json
from collections.abc import Callable
from time import time
from typing import Any

import jwt
import pytest

from adapters.web.tokens import AccessTokens, Principal, Tickets, Unauthenticated
from bot.chat import User
from tests.web.site import SECRET, Site


def _claims(**changed: Any) -> dict[str, Any]:
    now = time()
    claims = {
        "iss": "ai-orchestrator",
        "aud": "ai-orchestrator-web",
        "sub": "admin",
        "jti": "x",
        "typ": "access",
        "sid": "",
        "iat": now,
        "nbf": now,
        "exp": now + 60,
    }
    return {k: v for k, v in {**claims, **changed}.items() if v is not None}


def _signed(**changed: Any) -> str:
    return jwt.encode(_claims(**changed), SECRET, algorithm="HS256")


def _unsigned() -> str:
    def part(value: object) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")

    return f"{part({'alg': 'none', 'typ': 'JWT'})}.{part(_claims())}."


FORGED: dict[str, Callable[[], str]] = {
    "alg none": _unsigned,
    "other key": lambda: jwt.encode(_claims(), "another secret of 32 characters!", "HS256"),
    "other algorithm": lambda: jwt.encode(_claims(), SECRET * 2, "HS512"),
    "expired": lambda: _signed(exp=time() - 31),
    "not yet": lambda: _signed(nbf=time() + 60),
    "other audience": lambda: _signed(aud="somebody else"),
    "other issuer": lambda: _signed(iss="somebody else"),
    "refresh used as access": lambda: _signed(typ="refresh"),
    "no typ": lambda: _signed(typ=None),
    "no jti": lambda: _signed(jti=None),
    "no exp": lambda: _signed(exp=None),
    "no sub": lambda: _signed(sub=None),
    "no such user": lambda: _signed(sub="nobody"),
    "from before the account": lambda: _signed(sub="late", iat=1.0),
    "garbage": lambda: "a.b.c",
    "empty": lambda: "",
    "ticket used as access": lambda: "tkt_x",
    "no such key": lambda: "bot_abcdefgh_" + "a" * 32,
}


@pytest.mark.parametrize("name", FORGED)
async def test_a_token_that_is_not_ours_is_nobody(site: Site, name: str) -> None:
    """Each is a 401 that says how to go on, never a 500."""
    await site.store.write(
        "INSERT INTO users VALUES ('late', 'x', 'admin', {now}, {now})",
    )
    headers = {"Authorization": f"Bearer {FORGED[name]()}"}

    async with site.http.get("/api/me", headers=headers) as response:
        body = await response.json()

    assert (response.status, body["status"]) == (401, 401)
    assert response.headers["WWW-Authenticate"] == "Bearer"


async def test_a_token_of_ours_is_accepted_within_the_leeway(site: Site) -> None:
    """The control for the test above: the same claims, in order, are let in."""
    headers = {"Authorization": f"Bearer {_signed(exp=time() - 5)}"}

    async with site.http.get("/api/me", headers=headers) as response:
        assert response.status == 200


def test_each_access_token_is_another() -> None:
    """Its id is random, so that one can be told from the next."""
    tokens = AccessTokens(SECRET)

    assert tokens.issue("a", "f") != tokens.issue("a", "f")


def test_a_ticket_works_once_for_its_page_and_for_30_seconds() -> None:
    """Single use, bound to the origin that asked, and short-lived."""
    now = 0.0
    tickets = Tickets(clock=lambda: now)
    alice = Principal(User("web", "alice"), "web:alice")
    page = "https://bot.example.org"

    used, foreign, old, plain = (tickets.issue(alice, o) for o in (page, page, page, ""))
    assert tickets.redeem(used, page) is alice
    assert tickets.redeem(plain, "") is alice
    for ticket, origin in ((used, page), (foreign, "https://evil.example"), ("tkt_x", "")):
        with pytest.raises(Unauthenticated):
            tickets.redeem(ticket, origin)
    now = 30.0
    with pytest.raises(Unauthenticated):
        tickets.redeem(old, page)
