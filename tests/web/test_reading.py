"""What programs read: shapes of the REST answers."""

from pathlib import Path

import pytest

from bot.chat import Role
from bot.command import command
from bot.events import (
    ApprovalRequested,
    ModelReplied,
    RunFinished,
    ToolFinished,
    ToolStarted,
)
from bot.tool import Risk, ToolCall, Verdict, tool
from tests.fakes.bot import FakeBot
from tests.web.site import Site, serving


@tool(risk=Risk.READ)
async def uptime(host: str = "local") -> str:
    """Seconds since the host booted."""
    return host


@command(role=Role.VIEWER)
async def status(of: str = "") -> str:
    """How things are."""
    return of


async def test_health_needs_no_login_and_says_what_is_wrong(site: Site) -> None:
    """GET /health is 200 while it serves, and degraded when a part is."""
    site.bot.parts = {"store": "", "slack": "cannot log in"}

    async with site.http.get("/health") as response:
        body = await response.json()

    assert response.status == 200
    assert body == {
        "status": "degraded",
        "parts": {"store": "", "slack": "cannot log in"},
        "model": {"reachable": True, "detail": ""},
        "mode": "supervised",
        "version": "0.1.0",
        "auth_enabled": True,
    }


async def test_me_is_who_the_token_names(site: Site) -> None:
    """GET /api/me tells name and role, as the kernel resolves it now."""
    code, body = await site.get("/api/me", "op")

    assert code == 200
    assert (body["name"], body["role"], body["mode"]) == ("op", "operator", "supervised")


async def test_a_thread_holds_its_runs_as_frames_and_a_cursor(site: Site) -> None:
    """The events of a thread have the same shape as the socket's frames."""
    call = ToolCall("c1", "uptime", {"host": "web1"})
    site.bot.script = lambda _: [
        ModelReplied("hm", tool_calls=(call,), model="qwen3"),
        ToolStarted(call, Verdict()),
        ToolFinished("c1", output="42", seconds=0.5),
        RunFinished("42 s"),
    ]
    await site.post("/api/chat", {"message": "uptime?", "thread": "t1"})

    code, body = await site.get("/api/threads/t1")
    listed = (await site.get("/api/threads"))[1]["threads"]

    assert code == 200
    [run] = body["runs"]
    assert [event["type"] for event in run["events"]] == [
        "run_started", "model_replied", "tool_started", "tool_finished", "run_finished",
    ]  # fmt: skip
    first = run["events"][0]
    assert first["text"] == "uptime?"
    assert (first["run_id"], first["thread"], first["seq"]) == (run["run_id"], "t1", 0)
    assert first["at"] == "1970-01-01T00:00:00+00:00"
    assert run["events"][1]["tool_calls"] == [
        {"id": "c1", "name": "uptime", "args": {"host": "web1"}, "fan_out": 1, "group": ""}
    ]
    assert body["position"] == run["events"][-1]["position"]
    assert listed == [
        {
            "id": "t1",
            "title": "title",
            "updated": 1.0,
            "status": "done",
            "waiting": False,
            "incident": "",
        }
    ]


async def test_other_peoples_threads_are_not_there(site: Site) -> None:
    """A thread or run that one may not see is a 404, not a 403."""
    await site.post("/api/chat", {"message": "hello", "thread": "mine"}, "op")
    [run] = site.bot.runs

    assert (await site.get("/api/threads/mine", "eve"))[0] == 404
    assert (await site.get(f"/api/runs/{run}", "eve"))[0] == 404
    assert (await site.post("/api/chat", {"message": "x", "thread": "mine"}, "eve"))[0] == 404
    assert (await site.get(f"/api/runs/{run}", "op"))[0] == 200


async def test_tools_models_and_commands_are_listed(site: Site) -> None:
    """Names, descriptions and schemas, enough to build a form from."""
    site.bot.toolbox = (uptime,)
    site.bot.installed = (status,)
    site.bot.auto = "llama3.2-vision:11b"

    tools = (await site.get("/api/tools"))[1]["tools"]
    models = (await site.get("/api/models"))[1]
    commands = (await site.get("/api/commands"))[1]["commands"]

    assert [(t["name"], t["risk"]) for t in tools] == [("uptime", "read")]
    assert "host" in tools[0]["schema"]["properties"]
    assert models["auto"] == "llama3.2-vision:11b"
    assert models["models"][0] == {"name": "qwen3:latest", "size": 1, "loaded": False}
    assert [(c["name"], c["role"], c["summary"]) for c in commands] == [
        ("status", "viewer", "How things are.")
    ]


@pytest.mark.parametrize(
    ("body", "args"),
    [({"text": "web1 now"}, "web1 now"), ({"of": "web1"}, {"of": "web1"}), (None, {})],
)
async def test_a_command_takes_text_or_arguments(
    site: Site, body: dict[str, str] | None, args: object
) -> None:
    """One route for what is typed and for what a program sends."""
    site.bot.installed = (status,)

    code, answer = await site.post("/api/commands/status", body)

    assert (code, answer) == (200, {"text": "status done"})
    [(_, given, caller)] = site.bot.commanded
    assert given == args
    assert caller.user.id == "admin"


@pytest.mark.parametrize(
    ("thread", "code"), [("slack:T1:C1:1.2", 403), ("theirs", 404), ("../etc", 422), ("new", 200)]
)
async def test_a_command_stays_out_of_threads_of_others(site: Site, thread: str, code: int) -> None:
    """As with a message: no word in a conversation of another platform or one they may not see."""
    site.bot.installed = (status,)
    await site.post("/api/chat", {"message": "hello", "thread": "theirs"}, "op")

    answer = await site.post("/api/commands/status", {"text": "x", "thread": thread}, "eve")

    assert answer[0] == code, answer[1]
    assert len(site.bot.commanded) == (code == 200)


async def test_approvals_are_read_and_decided(site: Site) -> None:
    """The card's fields; the decision; who comes second learns who was first."""
    call = ToolCall("c1", "restart", {"unit": "nginx"})
    asked = ApprovalRequested("K7QD2MX", call, Verdict(), "web1", "root@web1", "d", 99.0)
    site.bot.script = lambda _: [asked]
    site.bot.roles["op"] = Role.OPERATOR
    await site.post("/api/chat", {"message": "restart", "thread": "t"}, "op")

    card = (await site.get("/api/approvals"))[1]["approvals"][0]
    refused = await site.post("/api/approvals/K7QD2MX", {"decision": "approve"}, "op")
    settled = await site.post("/api/approvals/K7QD2MX", {"decision": "approve"})
    late = await site.post("/api/approvals/K7QD2MX", {"decision": "deny"})
    unknown = await site.post("/api/approvals/NOSUCH2", {"decision": "deny"})

    call = {"id": "c1", "name": "restart", "args": {"unit": "nginx"}, "fan_out": 1, "group": ""}
    assert call == card["call"]
    assert {
        "id", "run_id", "thread", "status", "decided_by", "host", "account", "verdict", "expires",
        "tainted_by", "preview", "undo", "edits", "may_have_run", "call",
    } == card.keys()  # fmt: skip
    assert (refused[0], late[0], unknown[0]) == (403, 409, 404)
    assert settled[1] == {
        "approval": "K7QD2MX", "state": "approved", "run_id": card["run_id"],
        "text": "approve by admin",
    }  # fmt: skip
    assert "admin was first" in late[1]["detail"]


async def test_without_logins_everybody_is_admin(tmp_path: Path) -> None:
    """AI_AUTH_ENABLED=false: no token, and the page is told so."""
    async with (
        serving(tmp_path, auth_enabled=False, bot=FakeBot()) as site,
        site.http.get("/api/me") as response,
    ):
        body = await response.json()

        assert (body["name"], body["role"], body["auth_enabled"]) == ("admin", "admin", False)
        async with site.http.get("/api/me", headers={"Host": "evil.example"}) as rebound:
            assert rebound.status == 403
