"""A stand-in for an Ollama server: its HTTP API on a real socket, with scripted models.

    async with FakeOllama() as ollama:
        ollama.script("qwen3", [Reply(tool_calls=(("disk_usage", {}),)), Reply("Half full.")])
        ...                                       # ollama.url, ollama.requests, ollama.gone

A model without a script obeys the script in the last user message (``steps.py``), or else plays a
small helpful assistant (``demo.py``). By hand: ``python -m tests.fakes.ollama --port 11434``.
"""

from tests.fakes.ollama.conversation import ChatRequest, FakeModel, Reply, Truncation
from tests.fakes.ollama.server import EMBEDDER, MODELS, FakeOllama

__all__ = ["EMBEDDER", "MODELS", "ChatRequest", "FakeModel", "FakeOllama", "Reply", "Truncation"]
