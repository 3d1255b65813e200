"""The main job, through the page, with the real bot, real tools and a scripted model."""

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest_asyncio
from playwright.async_api import Page, expect

from tests.bot_process import PASSWORD, BotProcess, bot_process
from tests.fakes.ollama.server import FakeOllama

STEPS = 30_000
"""Milliseconds for a few steps of a run on a busy machine."""


@pytest_asyncio.fixture(loop_scope="session")
async def bot(tmp_path: Path) -> AsyncGenerator[BotProcess]:
    async with (
        FakeOllama(token_delay=0.02) as ollama,
        bot_process(tmp_path, ollama_url=ollama.url, models="qwen3") as running,
    ):
        yield running


@pytest_asyncio.fixture(loop_scope="session")
async def alone(tmp_path: Path) -> AsyncGenerator[BotProcess]:
    """A bot whose model cannot be reached: nobody listens on the discard port."""
    async with bot_process(tmp_path, ollama_url="http://127.0.0.1:9") as running:
        yield running


async def log_in(tab: Page, bot: BotProcess) -> None:
    await tab.goto(bot.url)
    await tab.get_by_label("User name").fill("admin")
    await tab.get_by_label("Password").fill(PASSWORD)
    await tab.keyboard.press("Enter")
    await expect(tab.locator("#who")).to_have_text("admin · admin")


async def ask(tab: Page, text: str) -> None:
    await tab.get_by_label("Message").fill(text)
    await tab.keyboard.press("Enter")
    await expect(tab.locator(".message-text").last).to_have_text(text)


async def approve(tab: Page) -> None:
    """However the policy judges the call: a dangerous one takes a second click."""
    sure = tab.get_by_role("button", name="Yes, run it")
    await tab.get_by_role("button", name="Approve", exact=True).click(timeout=STEPS)
    await expect(sure.or_(tab.locator(".card-closed")).first).to_be_visible()
    if await sure.count():
        await sure.click()


async def test_ask_think_look_approve_answer(tab: Page, bot: BotProcess, tmp_path: Path) -> None:
    """Thoughts stream, the disk is read at once, touching a file waits for a click, then the file
    is there and the answer is given; all of it is still there after a reload."""
    wanted = tmp_path / "wanted"
    await log_in(tab, bot)
    await ask(tab, f"show the disk usage, then list processes, then run touch {wanted}")

    await expect(tab.locator(".thinking[open]")).to_be_visible(timeout=STEPS)
    await expect(tab.locator(".card")).to_be_visible(timeout=STEPS)
    await expect(tab.locator(".call", has_text="disk_usage").locator(".grid-box")).to_be_visible()
    await expect(tab.locator(".card .exact")).to_have_text(f"touch {wanted}")
    await expect(tab.locator("#threads li .dot")).to_have_text("waits for approval")
    assert not wanted.exists()

    await approve(tab)
    await expect(tab.locator(".answer")).to_contain_text("Done.", timeout=STEPS)
    assert wanted.exists()
    await expect(tab.locator(".card-closed summary")).to_contain_text("Approved by admin at")
    await expect(tab.locator(".plan-ticked")).to_have_count(3)

    address = tab.url
    await tab.reload()
    await expect(tab.locator(".answer")).to_contain_text("Done.")
    await expect(tab.locator("#threads li .dot")).to_have_text("done")
    assert address == tab.url


async def test_deny(tab: Page, bot: BotProcess, tmp_path: Path) -> None:
    """Nothing runs, and the answer says so."""
    unwanted = tmp_path / "unwanted"
    await log_in(tab, bot)
    await ask(tab, f"run touch {unwanted}")
    await tab.get_by_role("button", name="Deny").click(timeout=STEPS)
    await tab.get_by_label("Reason").fill("not here")
    await tab.keyboard.press("Enter")

    await expect(tab.locator(".answer")).to_contain_text("I did not do all of it", timeout=STEPS)
    await expect(tab.locator(".card-closed summary")).to_contain_text("not here")
    assert not unwanted.exists()


async def test_edit(tab: Page, bot: BotProcess, tmp_path: Path) -> None:
    """What runs is what the person wrote, not what the model wrote."""
    first, second = tmp_path / "first", tmp_path / "second"
    await log_in(tab, bot)
    await ask(tab, f"run touch {first}")
    await tab.get_by_role("button", name="Edit").click(timeout=STEPS)
    await tab.get_by_label("command").fill(f"touch {second}")
    await tab.get_by_role("button", name="Save and approve").click()

    await approve_once_more_if_asked(tab)
    await expect(tab.locator(".answer")).to_be_visible(timeout=STEPS)
    assert (False, True) == (first.exists(), second.exists())


async def approve_once_more_if_asked(tab: Page) -> None:
    """An edited DANGER waits for one more click."""
    again = tab.locator(".card-title", has_text="Edited")
    await expect(again.or_(tab.locator(".answer")).first).to_be_visible(timeout=STEPS)
    if await again.count():
        await approve(tab)


async def test_stop(tab: Page, bot: BotProcess, tmp_path: Path) -> None:
    """A click ends the run and its process, and what had begun is named."""
    await log_in(tab, bot)
    await ask(tab, f"run touch {tmp_path}/begun; sleep 60")
    await approve(tab)
    await expect(tab.locator(".call .badge")).to_have_text("running", timeout=STEPS)
    await tab.get_by_role("button", name="Stop").click()

    await expect(tab.locator("#timeline .note").last).to_contain_text("Stopped by admin")
    await expect(tab.get_by_role("button", name="Stop")).to_be_hidden()


async def test_without_a_model(tab: Page, alone: BotProcess) -> None:
    """A plain request still runs one tool on the machine; the page says that nothing reasons."""
    await log_in(tab, alone)
    await expect(tab.locator("#banners .banner")).to_contain_text("No model is reachable")
    await ask(tab, "How much disk space is left?")

    await expect(tab.locator(".call", has_text="disk_usage")).to_be_visible(timeout=STEPS)
    await expect(tab.locator(".answer")).to_be_visible(timeout=STEPS)
