"""The Ollama model when things go wrong: typed errors with texts for a person."""

import asyncio

import pytest

from agent.models.errors import (
    BrokenReply,
    Busy,
    NotInstalled,
    Rejected,
    TimedOut,
    Unreachable,
)
from agent.models.ollama import Patience
from bot.agents import Message
from bot.ports import Delta, ModelError
from tests.asking import answer, ask, nobody, served
from tests.fakes.ollama import FakeModel, FakeOllama, Reply


async def fails(ollama: FakeOllama, reply: Reply, patience: Patience | None = None) -> ModelError:
    """The error that comes of a reply."""
    ollama.script("qwen3", [reply])
    async with served(ollama, patience=patience or Patience()) as model, asyncio.timeout(5):
        with pytest.raises(ModelError) as caught:
            await answer(model, ask("hello"))
    return caught.value


async def test_not_installed() -> None:
    """Who names a model that is not there is told which are."""
    async with FakeOllama() as ollama, served(ollama) as model:
        with pytest.raises(NotInstalled) as caught:
            await answer(model, ask("hello", model="llama9"))
        with pytest.raises(NotInstalled):
            await model.check("llama9")
        await model.check("auto")

    assert str(caught.value) == (
        "The model 'llama9' is not installed. Installed: qwen3:latest, qwen2.5-coder:7b, "
        "phi3:mini, llama3.2-vision:11b. Install one with: ollama pull llama9"
    )


async def test_nothing_for_auto() -> None:
    """With none of the configured models the error names them all."""
    async with FakeOllama([]) as ollama, served(ollama) as model:
        with pytest.raises(NotInstalled, match=r"'qwen2.5-coder:32b' or 'qwen3' or 'phi3'.* No"):
            await answer(model, ask("hello", model="auto"))


async def test_installed_meanwhile() -> None:
    """A model pulled a moment ago can be used at once."""
    async with FakeOllama() as ollama, served(ollama) as model:
        with pytest.raises(NotInstalled):
            await model.check("new")
        ollama.models["new:latest"] = FakeModel("new:latest")
        await model.check("new")


async def test_removed_meanwhile() -> None:
    """A model removed since it was last seen is said to be missing, not an HTTP status."""
    async with FakeOllama() as ollama, served(ollama) as model:
        ollama.script("qwen3", lambda _: Reply("ok"))
        await answer(model, ask("hello"))
        del ollama.models["qwen3:latest"]
        with pytest.raises(
            NotInstalled, match=r"'qwen3:latest' is not installed\. Installed: qwen2"
        ):
            await answer(model, ask("hello"))


async def test_busy() -> None:
    """503 is a busy server."""
    async with FakeOllama() as ollama, served(ollama) as model:
        ollama.busy = True
        with pytest.raises(Busy, match=r"busy \(server busy, please try again\."):
            await answer(model, ask("hello"))


async def test_wrong_key() -> None:
    """A refused key names the setting."""
    async with FakeOllama(api_key="s3cret") as ollama, served(ollama, api_key="no") as model:
        with pytest.raises(Rejected, match="AI_OLLAMA_API_KEY"):
            await answer(model, ask("hello"))


async def test_refused() -> None:
    """What Ollama says about a request it refuses reaches the person."""
    async with FakeOllama() as ollama:
        error = await fails(ollama, Reply(status=400, error="the request is none"))

    assert isinstance(error, Rejected)
    assert "answered 400: the request is none" in str(error)


async def test_pictures_for_a_model_that_sees_none() -> None:
    """It is asked without them, as Ollama would refuse, and is told that there were some."""
    picture = Message("user", "what is this?", images=(b"png",))
    async with FakeOllama() as ollama, served(ollama) as model:
        ollama.script("qwen3", [Reply("I see nothing.")])
        said = await answer(model, ask(picture, model="qwen3"))

    assert "I see nothing." in str(said)


async def test_nobody_listens() -> None:
    """A refused connection names the address; the status says so too, and quickly."""
    url = nobody()
    async with served(url) as model, asyncio.timeout(5):
        with pytest.raises(Unreachable) as caught:
            await answer(model, ask("hello"))
        status = await model.status()

    expected = f"No model is reachable: Ollama does not answer at {url} (Connection refused)."
    assert expected == str(caught.value)
    assert not status.reachable
    assert expected == status.detail


async def test_no_such_host() -> None:
    """A name that does not resolve is unreachable, too."""
    async with served("http://ollama.invalid:11434") as model, asyncio.timeout(30):
        with pytest.raises(Unreachable, match=r"ollama\.invalid"):
            await answer(model, ask("hello"))


async def test_server_that_hangs() -> None:
    """The status of a server that accepts and says nothing comes within its time."""
    patience = Patience(first=0.3, status=0.1)
    async with FakeOllama() as ollama, served(ollama, patience=patience) as model:
        ollama.hang.set()
        async with asyncio.timeout(1):
            status = await model.status()
            with pytest.raises(TimedOut, match="took too long"):
                await answer(model, ask("hello"))

    assert not status.reachable
    assert "took too long" in status.detail


async def test_first_token_late() -> None:
    """A model that does not begin in time is given up."""
    async with FakeOllama() as ollama:
        error = await fails(ollama, Reply("late", first_delay=60), Patience(first=0.2))

    assert isinstance(error, TimedOut)
    assert str(error).startswith("qwen3:latest did not begin to answer within 0.2 s.")


async def test_idle() -> None:
    """A model that stops in the middle is given up."""
    async with FakeOllama() as ollama:
        error = await fails(ollama, Reply("one two", hang_after=1), Patience(idle=0.2))
        await asyncio.wait_for(ollama.gone.wait(), 5)

    assert isinstance(error, TimedOut)
    assert str(error) == "qwen3:latest stopped in the middle of its reply for 0.2 s."


async def test_total() -> None:
    """A model that never comes to an end is given up."""
    drip = Reply("word " * 100, token_delay=0.05)
    async with FakeOllama() as ollama:
        error = await fails(ollama, drip, Patience(total=0.3))

    assert isinstance(error, TimedOut)
    assert str(error) == "qwen3:latest had not finished its reply after 0.3 s."


@pytest.mark.parametrize(
    ("reply", "text"),
    [
        (Reply("one two", cut_after=1), "the connection was lost"),
        (Reply("one two", cut_after=1, token_delay=0.1, reset=True), "the connection was lost"),
        (Reply(raw=(b'{"message":{"content":"a"}}\n',)), "it ended in the middle"),
        (Reply(raw=(b"not json\n",)), "not the JSON that Ollama speaks"),
        (Reply(raw=(b"[1]\n",)), "not the JSON that Ollama speaks"),
        (Reply(raw=(b'{"message":{"tool_calls":7}}\n',)), "not the JSON that Ollama speaks"),
        (Reply(raw=(b'{"error":"out of memory"}\n',)), "out of memory"),
    ],
)
async def test_broken_reply(reply: Reply, text: str) -> None:
    """A reply that is cut off or garbled is said to be broken, and why."""
    async with FakeOllama() as ollama:
        error = await fails(ollama, reply)

    assert isinstance(error, BrokenReply)
    assert str(error).startswith(f"The model's reply was broken: {text}")


async def test_not_ollama() -> None:
    """Something else on that port is no crash."""

    async def greet(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"SSH-2.0-OpenSSH_9.2\r\n")
        writer.close()

    async with await asyncio.start_server(greet, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        async with served(f"http://127.0.0.1:{port}") as model, asyncio.timeout(5):
            with pytest.raises(BrokenReply, match="does not speak HTTP"):
                await answer(model, ask("hello"))


async def test_cancel_hangs_up() -> None:
    """Who stops a run stops the model: the connection is closed at once."""
    async with FakeOllama() as ollama, served(ollama) as model, asyncio.timeout(5):
        ollama.script("qwen3", [Reply("one two", hang_after=1)])
        heard = asyncio.Event()

        async def listen() -> None:
            async for item in model.reply(ask("go")):
                assert isinstance(item, Delta)
                heard.set()

        async with asyncio.TaskGroup() as group:
            task = group.create_task(listen())
            await heard.wait()
            task.cancel()
        await ollama.gone.wait()


async def test_server_comes_back() -> None:
    """After a failure the next question finds the server again."""
    async with FakeOllama() as ollama, served(ollama) as model:
        ollama.script("qwen3", lambda _: Reply("here"))
        await answer(model, ask("hello"))
        await ollama.stop()
        with pytest.raises(Unreachable):
            await answer(model, ask("hello"))
        await ollama.start()
        _, reply = await answer(model, ask("hello"))

    assert reply.text == "here"
