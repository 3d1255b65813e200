"""Checks that ask no host's shell: pages, engines, the bot itself; and scripts with BusyBox."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from shutil import which
from typing import Any

import pytest
from aiohttp import web

from bot.resources import Roots
from healer.asking import ask
from healer.check import Finding, Limits, Surroundings
from healer.checks.bot import BotLimits
from healer.checks.docker import DockerLimits
from healer.checks.http import HttpLimits, Page
from tests.checks_kit import CHECKS, NOW, Counted, Many, nothing, told, well
from tools.hosts.local import LocalHost

Serve = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]


def around(
    hosts: Many, limits: Limits, *, jump: float = 0, troubles: Mapping[str, str] | None = None
) -> Surroundings:
    async def known() -> Mapping[str, str]:
        return await well() if troubles is None else troubles

    return Surroundings(hosts, lambda _: limits, lambda _host, _target: (), NOW, jump, known)


async def looked(name: str, near: Surroundings, limits: Limits) -> Mapping[str, Any]:
    look = CHECKS[name].look
    assert look
    return await look(near, limits)


@asynccontextmanager
async def serving(serve: Serve) -> AsyncGenerator[str]:
    """A web server on a real socket; its address."""
    runner = web.ServerRunner(web.Server(serve))
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/"
    finally:
        await runner.cleanup()


async def page(serve: Serve, **given: Any) -> Finding:
    """What the check says of a page that is served so."""
    async with serving(serve) as url:
        limits = HttpLimits(pages=(Page(name="shop", url=url, **given),))
        [found] = (await looked("http", around(Many(1), limits), limits))[given.get("host", "")]
    return found


async def fine(request: web.BaseRequest) -> web.Response:
    return web.Response(text="all is well")


async def test_a_page_that_answers() -> None:
    """Its status, its words; how long it took is its signal."""
    found = await page(fine, contains="is well", host="h0")

    assert (True, "s", 5.0) == (found.ok, found.unit, found.limit)
    assert found.text.startswith("shop answers in 0.")
    assert found.value is not None


async def test_a_page_that_does_not_answer_as_it_should() -> None:
    """Asked again over another connection: both must be bad for it to be confirmed."""
    peers: list[object] = []

    async def failing(request: web.BaseRequest) -> web.Response:
        assert request.transport
        peers.append(request.transport.get_extra_info("peername"))
        return web.Response(status=503)

    found = await page(failing, host="h0", service="nginx.service")

    assert (False, True) == (found.ok, found.confirmed)
    assert found.text == "shop answers 503 instead of 200"
    assert found.remedy
    assert {"service": "nginx.service"} == found.remedy.parameters
    assert 2 == len(set(peers))


async def test_a_page_that_fails_once() -> None:
    """It is told of and not confirmed."""
    answers = iter((500, 200))

    async def moody(request: web.BaseRequest) -> web.Response:
        return web.Response(status=next(answers))

    found = await page(moody)

    assert (False, False) == (found.ok, found.confirmed)


async def test_words_that_are_missing() -> None:
    """What the page says instead is an outsider's and not repeated."""
    found = await page(fine, contains="open for business")

    assert found.text == "shop does not contain 'open for business'"
    assert found.external


async def test_a_page_that_is_slow() -> None:
    """More than its limit, although the answer is right."""

    async def slow(request: web.BaseRequest) -> web.Response:
        await asyncio.sleep(0.1)
        return web.Response()

    found = await page(slow, slower_than=0.05)

    assert not found.ok
    assert "more than 0.05 s" in found.text


@pytest.mark.parametrize("to", ["file:///etc/passwd", "ftp://127.0.0.1/", "gopher://x/"])
async def test_no_page_leads_into_another_scheme(to: str) -> None:
    """Only on the web, and never without an end."""

    async def leading(request: web.BaseRequest) -> web.Response:
        return web.Response(status=302, headers={"Location": to})

    assert "leads from http to another scheme" in (await page(leading)).text


async def test_where_pages_lead() -> None:
    """To the end of it, unless the redirection itself is what is wanted; never in a circle."""

    async def leading(request: web.BaseRequest) -> web.Response:
        if request.path == "/there":
            return web.Response(text="here")
        to = "/" if request.query_string else "/there"
        return web.Response(status=302, headers={"Location": to})

    async def circle(request: web.BaseRequest) -> web.Response:
        return web.Response(status=307, headers={"Location": "/"})

    assert (await page(leading, contains="here")).ok
    assert (await page(leading, status=302)).ok
    assert "more than 5 times" in (await page(circle)).text


async def test_nobody_listens() -> None:
    """One line that says so; a page of a host that is gone from the inventory is not asked."""
    limits = HttpLimits(
        pages=(
            Page(name="shop", url="http://127.0.0.1:1/"),
            Page(name="old", url="http://127.0.0.1:1/", host="gone"),
        )
    )
    found = await looked("http", around(Many(1), limits), limits)

    assert {"", "h0"} == found.keys()
    assert found[""][0].text.startswith("shop cannot be asked: ")


class Engineless(Many):
    """One host, whose engine would be at *socket*."""

    def __init__(self, socket: Path, key: str) -> None:
        super().__init__(1)
        machine = Counted("h0", self.together)
        machine.docker, machine.key = str(socket), key
        self.machines["h0"] = machine


async def engine(hosts: Many) -> list[Finding]:
    found = await looked("docker", around(hosts, DockerLimits()), DockerLimits())
    return list(found.get("h0", ()))


async def test_engines_that_are_not_there(tmp_path: Path) -> None:
    """Amiss where the inventory names one; the bot's own machine may do without."""
    [missing] = await engine(Engineless(tmp_path / "none", "SHA256:x"))

    assert (False, "docker") == (missing.ok, missing.target)
    assert [] == await engine(Engineless(tmp_path / "none", ""))


async def test_what_is_no_engine(tmp_path: Path) -> None:
    """Whatever listens there, the check says one thing and the others are read."""

    async def odd(request: web.BaseRequest) -> web.Response:
        return web.json_response([{"Names": 7}])

    runner = web.ServerRunner(web.Server(odd))
    await runner.setup()
    await web.UnixSite(runner, str(tmp_path / "socket")).start()
    [found] = await engine(Engineless(tmp_path / "socket", "SHA256:x"))
    await runner.cleanup()

    assert not found.ok
    assert "cannot be read (TypeError" in found.text


async def test_the_bot_itself() -> None:
    """Each part that has a trouble, and the clock when it jumped either way."""
    near = around(Many(1), BotLimits(), jump=-3600, troubles={"slack": "", "model": "away\x1b[2J"})
    found = (await looked("bot", near, BotLimits(ignore=("slack",))))[""]
    steady = (await looked("bot", around(Many(1), BotLimits()), BotLimits()))[""]

    assert ["model: away [2J", "the clock jumped 3600 s back"] == [each.text for each in found]
    assert [False, False] == [each.ok for each in found]
    assert all(each.ok for each in steady)
    assert "the clock is steady" == told(steady, "clock").text


async def test_scripts_on_busybox(tmp_path: Path) -> None:
    """With its programs in the place of GNU's every script is read."""
    busybox = which("busybox")
    if not busybox:
        pytest.skip("no busybox")
    listed = await LocalHost(Roots()).run(f"{busybox} --list")
    for name in listed.output.split():
        (tmp_path / name).symlink_to(busybox)
    (tmp_path / "bash").unlink(missing_ok=True)
    (tmp_path / "bash").symlink_to("/bin/bash")

    class Small(LocalHost):
        async def run(self, command: str, **given: Any) -> Any:
            return await super().run(f"PATH={tmp_path}\n{command}", **given)

    names = ("disk", "host", "load", "services")
    due = [(CHECKS[name], CHECKS[name].limits()) for name in names]
    answer = await ask(Small(Roots()), due, nothing, NOW, 30)

    assert {} == answer.unread
    assert {"disk", "host", "load"} <= {each.check for each in answer.seen}
