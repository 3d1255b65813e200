"""Pictures in the page: attached, pasted, dropped, sent, seen again."""

from base64 import b64encode
from pathlib import Path
from typing import Any

from playwright.async_api import FilePayload, Page, expect

from tests.browser.frames import started
from tests.fakes.page_server import PageServer
from tests.picture_kit import png

_TRANSFER = """(a) => {
  const transfer = new DataTransfer();
  for (const [name, type, data] of a.files) {
    const bytes = Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0));
    transfer.items.add(new File([bytes], name, { type }));
  }
  if (a.text) transfer.setData("text/plain", a.text);
  const how = { bubbles: true, cancelable: true, clipboardData: transfer, dataTransfer: transfer };
  const made = { paste: ClipboardEvent, drop: DragEvent, dragover: DragEvent }[a.kind];
  return !document.querySelector(a.where).dispatchEvent(new made(a.kind, how));
}"""


def file(name: str, data: bytes, kind: str = "image/png") -> FilePayload:
    return {"name": name, "mimeType": kind, "buffer": data}


def url(name: str, data: bytes) -> str:
    return f"data:image/png;name={name};base64,{b64encode(data).decode()}"


async def started_up(tab: Page) -> None:
    """Until the page has opened its thread: that clears what was said before."""
    await expect(tab.get_by_label("Message")).to_be_focused()


async def transfer(
    tab: Page, kind: str, where: str, *names: str, type_: str = "image/png", text: str = ""
) -> bool:
    """A paste or drop of files; whether the page took it."""
    files = [[name, type_, b64encode(png(3)).decode()] for name in names]
    given: dict[str, Any] = {"kind": kind, "where": where, "files": files, "text": text}
    return await tab.evaluate(_TRANSFER, given)


async def test_attach_and_send(tab: Page, server: PageServer) -> None:
    """Chosen pictures are shown before they go, can be taken back, and stand in the thread."""
    await tab.goto(server.url)
    await tab.set_input_files("input[name=files]", [file("a b.png", png(1)), file("c.png", png(2))])
    await expect(tab.locator(".chosen img")).to_have_count(2)
    await tab.get_by_role("button", name="Remove c.png").click()
    await expect(tab.locator(".chosen img")).to_have_count(1)
    await expect(tab.get_by_label("Message")).to_be_focused()
    await tab.get_by_label("Message").fill("what is this?")
    await tab.keyboard.press("Enter")

    image = tab.locator(".message .picture img")
    await expect(image).to_be_visible()
    await expect(tab.locator(".chosen")).to_have_count(0)
    assert [url("a%20b.png", png(1))] == server.said[0]["images"]
    assert 1 == await image.evaluate(
        "async (node) => { await node.decode(); return node.naturalWidth }"
    )

    await tab.reload()
    await tab.get_by_role("button", name="Enlarge picture 1").click()
    await expect(tab.locator("#enlarged")).to_be_visible()
    await tab.keyboard.press("Escape")
    await expect(tab.locator("#viewer")).to_be_hidden()


async def test_pictures_alone(tab: Page, server: PageServer) -> None:
    """A picture needs no words."""
    await tab.goto(server.url)
    await tab.set_input_files("input[name=files]", [file("a.png", png(1))])
    await tab.get_by_role("button", name="Send").click()
    await expect(tab.locator(".message .picture")).to_be_visible()
    assert "" == server.said[0]["message"]


async def test_paste_and_drop(tab: Page, server: PageServer) -> None:
    """Both add to the message, wherever on the page it is dropped; text stays text."""
    await tab.goto(server.url)
    await started_up(tab)
    assert await transfer(tab, "paste", "textarea", "screen.png")
    assert not await transfer(tab, "paste", "textarea", "cells.png", text="1 2 3")
    assert await transfer(tab, "dragover", "#timeline", "dropped.png")
    assert await transfer(tab, "drop", "#timeline", "dropped.png")

    alts = await tab.locator(".chosen img").evaluate_all("(all) => all.map((one) => one.alt)")
    assert ["screen.png", "dropped.png"] == alts


async def test_what_is_not_taken(tab: Page, server: PageServer) -> None:
    """Other files and a fifth picture are refused in one line; what the bot refuses stays."""
    await tab.goto(server.url)
    await started_up(tab)
    problem = tab.locator("#composer [data-problem]")
    assert await transfer(tab, "drop", "body", "notes.txt", type_="text/plain")
    await expect(problem).to_have_text("notes.txt is no PNG, JPEG, WebP or GIF picture.")
    assert await transfer(tab, "drop", "body", *[f"{n}.png" for n in range(5)])
    await expect(problem).to_have_text("At most 4 pictures go with one message.")
    await expect(tab.locator(".chosen img")).to_have_count(4)

    server.refusal = "the pictures have more than 20 MiB together; send fewer at once"
    await tab.get_by_role("button", name="Send").click()
    await expect(problem).to_have_text(server.refusal)
    await expect(tab.locator(".chosen img")).to_have_count(4)

    await tab.get_by_label("Message").fill("!status")
    await tab.keyboard.press("Enter")
    await expect(problem).to_have_text("A command takes no pictures: remove them first.")


async def test_they_stay_with_their_thread(tab: Page, server: PageServer) -> None:
    """Like a draft: not sent to another thread by mistake."""
    await server.play(started("x"))
    await tab.goto(server.url)
    await tab.set_input_files("input[name=files]", [file("a.png", png(1))])
    await expect(tab.locator(".chosen")).to_have_count(1)
    await tab.goto(f"{server.url}/#/t")
    await expect(tab.locator(".message-text")).to_have_text("x")
    await expect(tab.locator(".chosen")).to_have_count(0)
    await tab.goto(f"{server.url}/#/")
    await expect(tab.locator(".chosen")).to_have_count(1)


async def test_one_that_cannot_be_had(tab: Page, server: PageServer) -> None:
    """The page says why, in its place."""
    await server.play({**started("look"), "pictures": ["gone"]})
    await tab.goto(f"{server.url}/#/t")

    said = tab.locator(".message").get_by_text("Picture 1: There is no such picture.")
    await expect(said).to_be_visible()


async def test_on_a_small_screen(tab: Page, server: PageServer, tmp_path: Path) -> None:
    """Nothing is wider than the screen."""
    await tab.set_viewport_size({"width": 320, "height": 600})
    pictures = [server.keep(url("a", png(n))) for n in range(4)]
    await server.play({**started("look"), "pictures": pictures})
    await tab.goto(f"{server.url}/#/t")
    await tab.set_input_files("input[name=files]", [file(f"{n}.png", png(n)) for n in range(4)])
    await expect(tab.locator(".picture img")).to_have_count(4)

    assert 320 == await tab.evaluate("document.documentElement.scrollWidth")
