"""Alerts of other programs, and what programs read of the incidents."""

from io import BytesIO
from pathlib import Path
from typing import Any

import aiohttp

from adapters.web.limits import Limits
from bot.chat import Role
from bot.command import Caller, command
from tests.fakes.bot import FakeBot
from tests.healing_page import Site, alerted, attended
from tests.web.site import serving


@command(role=Role.OPERATOR)
async def alerts(caller: Caller, payload: dict[str, Any]) -> str:
    """Take in alerts."""
    return f"{caller.user.key} {len(payload)}"


def knowing() -> FakeBot:
    bot = FakeBot()
    bot.installed = (alerts,)
    return bot


async def asked(
    site: Site, method: str, path: str, name: str, body: Any = None
) -> tuple[int, dict[str, Any]]:
    async with (
        aiohttp.ClientSession(site.url, headers=site.bearer(name)) as http,
        http.request(method, path, json=body) as response,
    ):
        return response.status, await response.json()


async def test_alerts_become_incidents(tmp_path: Path) -> None:
    """What Alertmanager sends opens one incident for each alert, the second time none; programs
    read how each stands, newest first, until it is resolved and after that."""
    async with attended(tmp_path) as site:
        first = await asked(site, "POST", "/api/alerts", "bob", alerted())
        second = await asked(site, "POST", "/api/alerts", "bob", alerted())
        _, listed = await asked(site, "GET", "/api/incidents", "bob")
        [one] = [each for each in listed["incidents"] if each["severity"] == "critical"]
        await site.ward.command("ack", one["id"])
        _, owned = await asked(site, "GET", "/api/incidents", "bob")
        _, threads = await asked(site, "GET", "/api/threads", "bob")
        third = await asked(site, "POST", "/api/alerts", "bob", alerted("resolved"))
        _, ended = await asked(site, "GET", "/api/incidents", "bob")

    assert first == (200, {"text": "2 opened, 0 resolved, 0 known"})
    assert second == (200, {"text": "0 opened, 0 resolved, 2 known"})
    assert third == (200, {"text": "0 opened, 2 resolved, 0 known"})
    assert len(listed["incidents"]) == 2
    assert (one["state"], one["host"], one["check"]) == ("open", "web1", "alert")
    assert (one["owner"], one["closed"], one["thread"]) == ("", None, f"web::incidents:{one['id']}")
    assert one["title"].startswith("DiskFull: Full")
    assert one["opened"] == site.ward.clock[0]
    [mine] = [each for each in owned["incidents"] if each["id"] == one["id"]]
    assert (mine["state"], mine["owner"]) == ("acknowledged", "Ann")
    states = {each["id"]: each["incident"] for each in threads["threads"]}
    assert states[one["thread"]] == "acknowledged"
    assert all(each["state"] == "resolved" and each["closed"] for each in ended["incidents"])


async def test_only_operators(tmp_path: Path) -> None:
    """A viewer can neither raise an alert nor read the incidents."""
    async with attended(tmp_path) as site:
        told, _ = await asked(site, "POST", "/api/alerts", "vic", alerted())
        read, _ = await asked(site, "GET", "/api/incidents", "vic")
        unknown, _ = await asked(site, "POST", "/api/alerts", "nobody", alerted())

    assert (told, read, unknown) == (403, 403, 401)


async def test_alerts_have_a_limit_of_their_own(tmp_path: Path) -> None:
    """They are not among a program's requests, nor those among them; who is not let in is counted
    as everywhere."""
    limits = Limits(requests=2, alerts=4)
    async with serving(
        tmp_path, bot=knowing(), limits=limits, rate_limit_enabled=True, trusted_proxies=[]
    ) as site:
        told = [(await site.post("/api/alerts", {}, "op"))[0] for _ in range(5)]
        read = [(await site.get("/api/me", "op"))[0] for _ in range(3)]
        strange: list[int] = []
        for _ in range(3):
            async with site.http.post("/api/alerts", json={}) as response:
                strange.append(response.status)

    assert told == [200, 200, 200, 200, 429]
    assert read == [200, 200, 429]
    assert strange == [401, 401, 429]


async def test_a_delivery_may_hold_a_mebibyte(tmp_path: Path) -> None:
    """More is refused, and so is what is no object."""
    async with serving(tmp_path, bot=knowing()) as site:
        large = await site.post("/api/alerts", {"alerts": "x" * 1_000_000})
        listed = await site.post("/api/alerts", [])
        larger = BytesIO(b'{"alerts": "' + b"x" * 1_100_000 + b'"}')
        headers = {**site.bearer(), "Content-Type": "application/json"}
        async with site.http.post("/api/alerts", data=larger, headers=headers) as response:
            refused = response.status, (await response.json())["detail"]

    assert large == (200, {"text": "alerts done"})
    assert refused == (413, "the body is larger than 1024 KiB")
    assert (listed[0], listed[1]["detail"]) == (
        422,
        "send a JSON object, as Alertmanager and Grafana do",
    )
    [(name, args, call)] = site.bot.commanded
    assert (name, call.user.id, call.thread.thread) == ("alerts", "admin", "")
    assert args == {"payload": {"alerts": "x" * 1_000_000}}
