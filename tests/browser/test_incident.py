"""An incident on the page: how it stands, what became of it, and what a person can do."""

from pathlib import Path

import aiohttp
import pytest
from playwright.async_api import Page, expect

from tests.browser.frames import Frame, replied, started
from tests.fakes.page_server import PageServer
from tests.healing_page import HOSTILE, alerted, attended

THREAD = "web::incidents:K7QD2MX"
AT = 1_764_320_000.0
OPENED: Frame = {
    "type": "incident_changed",
    "incident": "K7QD2MX",
    "state": "open",
    "text": f"opened: {HOSTILE}",
    "by": "",
    "title": f"/srv is full on web1 {HOSTILE}",
    "host": "web1",
    "severity": "critical",
    "since": AT,
    "facts": [["check", "disks"], ["host", "web1"], ["value", "93 %"], ["target", HOSTILE]],
    "details": f"the largest:\n{HOSTILE}",
    "series": [[AT + 60 * n, 60 + n] for n in range(34)],
    "limit": 90,
    "unit": "%",
    "runbook": "free-disk(path=/srv), says the check",
    "notify": [],
    "quiet": False,
}
ANSWERED = {
    "Acknowledge": ("ack", "K7QD2MX"),
    "Silence 1 h": ("silence", "K7QD2MX 1h"),
    "Silence 24 h": ("silence", "K7QD2MX 24h"),
    "Repair now": ("repair", "K7QD2MX"),
    "Escalate": ("escalate", "K7QD2MX"),
    "Why?": ("why", "K7QD2MX"),
}


async def show(tab: Page, server: PageServer, *frames: Frame) -> None:
    await server.play(*frames, thread=THREAD)
    await tab.goto(f"{server.url}/#/{THREAD}")
    await expect(tab.locator(".incident")).to_be_visible(timeout=30_000)


async def test_what_is_known(tab: Page, server: PageServer) -> None:
    """State, title, facts, details, the plot with its limit, the suggestion and the history; all of
    it is text, and what cannot be seen is spelled out. Nothing runs in it."""
    await show(tab, server, OPENED)
    card = tab.locator(".incident")

    await expect(card.locator(".badge")).to_have_text("open")
    await expect(card.locator(".card-title")).to_contain_text(
        "/srv is full on web1 Full⟨U+202E⟩<img"
    )
    await expect(card.locator(".facts")).to_contain_text("93 %")
    await expect(card.locator(".facts")).to_contain_text("free-disk(path=/srv), says the check")
    await expect(card.locator("pre")).to_contain_text("Full⟨U+202E⟩<img src=x")
    await expect(card.locator(".plot-line")).to_have_count(1)
    await expect(card.locator(".plot-limit-text")).to_have_text("limit: 90%")
    await expect(card.locator(".history li")).to_have_count(1)
    await expect(card.locator("img")).to_have_count(0)
    await expect(tab.get_by_role("button", name="Stop")).to_be_hidden()
    await expect(tab.locator(".typing")).to_have_count(0)
    assert await tab.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize("label", ANSWERED)
async def test_a_button_is_a_command(tab: Page, server: PageServer, label: str) -> None:
    """It names the incident, and what the bot says of it is shown."""
    await show(tab, server, OPENED)
    await tab.get_by_role("button", name=label).click()
    await expect(tab.locator("#timeline > .note")).to_contain_text("All is well")
    await expect(tab.get_by_role("button", name=label)).to_be_enabled()

    command, text = ANSWERED[label]
    assert [(command, {"text": text, "thread": THREAD})] == server.commanded


async def test_it_changes_while_one_looks(tab: Page, server: PageServer) -> None:
    """Each event is a line of the history, with the newest state above; a refusal is shown; who
    takes care need not say so again; in the end there is nothing left to click."""
    await show(tab, server, OPENED)
    await server.followed(THREAD)
    server.refusal = "K7QD2MX is taken care of by bob already"
    await tab.get_by_role("button", name="Acknowledge").click()
    await expect(tab.locator("#timeline > .note-bad")).to_contain_text(server.refusal)
    taken = {**OPENED, "state": "acknowledged", "text": "bob takes care of it"}
    await server.play({**taken, "facts": [["owner", "bob"]]}, thread=THREAD)
    card = tab.locator(".incident")
    await expect(card.locator(".badge")).to_have_text("acknowledged")
    await expect(card.get_by_role("button", name="Acknowledge")).to_have_count(0)

    await server.play(
        {**OPENED, "state": "resolved", "text": "resolved after 5 min"}, thread=THREAD
    )
    await expect(card.locator(".badge")).to_have_text("resolved")
    await expect(card.locator("button")).to_have_count(0)
    await expect(card.locator(".history li")).to_have_count(3)
    await expect(tab.locator(".incident")).to_have_count(1)


async def test_a_diagnosis_in_the_same_thread(tab: Page, server: PageServer) -> None:
    """Runs of the thread work as in any other, below the incident."""
    await show(tab, server, OPENED)
    await server.followed(THREAD)
    for frame in (started("why is /srv full?"), replied("I look.")):
        fields = {name: value for name, value in frame.items() if name != "type"}
        await server.record(THREAD, frame["type"], run="run2", **fields)

    await expect(tab.locator(".message-text")).to_have_text("why is /srv full?")
    await expect(tab.get_by_role("button", name="Stop")).to_be_visible()


async def test_who_may_only_look(tab: Page, server: PageServer) -> None:
    """A viewer who takes part gets no buttons."""
    server.role = "viewer"
    await show(tab, server, OPENED)

    await expect(tab.locator(".incident button")).to_have_count(0)


async def test_an_alert_on_the_page(tab: Page, tmp_path: Path) -> None:
    """With the real healer: an alert comes in, its thread is listed with its state, and who
    acknowledges it on the page takes care of it."""
    async with attended(tmp_path, auth_enabled=False) as site:
        async with aiohttp.ClientSession(site.url) as http:
            await http.post("/api/alerts", json=alerted())
        await tab.goto(site.url)
        listed = tab.locator("#threads .thread", has_text="DiskFull")
        await expect(listed.locator(".badge")).to_have_text("open", timeout=30_000)
        await listed.click()
        await expect(tab.locator(".incident pre")).to_contain_text("93 % of /srv is used")
        await tab.get_by_role("button", name="Why?").click()
        await expect(tab.locator("#timeline > .note")).to_contain_text("DiskFull")
        await tab.get_by_role("button", name="Acknowledge").click()

        await expect(tab.locator(".incident .badge")).to_have_text("acknowledged")
        await expect(listed.locator(".badge")).to_have_text("acknowledged")
        await expect(tab.locator(".history li").last).to_contain_text("takes care of it")
