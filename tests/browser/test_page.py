"""The page around the runs: logging in, writing, following, and saying what is wrong."""

import asyncio

import pytest
from playwright.async_api import Page, Route, expect

from tests.browser.frames import Frame, begun, call, delta, ended, replied, started
from tests.fakes.page_server import PageServer

LISTED = {
    "id": "t",
    "title": "how full?",
    "updated": "2026-01-05T10:00:00+00:00",
    "status": "done",
    "waiting": False,
}


async def test_login_and_logout(tab: Page, server: PageServer) -> None:
    """A wrong password is said; a reload needs no password; after a log-out it is asked again."""
    server.auth_enabled = True
    await tab.goto(server.url)
    await tab.get_by_label("User name").fill("ann")
    await tab.get_by_label("Password").fill("wrong")
    await tab.keyboard.press("Enter")
    await expect(tab.locator("#login-problem")).to_have_text("Wrong user name or password.")

    await tab.get_by_label("Password").fill("right")
    await tab.keyboard.press("Enter")
    await expect(tab.locator("#who")).to_have_text("ann · admin")
    await tab.reload()
    await expect(tab.locator("#who")).to_have_text("ann · admin")
    assert "{}" == await tab.evaluate("JSON.stringify(localStorage)")

    await tab.get_by_role("button", name="Log out").click()
    await expect(tab.get_by_label("User name")).to_be_focused()


async def test_ask_and_watch(tab: Page, server: PageServer) -> None:
    """A new conversation gets its address; thoughts and output stream; the answer stays."""
    await tab.goto(server.url)
    await tab.get_by_label("Message").fill("how full?")
    await tab.keyboard.press("Enter")
    await expect(tab.locator(".message-text")).to_have_text("how full?")
    assert tab.url.endswith("#/newthread")
    assert [{"message": "how full?", "model": "auto", "wait": False}] == server.said
    await expect(tab.get_by_label("Message")).to_have_value("")

    looked = call("c1", "disk_usage")
    await server.followed("newthread")
    await server.play(delta(0, 0, "Let me see", "thinking"), thread="newthread")
    await expect(tab.locator(".thinking-text")).to_have_text("Let me see")
    await server.play(replied("", looked, thinking="Let me see."), thread="newthread")
    output = {"type": "tool_output", "call": "c1", "offset": 0, "text": "/ 31 %", "live": True}
    await server.play(begun(looked), output, thread="newthread")
    await expect(tab.locator(".call .badge")).to_have_text("running")
    await expect(tab.locator(".output")).to_have_text("/ 31 %")
    done = {"type": "run_finished", "text": "It is **31 %**."}
    await server.play(ended("c1", output="/ 31 %"), done, thread="newthread")
    await expect(tab.locator(".answer strong")).to_have_text("31 %")
    await expect(tab.get_by_role("button", name="Stop")).to_be_hidden()


async def test_stop(tab: Page, server: PageServer) -> None:
    """The button is there while a run is active and names that run."""
    await server.play(started("x"))
    await tab.goto(f"{server.url}/#/t")
    await tab.get_by_role("button", name="Stop").click()
    stopped: Frame = {"type": "run_stopped", "by": "ann", "ran": [], "unknown": []}
    await server.followed("t")
    await server.play(stopped)

    await expect(tab.locator("#timeline .note")).to_have_text(
        "Stopped by ann. Nothing had been changed."
    )
    assert ["run1"] == server.stopped


async def test_a_failed_send_keeps_the_text(tab: Page, server: PageServer) -> None:
    """The reason is the server's own line; the draft outlives a reload and stays in its thread."""
    server.refusal = "The model llava is not installed. Installed: qwen3."
    server.listed = [LISTED]
    await server.play(started("x"))
    await tab.goto(server.url)
    await tab.get_by_label("Message").fill("two\nlines")
    await tab.get_by_role("button", name="Send").click()
    await expect(tab.locator("[data-problem]")).to_have_text(server.refusal)
    await tab.reload()
    await expect(tab.get_by_label("Message")).to_have_value("two\nlines")

    await tab.get_by_role("link", name="how full?").click()
    await expect(tab.get_by_label("Message")).to_have_value("")


async def test_it_goes_on_after_a_lost_connection(tab: Page, server: PageServer) -> None:
    """The page reconnects with a fresh ticket and gets what it missed, once."""
    await server.play(started("x"))
    await tab.goto(f"{server.url}/#/t")
    await server.followed("t")
    await server.drop_sockets()
    await expect(tab.locator("#connection")).to_contain_text("connection lost")
    await server.play(replied("first"), {"type": "run_finished", "text": "missed"})

    await expect(tab.locator(".answer")).to_have_text("missed")
    await expect(tab.locator("#connection")).to_have_text("")
    assert 1 == await tab.locator(".message").count()


async def test_commands(tab: Page, server: PageServer) -> None:
    """``!x`` and a known ``/x`` are commands; a path is a message."""
    await tab.goto(server.url)
    box = tab.get_by_label("Message")
    await box.fill("/stat")
    await expect(tab.locator("[data-hint]")).to_have_text("status: How the bot is.")
    await box.fill("/status now")
    await box.press("Enter")
    await expect(tab.locator(".note pre")).to_have_text("All is well. now")
    await box.fill("!nonsense")
    await box.press("Enter")
    await expect(tab.locator("[data-problem]")).to_have_text("There is no command nonsense.")
    await box.fill("/etc is full")
    await box.press("Enter")

    await expect(tab.locator(".message-text")).to_have_text("/etc is full")


async def test_a_command_typed_before_commands_are_known(tab: Page, server: PageServer) -> None:
    """Somebody who types faster than the page loads gets the hint as soon as it can be given."""
    typed = asyncio.Event()

    async def late(route: Route) -> None:
        await typed.wait()
        await route.continue_()

    await tab.route("**/api/commands", late)
    await tab.goto(server.url)
    await tab.get_by_label("Message").fill("/stat")
    typed.set()

    await expect(tab.locator("[data-hint]")).to_have_text("status: How the bot is.")


async def test_what_everybody_must_know(tab: Page, server: PageServer) -> None:
    """No model and no login are said on top, in plain words."""
    server.model = {"reachable": False, "detail": "connection refused"}
    await tab.goto(server.url)

    said = await tab.locator("#banners .banner").all_inner_texts()
    assert [
        "No model is reachable: connection refused."
        " I map plain requests to one tool and do not reason.",
        "Login is off: everybody on this machine is admin.",
    ] == said
    await expect(tab.locator("#mode")).to_have_text("supervised")


async def test_the_list_of_conversations(tab: Page, server: PageServer) -> None:
    """Each has its state in words; the list survives a reload; an unknown address says so."""
    server.listed = [LISTED, {**LISTED, "id": "slack:T:C:1", "title": "deploy", "waiting": True}]
    await server.play(started("x"))
    await tab.goto(f"{server.url}/#/t")
    rows = tab.locator("#threads li")
    await expect(rows).to_have_count(2)
    await tab.reload()
    await expect(rows.nth(0).get_by_role("link")).to_have_attribute("aria-current", "page")
    await expect(rows.nth(1)).to_contain_text("waits for approval")

    await rows.nth(1).get_by_role("link").click()
    await expect(tab.locator("#missing")).to_contain_text("There is no such conversation.")


@pytest.mark.parametrize("address", ["nosuch-thread", "empty", "%E0%A4%A", "a%20b"])
async def test_an_address_that_leads_nowhere(tab: Page, server: PageServer, address: str) -> None:
    """Said in words, whether it is unknown, without a run yet or no address at all; one click
    begins a conversation."""
    server.threads["empty"] = []
    await tab.goto(f"{server.url}/#/{address}")
    await expect(tab.locator("#missing")).to_contain_text("There is no such conversation.")
    await tab.get_by_role("link", name="Start a new conversation").click()

    await expect(tab.locator("#welcome")).to_be_visible()
    await expect(tab.locator("#missing")).to_be_hidden()


async def test_a_conversation_may_be_begun_by_its_address(tab: Page, server: PageServer) -> None:
    """What is written there appears, and nothing says any longer that there is none."""
    server.threads["empty"] = []
    await tab.goto(f"{server.url}/#/empty")
    await expect(tab.locator("#missing")).to_be_visible()
    await server.followed("empty")
    await tab.get_by_label("Message").fill("hello")
    await tab.keyboard.press("Enter")

    await expect(tab.locator(".message-text")).to_have_text("hello")
    await expect(tab.locator("#missing")).to_be_hidden()


@pytest.mark.parametrize("width", [390, 1280])
async def test_nothing_hangs_over_the_edge(tab: Page, server: PageServer, width: int) -> None:
    """The page itself never scrolls, whatever its content; on a phone the list is a drawer."""
    await tab.set_viewport_size({"width": width, "height": 700})
    server.listed = [LISTED]
    wide = call("c1", command="x" * 500, host="web1")
    table = {"columns": ["a"] * 20, "rows": [["wide cell"] * 20] * 50}
    answer = {"type": "run_finished", "text": f"{'y' * 500}\n\n```\n{'z' * 500}\n```"}
    await server.play(
        started("w" * 500), replied("", wide), begun(wide), ended("c1", table=table), answer
    )
    await tab.goto(f"{server.url}/#/t")
    await expect(tab.locator(".answer")).to_be_visible()

    page = "[document.scrollingElement.scrollWidth, document.scrollingElement.scrollHeight]"
    assert [width, 700] == await tab.evaluate(page)
    middle = "(e) => e.scrollWidth <= e.clientWidth"
    assert await tab.locator("#scroll").evaluate(middle)
    if width == 390:
        await expect(tab.locator("#threads")).not_to_be_in_viewport()
        await tab.get_by_role("button", name="Conversations").click()
        await expect(tab.locator("#threads")).to_be_in_viewport()
        await tab.keyboard.press("Escape")
        await expect(tab.get_by_role("button", name="Conversations")).to_be_focused()


async def test_what_a_person_opened_stays_open(tab: Page, server: PageServer) -> None:
    """New events change what they concern, not the folds a person opened nor the text they type."""
    calls = [call("c1", "read_file", path="/etc/hosts"), call("c2", "read_file", path="/x")]
    begin = [begun(one) for one in calls]
    await server.play(started("x"), replied("", *calls), *begin, ended("c1", output="127.0.0.1"))
    await tab.goto(f"{server.url}/#/t")
    first = tab.locator(".call").first
    await first.locator(".call-head").click()
    await expect(first.locator(".output")).to_be_visible()
    await server.followed("t")
    await server.play(ended("c2", output="x"), delta(1, 0, "More"), replied("More"))

    await expect(tab.locator(".step").nth(1)).to_have_text("More")
    await expect(first.locator(".output")).to_be_visible()
