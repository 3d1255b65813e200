"""What another contender's tokens cost on their way to a WebSocket: ``relay CONTENDER URL DIR``.

Prints its own address. A text is answered with the frames the bot would send, less their context.
"""

import asyncio
import json
import sys
from pathlib import Path

from aiohttp import WSMsgType, web

from tests.bench import client, raw
from tests.bench.contender import Contender

CONTENDERS = {"raw": raw.opened, "client": client.opened}


def application(contender: Contender) -> web.Application:
    async def chat(request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(compress=False)
        await socket.prepare(request)
        async for message in socket:
            if message.type is WSMsgType.TEXT:
                async for piece in contender.stream(json.loads(message.data)["message"]):
                    await socket.send_str(json.dumps({"type": "model_delta", "text": piece}))
                await socket.send_str(json.dumps({"type": "run_finished"}))
        return socket

    app = web.Application()
    app.router.add_get("/ws/chat", chat)
    return app


async def relay(name: str, url: str, directory: str) -> None:
    """Until it is ended."""
    async with CONTENDERS[name](url, Path(directory)) as contender:
        runner = web.AppRunner(application(contender))
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        print(f"http://127.0.0.1:{runner.addresses[0][1]}", flush=True)
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(relay(*sys.argv[1:]))
