"""The approval card: what a person must know before they decide, and only what they may do."""

import pytest
from playwright.async_api import Page, expect

from tests.browser.frames import (
    Frame,
    begun,
    call,
    decided,
    ended,
    replied,
    requested,
    started,
)
from tests.fakes.page_server import PageServer

RESTART = call("c1", command="systemctl restart nginx \u202e#", host="web1", timeout=60)


async def open_card(tab: Page, server: PageServer, request: Frame) -> None:
    words = replied("Trust me, this is harmless.", RESTART, thinking="They asked for it.")
    await server.play(started("restart nginx"), words, request)
    await tab.goto(f"{server.url}/#/t")
    await expect(tab.locator(".card")).to_be_visible()


async def test_the_card_says_what_would_happen_in_order(tab: Page, server: PageServer) -> None:
    """Host, account, exact text, reasons, influence, preview, undo, time; the model's words last,
    below the buttons. Invisible characters are spelled out; a tainted call cannot be trusted."""
    taint = [{"log": "run0", "seq": 3, "source": "logs_view error.log"}]
    diff = "--- a\n+++ b\n@@ -1 +1 @@\n-old\n+new\n"
    facts: Frame = {"tainted_by": taint, "preview": diff, "undo": "systemctl stop nginx"}
    await open_card(tab, server, requested(RESTART, **facts))

    names = await tab.locator(".card dt").all_inner_texts()
    assert "Host,Account,What,Why ask,Influenced by,Preview,Undo,Time" == ",".join(names)
    assert "systemctl restart nginx ⟨U+202E⟩#" == await tab.locator(".card .exact").inner_text()
    assert 1 == await tab.locator(".card .diff-added", has_text="+new").count()
    await expect(tab.locator(".card [data-expires]")).to_contain_text("9:")
    buttons = await tab.locator(".card button").all_inner_texts()
    assert ["Approve", "Edit", "Deny"] == buttons
    last = tab.locator(".card > :last-child")
    await expect(last).to_contain_text("The model says")
    await expect(tab).to_have_title("● Approval waits · AI Orchestrator")


async def test_approve_and_who_did_it(tab: Page, server: PageServer) -> None:
    """A routine change needs one click; the card then tells who decided, also from elsewhere."""
    await open_card(tab, server, requested(RESTART))
    await tab.get_by_role("button", name="Approve").click()
    await server.play(decided("c1", "approve"), begun(RESTART, "K7QD2MX"), ended("c1", output="ok"))

    await expect(tab.locator(".card-closed summary")).to_contain_text("Approved by ann at")
    assert [("K7QD2MX", {"decision": "approve"})] == server.decisions
    await expect(tab).to_have_title("AI Orchestrator")


async def test_danger_takes_a_second_click(tab: Page, server: PageServer) -> None:
    """The first click only asks again, and names the host; it cannot be trusted for an hour."""
    await open_card(tab, server, requested(RESTART, risk="danger"))
    await tab.get_by_role("button", name="Approve").click()

    await expect(tab.locator(".confirm")).to_contain_text("Really run this on web1?")
    assert [] == server.decisions
    await expect(tab.get_by_role("button", name="Yes, run it")).to_be_focused()
    await tab.keyboard.press("Enter")
    await expect(tab.locator(".confirm")).to_have_count(0)
    assert [("K7QD2MX", {"decision": "approve"})] == server.decisions


async def test_deny_with_a_reason(tab: Page, server: PageServer) -> None:
    """The reason is optional and goes to the model."""
    await open_card(tab, server, requested(RESTART))
    await tab.get_by_role("button", name="Deny").click()
    await tab.get_by_label("Reason").fill("not during the day")
    await tab.keyboard.press("Enter")
    await server.play(decided("c1", "deny", reason="not during the day"), ended("c1", "denied"))

    await expect(tab.locator(".card-closed summary")).to_contain_text("not during the day")
    assert [("K7QD2MX", {"decision": "deny", "reason": "not during the day"})] == server.decisions


async def test_edit_every_argument(tab: Page, server: PageServer) -> None:
    """Text as text, the rest as JSON, the host fixed; a refusal is shown and nothing is lost."""
    await open_card(tab, server, requested(RESTART))
    await tab.get_by_role("button", name="Edit").click()
    await expect(tab.get_by_label("command")).to_have_value("systemctl restart nginx ⟨U+202E⟩#")
    await tab.get_by_label("command").fill("systemctl reload nginx⟨U+200B⟩")
    await tab.get_by_label("timeout (JSON)").fill("soon")
    await tab.get_by_role("button", name="Save and approve").click()
    await expect(tab.locator(".card .problem")).to_contain_text("timeout is not JSON")

    server.refusal = "reload needs a unit that supports it"
    await tab.get_by_label("timeout (JSON)").fill("5")
    await tab.get_by_role("button", name="Save and approve").click()
    await expect(tab.locator(".card .problem")).to_have_text(server.refusal)
    await expect(tab.get_by_label("command")).to_have_value("systemctl reload nginx⟨U+200B⟩")

    server.refusal = ""
    await tab.get_by_role("button", name="Save and approve").click()
    await expect(tab.locator(".panel")).to_have_count(0)
    edited = {"command": "systemctl reload nginx\u200b", "host": "web1", "timeout": 5}
    assert [("K7QD2MX", {"decision": "edit", "arguments": edited})] == server.decisions


async def test_edit_adds_an_argument(tab: Page, server: PageServer) -> None:
    """What the tool also takes is offered, once each and never the host; what is left empty stays
    out of the call."""
    await open_card(tab, server, requested(RESTART))
    await tab.get_by_role("button", name="Edit").click()
    labels = await tab.locator(".panel .field > span").all_inner_texts()
    await tab.get_by_label("cwd (optional)").fill("/srv")
    await tab.get_by_role("button", name="Save and approve").click()
    await expect(tab.locator(".panel")).to_have_count(0)

    assert ["command", "timeout (JSON)", "cwd (optional)", "retries (optional, JSON)"] == labels
    [(_, sent)] = server.decisions
    assert {**RESTART["args"], "cwd": "/srv"} == sent["arguments"]


async def test_trust_only_for_an_untainted_change(tab: Page, server: PageServer) -> None:
    """The offer is there for a routine change, and says what it covers."""
    await open_card(tab, server, requested(RESTART))
    trust = tab.get_by_role("button", name="Trust for 1 h")
    covers = "Approve, and do not ask again in this thread for an hour: systemctl restart"
    await expect(trust).to_have_attribute("title", covers)
    await trust.click()

    await expect(trust).to_be_enabled()
    assert [("K7QD2MX", {"decision": "trust"})] == server.decisions


@pytest.mark.parametrize(
    ("button", "decision"), [("Run again", "again"), ("Look first", "look"), ("Leave it", "leave")]
)
async def test_what_may_already_have_run(
    tab: Page, server: PageServer, button: str, decision: str
) -> None:
    """Three answers instead of two; running it once more is asked twice."""
    await open_card(tab, server, requested(RESTART, may_have_run=True))
    await expect(tab.locator(".card-title")).to_have_text("This may already have run")
    await tab.get_by_role("button", name=button).click()
    if decision == "again":
        await tab.get_by_role("button", name="Yes, run it again").click()

    await expect(tab.get_by_role("button", name=button)).to_be_enabled()
    assert [("K7QD2MX", {"decision": decision})] == server.decisions


async def test_a_viewer_sees_who_may_decide(tab: Page, server: PageServer) -> None:
    """Everything on the card but the buttons."""
    server.role = "operator"
    await open_card(tab, server, requested(RESTART))

    assert 0 == await tab.locator(".card button").count()
    await expect(tab.locator(".card-actions")).to_contain_text("An approver or an admin may")


async def test_somebody_else_was_first(tab: Page, server: PageServer) -> None:
    """A lost race says who won and leaves the card to what the events say."""
    await open_card(tab, server, requested(RESTART))
    server.refusal = "K7QD2MX is already denied by bob"
    await tab.get_by_role("button", name="Approve").click()
    await expect(tab.locator(".card .problem")).to_have_text(server.refusal)

    expired: Frame = {"type": "approval_expired", "approval": "K7QD2MX", "call_id": "c1"}
    await server.play(expired)
    await expect(tab.locator(".card-closed summary")).to_contain_text("nobody decided in time")
