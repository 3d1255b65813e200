"""What people think of an answer: said with a click, changed with another, kept after a reload."""

from playwright.async_api import Page, expect

from tests.browser.frames import replied, started
from tests.fakes.page_server import PageServer


async def answered(tab: Page, server: PageServer) -> None:
    done = {"type": "run_finished", "text": "The disk is **31 %** full."}
    await server.play(started("how full is the disk?"), replied("It is 31 %."), done)
    await tab.goto(f"{server.url}/#/t")
    await expect(tab.locator(".answer")).to_be_visible()


async def test_a_click_says_what_one_thinks_of_an_answer(tab: Page, server: PageServer) -> None:
    """The last word counts; it is still there after a reload."""
    await answered(tab, server)
    good = tab.get_by_role("button", name="Good answer")
    bad = tab.get_by_role("button", name="Bad answer")
    await expect(good).to_have_attribute("aria-pressed", "false")

    await bad.click()
    await expect(bad).to_have_attribute("aria-pressed", "true")
    await good.click()
    await expect(good).to_have_attribute("aria-pressed", "true")
    await expect(bad).to_have_attribute("aria-pressed", "false")
    await tab.reload()
    await expect(good).to_have_attribute("aria-pressed", "true")

    assert {"run1": {"web:ann": "good"}} == server.feedback


async def test_what_others_said_is_shown_with_their_names(tab: Page, server: PageServer) -> None:
    """Whoever sees the answer sees who called it good or bad."""
    server.feedback["run1"] = {"web:bob": "bad", "slack:U1": "good"}
    await answered(tab, server)

    await expect(tab.get_by_role("group", name="Feedback")).to_contain_text(
        "bob: bad, slack:U1: good"
    )
    assert await tab.get_by_role("button", pressed=True).count() == 0
