"""GET /api/memories: what the caller may recall, page by page, or what is about a text."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp

from adapters.web.own_secrets import OwnSecrets
from adapters.web.server import WebServer
from adapters.web.tokens import AccessTokens
from bot.command import Caller
from bot.memory import Standpoint
from tests.fakes.model import ScriptedModel, says
from tests.kernel_kit import ADMIN, ANN, BOB, THREAD, Bench, process, settings
from tests.memory_kit import OPS, Mind, embedding, mind
from tests.web.site import PASSWORD, SECRET

NEWEST = ["fact 4", "fact 3", "fact 2", "fact 1", "fact 0"]


class House:
    """A kernel with a memory, and its REST on a socket."""

    def __init__(self, bench: Bench, one: Mind, http: aiohttp.ClientSession) -> None:
        self.bench = bench
        self.mind = one
        self._http = http

    async def get(self, path: str, name: str) -> tuple[int, Any]:
        headers = {"Authorization": f"Bearer {AccessTokens(SECRET).issue(name, '')}"}
        async with self._http.get(path, headers=headers) as response:
            return response.status, await response.json()

    async def texts(self, query: str, name: str) -> list[str]:
        code, body = await self.get(f"/api/memories{query}", name)
        assert 200 == code, body
        return [memory["text"] for memory in body["memories"]]


@asynccontextmanager
async def house(directory: Path, *replies: Any) -> AsyncGenerator[House]:
    given = settings(directory, port=0, rate_limit_enabled=False)
    async with (
        embedding() as ollama,
        mind(directory, ollama.url) as one,
        process(directory, ScriptedModel(*replies), memory=one.memories) as bench,
    ):
        server = WebServer(given, bench.store, OwnSecrets(SECRET, PASSWORD, None))
        async with asyncio.TaskGroup() as tasks:
            serving = tasks.create_task(server.serve(bench.kernel.bot))
            await server.listening.wait()
            url = f"http://127.0.0.1:{server.port}"
            async with aiohttp.ClientSession(url) as http:
                yield House(bench, one, http)
            serving.cancel()


async def test_a_list_goes_on_where_the_last_one_ended(tmp_path: Path) -> None:
    """Newest first; *next* is the cursor, empty at the end."""
    async with house(tmp_path) as here:
        for number in range(5):
            await here.mind.tell(f"fact {number}", Standpoint(BOB, THREAD), scope="user")
        pages: list[list[str]] = []
        cursor = ""
        while not pages or (cursor and len(pages) < 5):
            _, body = await here.get(f"/api/memories?limit=2&cursor={cursor}", "bob")
            pages.append([memory["text"] for memory in body["memories"]])
            cursor = body["next"]

    assert [NEWEST[:2], NEWEST[2:4], NEWEST[4:]] == pages


async def test_a_text_finds_by_words_and_meaning(tmp_path: Path) -> None:
    """With *q* what is about it comes first, with everything that is known of it."""
    async with house(tmp_path) as here:
        at = Standpoint(BOB, THREAD)
        await here.mind.tell("The backups are on srv-nas-01", at, scope="global")
        await here.mind.tell("Ann likes short answers", at, scope="global")
        await here.mind.caught_up()
        _, body = await here.get("/api/memories?q=where+do+snapshots+go&limit=1", "vic")

    [found] = body["memories"]
    assert "The backups are on srv-nas-01" == found["text"]
    assert ("global", BOB.key, "operator") == (found["scope"], found["person"], found["trust"])
    assert ("", "") == (body["next"], body["degraded"])


async def test_nobody_sees_what_is_not_theirs(tmp_path: Path) -> None:
    """Another's own memories, those of a channel one is not in: not even for admins."""
    async with house(tmp_path, says("Hello.")) as here:
        await here.mind.tell("bob's alone", Standpoint(BOB, THREAD), scope="user")
        await here.mind.tell("of a channel", Standpoint(ANN, OPS), scope="channel")
        await here.mind.tell("of a thread", Standpoint(BOB, THREAD), scope="channel")
        await here.bench.say("hello", BOB)
        await here.bench.until("run_finished")
        own, in_thread = await here.texts("", "bob"), await here.texts("?thread=t1", "bob")
        asked = [(f"?q={q}", who) for q in ("bob", "channel") for who in ("vic", "admin")]
        others = [await here.texts(query, who) for query, who in asked]
        code, _ = await here.get("/api/memories?thread=t1", "vic")

    assert ["bob's alone"] == own
    assert ["of a thread", "bob's alone"] == in_thread
    assert [[]] * 4 == others
    assert 404 == code


async def test_a_bad_query_is_named(tmp_path: Path) -> None:
    """Limits have bounds, cursors are numbers, and a misspelt parameter is told."""
    async with house(tmp_path) as here:
        codes = [
            (await here.get(f"/api/memories?{query}", "bob"))[0]
            for query in ("limit=0", "limit=9999", "cursor=x", "querry=x", "thread=a%20b")
        ]

    assert [422] * 5 == codes


async def test_votes_are_kept_with_the_run(tmp_path: Path) -> None:
    """Who called an answer good or bad is told with its thread and run; the last word counts."""
    async with house(tmp_path, says("Hello.")) as here:
        for command in here.mind.part.commands:
            here.bench.kernel.dispatcher.add([command])
        run = (await here.bench.say("hello", BOB)).run
        await here.bench.until("run_finished")
        for verdict, who in (("bad", BOB), ("good", ADMIN), ("good", BOB)):
            await here.bench.kernel.bot.command(
                "feedback", {"verdict": verdict, "run": run}, Caller(who, THREAD)
            )
        _, thread = await here.get("/api/threads/t1", "bob")
        _, alone = await here.get(f"/api/runs/{run}", "bob")

    assert {BOB.key: "good", ADMIN.key: "good"} == thread["runs"][0]["feedback"]
    assert thread["runs"][0]["feedback"] == alone["feedback"]
