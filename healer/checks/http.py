"""Web addresses: their status, what they say, and how long they take."""

import asyncio
from collections.abc import Mapping, Sequence
from time import perf_counter
from urllib.parse import urljoin, urlsplit

import aiohttp
from pydantic import BaseModel, ConfigDict, Field, field_validator

from healer.check import Finding, Limits, Remedy, Surroundings, check
from healer.words import argument, shown

_PATIENCE = 10.0
"""Seconds for one request, redirections included."""
_READ = 1 << 20
"""Bytes of a page in which words are looked for."""
_AT_ONCE = 50
_REDIRECTIONS = 5
_MOVED = {301, 302, 303, 307, 308}


class Page(BaseModel):
    """``[[checks.http.pages]]``"""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(min_length=1, max_length=60)
    url: str
    status: int = Field(default=200, ge=100, le=599)
    contains: str = ""
    slower_than: float = Field(default=5.0, gt=0, le=_PATIENCE)
    """Seconds."""
    host: str = ""
    """Whose page it is, in the inventory."""
    service: str = ""
    """Unit on that host whose restart would help."""

    @field_validator("url")
    @classmethod
    def _web(cls, value: str) -> str:
        parts = urlsplit(value)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError("must be an address such as https://example.org/health")
        return value


class HttpLimits(Limits):
    pages: tuple[Page, ...] = ()


@check(every=30, limits=HttpLimits, timeout=45)
async def http(around: Surroundings, limits: HttpLimits) -> Mapping[str, Sequence[Finding]]:
    """Pages that do not answer as they should.

    Confirmed by a second request, over a connection of its own."""
    names = around.hosts.names()
    # All of them, so that a page that is no longer listed is not missed for ever.
    found: dict[str, list[Finding]] = {name: [] for name in ("", *names)}
    some = asyncio.Semaphore(_AT_ONCE)

    async def ask(page: Page) -> None:
        async with some:
            found[page.host].append(await _asked(page))

    async with asyncio.TaskGroup() as tasks:
        for page in limits.pages:
            if page.host in found:
                tasks.create_task(ask(page))
    return found


async def _asked(page: Page) -> Finding:
    problem, seconds = await _request(page)
    again = (await _request(page))[0] if problem else ""
    helps = bool(problem) and page.host and page.service and argument(page.service)
    return Finding(
        page.name,
        ok=not problem,
        text=f"{shown(page.name)} {problem or f'answers in {seconds:.2f} s'}",
        value=round(seconds, 3),
        limit=page.slower_than,
        unit="s",
        confirmed=bool(again),
        remedy=Remedy("restart-service", {"service": page.service}) if helps else None,
        external=bool(problem),
    )


async def _request(page: Page) -> tuple[str, float]:
    """What is wrong, if anything, and the seconds it took."""
    began = perf_counter()
    try:
        async with (
            asyncio.timeout(_PATIENCE),
            aiohttp.ClientSession(connector=aiohttp.TCPConnector(force_close=True)) as session,
        ):
            problem = await _followed(session, page)
    except TimeoutError:
        problem = f"does not answer within {_PATIENCE:.0f} s"
    except (aiohttp.ClientError, OSError, ValueError) as error:
        problem = f"cannot be asked: {shown(str(error) or type(error).__name__)}"
    seconds = perf_counter() - began
    if not problem and seconds > page.slower_than:
        problem = f"took {seconds:.1f} s, more than {page.slower_than:g} s"
    return problem, seconds


async def _followed(session: aiohttp.ClientSession, page: Page) -> str:
    """What is wrong with what stands at the end of the page's redirections."""
    url = page.url
    for _ in range(_REDIRECTIONS):
        async with session.get(url, allow_redirects=False) as answer:
            to = answer.headers.get("Location", "")
            if answer.status == page.status or answer.status not in _MOVED or not to:
                return await _answer(answer, page)
        before, url = url, urljoin(url, to)
        if urlsplit(url).scheme not in (urlsplit(before).scheme, "https"):
            return f"leads from {urlsplit(before).scheme} to another scheme"
    return f"leads on more than {_REDIRECTIONS} times"


async def _answer(answer: aiohttp.ClientResponse, page: Page) -> str:
    if answer.status != page.status:
        return f"answers {answer.status} instead of {page.status}"
    if page.contains:
        body = bytearray()
        async for piece in answer.content.iter_any():
            body += piece
            if page.contains.encode() in body:
                return ""
            if len(body) > _READ:
                break
        return f"does not contain {shown(page.contains, 40)!r}"
    return ""
