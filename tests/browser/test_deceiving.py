"""Text that tries to look like something else, or to cover what others wrote."""

import pytest
from playwright.async_api import Page, expect

from tests.browser.frames import begun, call, ended, replied, requested, started
from tests.fakes.page_server import PageServer

MARKS = "\u0300" * 400
LISTED = {
    "id": "t",
    "title": "rm \u202etxt.exe",
    "updated": "2026-01-05T10:00:00+00:00",
    "status": "done",
    "waiting": False,
}


@pytest.mark.parametrize(
    "answer",
    [
        "a{}",
        "- a{}",
        "## a{}",
        "> a{}",
        "| b | c |\n|---|---|\n| a{} | d |",
        "`a{}`",
        "```\na{}\n```",
    ],
)
async def test_piled_marks_cover_nothing_else(tab: Page, server: PageServer, answer: str) -> None:
    """The line above looks the same, whatever is piled on the letters below it."""
    pictures: list[bytes] = []
    for thread, marks in (("plain", ""), ("piled", MARKS)):
        end = {"type": "run_finished", "text": f"before\n\n{answer.format(marks)}"}
        await server.play(started("how full?"), end, thread=thread)
        await tab.goto(f"{server.url}/#/{thread}")
        await expect(tab.locator(".answer")).to_contain_text(f"a{marks}")
        above = tab.locator(".answer > p").first
        pictures.append(await above.screenshot(animations="disabled"))

    assert pictures[0] == pictures[1]


async def test_piled_marks_on_a_card_are_counted_out(tab: Page, server: PageServer) -> None:
    """In the text that is decided on, the marks beyond what a script needs are spelled out."""
    asked = call("c1", command=f"rm -rf /srv # a{MARKS}")
    await server.play(started("x"), replied("", asked), requested(asked))
    await tab.goto(f"{server.url}/#/t")

    spelled = "⟨U+0300⟩" * 396
    shown = f"rm -rf /srv # a{MARKS[:4]}{spelled}"
    assert shown == await tab.locator(".card .exact").inner_text()


async def test_titles_do_not_turn_round(tab: Page, server: PageServer) -> None:
    """In the list and above the conversation, what would reverse the text is spelled out."""
    server.listed = [LISTED]
    await server.play(started("x"))
    await tab.goto(f"{server.url}/#/t")

    await expect(tab.locator(".thread-title")).to_have_text("rm ⟨U+202E⟩txt.exe")
    await expect(tab.locator("#title")).to_have_text("rm ⟨U+202E⟩txt.exe")


async def test_a_long_name_leaves_the_other_columns_in_sight(tab: Page, server: PageServer) -> None:
    """A file name of 250 letters breaks; its size stands beside it; none can turn the row round."""
    listing = call("c1", "list_directory", path="/srv")
    table = {"columns": ["name", "size"], "rows": [["x" * 250, "4 KiB"], ["a\u202eb", "1 B"]]}
    done = ended("c1", table=table)
    await server.play(started("x"), replied("", listing), begun(listing), done)
    await tab.goto(f"{server.url}/#/t")

    box = tab.locator(".grid-box")
    await expect(box).to_be_visible()
    assert await box.evaluate("(e) => e.scrollWidth <= e.clientWidth")
    await expect(box.locator("td").nth(2)).to_have_text("a⟨U+202E⟩b")
