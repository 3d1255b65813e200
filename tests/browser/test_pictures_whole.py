"""A picture from the page to a model server, through the real bot."""

from pathlib import Path

from playwright.async_api import FilePayload, Page, expect

from tests.picture_kit import VISION, png, sent_images
from tests.whole_kit import whole


async def test_from_the_page_to_the_model(tab: Page, tmp_path: Path) -> None:
    """What is attached is what the model gets; the thread shows it, also after a reload."""
    async with whole(tmp_path, auth_enabled=False) as bot:
        await tab.goto(bot.url)
        await expect(tab.locator("#app")).to_be_visible(timeout=30_000)
        picture: FilePayload = {"name": "disk.png", "mimeType": "image/png", "buffer": png(4)}
        await tab.set_input_files("input[name=files]", [picture])
        await tab.get_by_label("Message").fill("what is this?")
        await tab.keyboard.press("Enter")
        await expect(tab.locator(".answer")).to_have_text(f"said {VISION}")
        await tab.reload()
        await expect(tab.locator(".message .picture img")).to_be_visible()

    assert [png(4)] == sent_images(bot.ollama.requests[0])
