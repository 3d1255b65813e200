"""``python -m tests.fakes.ollama --port 11434``: the fake as a program, until it is ended.

Prints ``READY <port>`` once it listens. Scripts: see ``steps.py`` and ``demo.py``.
"""

import argparse
import asyncio
import signal

from tests.fakes.ollama.conversation import FakeModel
from tests.fakes.ollama.server import EMBEDDER, MODELS, FakeOllama


async def serve(host: str, port: int, models: list[str], token_delay: float) -> None:
    offered = [FakeModel(name if ":" in name else f"{name}:latest") for name in models]
    ollama = FakeOllama(offered or (*MODELS, EMBEDDER), remember=1, token_delay=token_delay)
    await ollama.start(host, port)
    print(f"READY {ollama.port}", flush=True)
    ended = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, ended.set)
    await ended.wait()
    await ollama.stop()


def main() -> None:
    parser = argparse.ArgumentParser(description="A scripted stand-in for an Ollama server.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=11434, help="0: any free port")
    parser.add_argument("--model", action="append", default=[], help="may be given several times")
    parser.add_argument("--tpd", type=float, default=0, help="milliseconds between demo tokens")
    given = parser.parse_args()
    asyncio.run(serve(given.host, given.port, given.model, given.tpd / 1000))


if __name__ == "__main__":
    main()
