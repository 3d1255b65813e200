"""The Docker engine of a host: short calls by its SDK in threads, streams in the event loop."""

import json
import socket
from asyncio import IncompleteReadError, Semaphore, TaskGroup
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, closing, suppress
from dataclasses import dataclass
from typing import Annotated, Any, Protocol, TypeVar, cast

import aiohttp
from pydantic import Field

from bot.blocking import run_blocking
from bot.resources import Host
from bot.tool import ToolError
from tools.hosts.output import safe

Name = Annotated[
    str,
    Field(
        # As the engine itself restricts them; the first characters of an id fit, too.
        pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$",
        max_length=128,
        description="name of the container, as docker_status shows it",
    ),
]
T = TypeVar("T")
ANSWER = 10.0
AT_ONCE = 64
"""Questions that an engine is asked at the same time."""
_HEADER = 8
"""Docker Engine API, "Stream format": which stream, three zeros, four bytes of length."""
_STREAMS = ("stdin", "stdout", "stderr")


class Client(Protocol):
    """What is used of ``docker.APIClient``, which has no types. Dictionaries are the API's."""

    def containers(self, *, all: bool) -> list[dict[str, Any]]: ...  # noqa: A002 - the SDK's name
    def inspect_container(self, container: str) -> dict[str, Any]: ...
    def restart(self, container: str, timeout: int) -> None: ...
    def exec_create(self, container: str, cmd: Sequence[str], **options: Any) -> dict[str, Any]: ...
    def exec_inspect(self, exec_id: str) -> dict[str, Any]: ...


class NotThere(ToolError):
    """The engine knows no such container; it may just have gone."""


class NoAnswer(ToolError):
    """The engine took the call and never answered."""


@dataclass(frozen=True, slots=True)
class Engine:
    """The engine of one host."""

    host: str
    account: str
    there: str
    """Where it listens on its host."""
    here: str
    """The path on this machine that leads there."""
    patience: float = ANSWER
    """Seconds in which it must answer a short call, or go on with a stream."""

    async def ask(self, question: Callable[[Client], T], *, longer: float = 0) -> T:
        """What *question* returns; it is asked in a thread. *longer*: seconds that its calls may
        take besides.

        Raises ToolError when the engine cannot be reached, does not answer, or refuses."""
        seconds = self.patience + longer
        return await run_blocking(f"docker@{self.host}", self._asked, question, seconds)

    async def every(self, paths: Mapping[str, str]) -> dict[str, dict[str, Any]]:
        """What the engine answers to GET for each path, by the keys of *paths*; 404 is left out.

        Many at once: what a container uses is answered after a second. Raises ToolError."""
        found: dict[str, dict[str, Any]] = {}
        places = Semaphore(AT_ONCE)

        async def asked(key: str, path: str) -> None:
            with suppress(NotThere):
                async with places, self.stream("GET", path) as content:
                    found[key] = json.loads(await content.read())

        try:
            async with TaskGroup() as group:
                for key, path in paths.items():
                    group.create_task(asked(key, path))
        except* ToolError as failed:
            raise _first(failed) from None
        return found

    @asynccontextmanager
    async def stream(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, int] | None = None,
        body: Mapping[str, Any] | None = None,
        silent: bool = False,
    ) -> AsyncGenerator[aiohttp.StreamReader]:
        """The body of an answer of the engine, as it comes. *silent*: it may say nothing for long.

        Raises ToolError. A thread that waits for a stream could not be stopped: hence no SDK."""
        quiet = None if silent else self.patience
        patience = aiohttp.ClientTimeout(sock_connect=self.patience, sock_read=quiet)
        connector = aiohttp.UnixConnector(self.here)
        try:
            async with (
                aiohttp.ClientSession(connector=connector, timeout=patience) as http,
                http.request(method, f"http://docker{path}", params=query, json=body) as response,
            ):
                if response.status >= 400:
                    told = cast("dict[str, str]", await response.json())
                    raise self._refused(response.status, told["message"])
                yield response.content
        except TimeoutError as error:
            raise self._silent(self.patience) from error
        except aiohttp.ClientError as error:
            raise ToolError(f"the connection to Docker on {self.host} broke: {error}") from error

    def _asked(self, question: Callable[[Client], T], seconds: float) -> T:
        """In a thread. The SDK is large and is imported when it is first needed."""
        from docker import APIClient
        from docker.errors import APIError, DockerException
        from requests.exceptions import RequestException, Timeout

        self._knock(seconds)
        make = cast("Any", APIClient)  # its type says whole seconds, which is not so
        try:
            with closing(make(f"unix://{self.here}", version="auto", timeout=seconds)) as client:
                return question(client)
        except APIError as error:
            raise self._refused(error.status_code or 0, str(error.explanation)) from error
        except (DockerException, RequestException) as error:
            if isinstance(error, Timeout) or isinstance(error.__cause__, Timeout):
                raise self._silent(seconds) from error
            raise ToolError(
                f"Docker on {self.host} closed the connection: see that it runs (service_status "
                f"docker) and that {self.account} may use {self.there}"
            ) from error

    def _knock(self, seconds: float) -> None:
        """Raises ToolError that says why nobody opens, which the SDK would hide."""
        start = "start it (service_control docker start) or install the package docker.io"
        try:
            with socket.socket(socket.AF_UNIX) as knock:
                knock.settimeout(seconds)
                knock.connect(self.here)
        except FileNotFoundError as error:
            raise ToolError(
                f"Docker does not run on {self.host}, there is no {self.there}: {start}"
            ) from error
        except ConnectionRefusedError as error:
            raise ToolError(f"Docker on {self.host} is down: {start}") from error
        except PermissionError as error:
            raise ToolError(
                f"{self.account} may not use {self.there}: add the account to the group docker "
                "(which makes it as mighty as root) or let another one run the bot's commands"
            ) from error
        except TimeoutError as error:
            raise self._silent(seconds) from error
        except OSError as error:
            raise ToolError(f"{self.there} on {self.host}: {error.strerror or error}") from error

    def _silent(self, seconds: float) -> NoAnswer:
        return NoAnswer(
            f"Docker on {self.host} did not answer within {seconds:g} s: it may hang or be "
            "overloaded; see system_info, and logs_view of the unit docker"
        )

    def _refused(self, status: int, explanation: str) -> ToolError:
        kind = NotThere if status == 404 else ToolError
        return kind(f"Docker on {self.host}: {safe(explanation).strip()}")


def _first(failed: BaseExceptionGroup[ToolError]) -> ToolError:
    return next(error for error in failed.exceptions if isinstance(error, ToolError))


async def engine_of(host: Host) -> Engine:
    """Raises ToolError when tools may not use one there, or the host is away."""
    if not host.docker:
        raise ToolError(
            f"tools may not use Docker on {host.name}: set docker = true for it in the inventory"
        )
    here = await host.forward(host.docker)
    return Engine(host.name, host.account, host.docker, here)


async def frames(content: aiohttp.StreamReader) -> AsyncGenerator[tuple[str, bytes]]:
    """The pieces of a stream without a terminal, each with the stream's name."""
    with suppress(IncompleteReadError):
        while True:
            header = await content.readexactly(_HEADER)
            length = int.from_bytes(header[4:], "big")
            yield _STREAMS[header[0]], await content.readexactly(length)
