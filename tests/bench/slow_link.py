"""A TCP relay that takes its time, as a link to a far machine does."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager


@asynccontextmanager
async def slow_link(port: int, there_and_back: float) -> AsyncGenerator[int]:
    """A port of this machine that leads to *port*: a word and its answer take *there_and_back*
    seconds more. Bandwidth is not limited."""
    half = there_and_back / 2
    async with asyncio.TaskGroup() as tasks:
        running: list[asyncio.Task[None]] = []

        def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            running.append(tasks.create_task(_relay(reader, writer, port, half)))

        async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
            yield server.sockets[0].getsockname()[1]
        for each in running:
            each.cancel()


async def _relay(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, port: int, late: float
) -> None:
    far_reader, far_writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(_carry(reader, far_writer, late))
            tasks.create_task(_carry(far_reader, writer, late))
    finally:
        for end in (writer, far_writer):
            end.transport.abort()


async def _carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, late: float) -> None:
    loop = asyncio.get_running_loop()
    while data := await reader.read(65_536):
        loop.call_later(late, writer.write, data)
    loop.call_later(late, writer.close)
