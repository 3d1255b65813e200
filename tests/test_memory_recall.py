"""Recall by words and by meaning: on 200 labelled facts, among 5,000, and with either half away."""

import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from time import time

import pytest

from agent.memory.archive import take_in
from agent.memory.recalling import fused
from bot.memory import Remembered, Scope
from bot.verdict import Trust
from tests.fakes.ollama import EMBEDDER, FakeModel, FakeOllama
from tests.memory_kit import ANNS, BOBS, STRANGERS, Mind, embedding, mind, remembering

FACTS = [
    json.loads(line)
    for line in (Path(__file__).parent / "data" / "facts.jsonl").read_text().splitlines()
]
Find = Callable[[str], Awaitable[Sequence[int]]]


async def know(one: Mind, texts: Sequence[str], scope: str = ANNS.key("channel")) -> None:
    """Remember many facts in one go."""
    memories = [
        Remembered(n, text, "fact", scope, Trust.OPERATOR, "active", "", "", "web:ann", n, None,
                   used=0, score=0, replaces=0)
        for n, text in enumerate(texts, 1)
    ]  # fmt: skip
    assert len(texts) == await take_in(one.store, memories)


async def hits(find: Find, ids: Mapping[str, int], by: str = "") -> float:
    """Part of the questions whose fact is among the first five found."""
    asked = [fact for fact in FACTS if by in ("", fact["by"])]
    found = [ids[fact["text"]] in list(await find(fact["query"]))[:5] for fact in asked]
    return sum(found) / len(found)


async def test_both_halves_find_more_than_either(tmp_path: Path) -> None:
    """Of 200 operations facts, half asked for by an exact name and half in other words, more than
    nine in ten are among the first five; by words or by meaning alone it is far fewer."""
    async with remembering(tmp_path) as (one, _):
        await know(one, [fact["text"] for fact in FACTS])
        await one.caught_up()
        ids = {memory.text: memory.id for memory in await one.memories.list(ANNS, limit=200)}

        async def both(text: str) -> Sequence[int]:
            recall = await one.recall(text)
            assert recall.degraded == ""
            return [memory.id for memory in recall.memories]

        fused_hits = await hits(both, ids)
        by_words = await hits(lambda text: one.store.search(text, ANNS.keys, 5), ids)
        by_meaning = await hits(lambda text: one.index.nearest(text, ANNS.keys, 5), ids)

    assert fused_hits >= 0.9
    assert fused_hits > max(by_words, by_meaning) + 0.1


@pytest.mark.parametrize("query", ["srv-db-03", "SRV-DB-03?", "is srv-db-03. down", "db 03", "srv"])
async def test_exact_names(tmp_path: Path, query: str) -> None:
    """A host's name is found whole, in part and with a full stop behind it; its twins come after
    it."""
    async with remembering(tmp_path) as (one, _):
        await know(one, [f"srv-db-{n:02} holds customer {n}" for n in range(1, 30)])
        await know(one, ["Postgres is the database", "there is a printer on floor 3"])
        await one.caught_up()
        texts = await one.texts(query)

    assert query == "srv" or texts[0].startswith("srv-db-03")
    assert texts[0].startswith("srv-db-")


async def test_nobody_elses(tmp_path: Path) -> None:
    """Everybody recalls what is global and what belongs to their space, channel and person, in both
    halves, and nothing of others: not by list, number or deletion either."""
    scopes: Sequence[Scope] = ("global", "space", "channel", "user")
    async with remembering(tmp_path) as (one, _):
        for scope in scopes:
            for name, at in (("ann", ANNS), ("bob", BOBS), ("stranger", STRANGERS)):
                await one.tell(f"the vault code word of {name} for {scope} is x", at, scope=scope)
        await one.caught_up()
        seen = {at: await one.texts("vault code word", at, 20) for at in (ANNS, BOBS, STRANGERS)}
        near = await one.index.nearest("vault code word", STRANGERS.keys, 20)
        listed = await one.memories.list(STRANGERS)
        theirs = {text.split(" is ")[0].removeprefix("the vault code word of ") for text in
                  seen[STRANGERS]}  # fmt: skip

    everyones = {f"{name} for global" for name in ("ann", "bob", "stranger")}
    own = {f"stranger for {scope}" for scope in scopes}
    assert everyones | own == theirs
    assert {memory.id for memory in listed} == set(near)
    assert {text for text in seen[ANNS] if "bob" in text} == {
        f"the vault code word of bob for {scope} is x" for scope in ("global", "space")
    }
    assert not any("stranger for user" in text for at in (ANNS, BOBS) for text in seen[at])


async def test_words_alone_and_says_so(tmp_path: Path) -> None:
    """Without the embedding model what holds the words is found, and the reason is told; when the
    model comes, the meaning is found too, of what was stored meanwhile as well."""
    async with FakeOllama([FakeModel("qwen3:latest")]) as ollama, mind(tmp_path, ollama.url) as one:
        await one.tell("Backups of the orders system run nightly")
        await one.index.catch_up()
        words, meaning = await one.recall("orders backups"), await one.recall("purchase snapshot")

        ollama.models["nomic-embed-text:latest"] = EMBEDDER
        await one.caught_up()
        again = await one.recall("purchase snapshot")

    assert ["Backups of the orders system run nightly"] == [m.text for m in words.memories]
    assert "nomic-embed-text" in words.degraded
    assert () == meaning.memories
    assert ("", 1) == (again.degraded, len(again.memories))


async def test_the_server_is_away(tmp_path: Path) -> None:
    """An Ollama that cannot be reached costs nothing but meaning, until it is back."""
    async with embedding() as ollama, mind(tmp_path, ollama.url) as one:
        await one.tell("srv-db-03 is the primary")
        await one.caught_up()
        await ollama.stop()
        recall = await one.recall("srv-db-03")
        await one.tell("srv-db-04 is the standby")
        await one.index.catch_up()
        trouble = one.index.trouble
        await ollama.start()
        await one.caught_up()
        assert [2] == (await one.index.nearest("srv-db-04 standby", ANNS.keys, 5))[:1]

    assert ["srv-db-03 is the primary"] == [memory.text for memory in recall.memories]
    assert "does not answer" in recall.degraded
    assert "does not answer" in trouble


async def test_expired_and_disliked(tmp_path: Path) -> None:
    """What expired is gone from every half; what outsiders had a hand in, or people called bad
    three times, is found when asked for and never told unasked."""
    async with remembering(tmp_path) as (one, _):
        await one.tell("the orders freeze ends today", expires=time() - 1)
        outsiders = await one.tell("the orders server wants a restart", trust=Trust.EXTERNAL)
        bad = await one.tell("the orders server is srv-9")
        good = await one.tell("the orders server is srv-12")
        await one.store.write("UPDATE memories SET score = -3 WHERE id = $1", bad.memory.id)
        await one.caught_up()
        found = await one.recall("orders")
        briefing = await one.memories.brief("what is with orders?", ANNS)

    ids = {memory.id for memory in found.memories}
    assert {outsiders.memory.id, bad.memory.id, good.memory.id} == ids
    assert (str(good.memory.id),) == briefing.ids
    assert "srv-12" in briefing.text
    assert "web:ann" in briefing.text


async def test_among_five_thousand(tmp_path: Path) -> None:
    """A name and a meaning are found among 5,000 memories."""
    things = "router scanner camera badge lamp door chair kettle mirror engine".split()
    states = "green loud blue cold wet round heavy old bright narrow".split()
    async with remembering(tmp_path) as (one, _):
        noise = (
            f"host app-{n:04}: {things[n % 10]} {states[n // 10 % 10]} {things[n // 100 % 10]}"
            f" seen by inspector {states[n // 1000]}"
            for n in range(4_999)
        )
        await know(one, [*noise, "Backups of the orders system run nightly"])
        await one.caught_up()
        name, meaning = await one.texts("app-4321"), await one.texts("purchase snapshot")

    assert name[0].startswith("host app-4321")
    assert "Backups of the orders system run nightly" in meaning


def test_fusion() -> None:
    """First in one ranking beats tenth in two; near the top of both beats first in one."""
    ranks = fused([[1, 2, 3, 6, 7, 8, 10], [4, 2, 5, 11, 12, 13, 10]])
    order = sorted(ranks, key=lambda memory: -ranks[memory])

    assert [2, 1, 4] == order[:3]
