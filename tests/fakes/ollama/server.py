"""Ollama's HTTP API (``/api/chat show tags ps version``), as strict as Ollama is itself."""

import asyncio
import json
from collections import Counter, deque
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from aiohttp import web

from tests.fakes.ollama import demo, embedding, grammar, steps, wire
from tests.fakes.ollama.conversation import (
    CHARS_PER_TOKEN,
    ChatRequest,
    FakeModel,
    Reply,
    Truncation,
    tokens,
    truncate,
)

Says = Callable[[ChatRequest], Reply]
Route = Callable[[Any], Awaitable[web.StreamResponse]]
MODELS = (
    FakeModel("qwen3:latest"),
    FakeModel("qwen2.5-coder:7b", ("completion", "tools"), 32_768),
    FakeModel("phi3:mini", ("completion",), 4_096),
    FakeModel("llama3.2-vision:11b", ("completion", "vision"), 131_072),
)
EMBEDDER = FakeModel("nomic-embed-text:latest", ("embedding",), 2_048)
_LARGEST = 64 << 20
"""Bytes of a question: pictures are in it."""
DEFAULT_NUM_CTX = 4_096
"""What Ollama takes when a request does not say."""


class FakeOllama:
    """Start with ``async with`` or :meth:`start`; the attributes below are for assertions."""

    def __init__(
        self,
        models: Sequence[FakeModel] = MODELS,
        *,
        api_key: str = "",
        remember: int = 200,
        token_delay: float = 0.0,
        reads: int = 1 << 30,
    ) -> None:
        """*reads*: tokens of a prompt that it reads at most, whatever was agreed."""
        self.models = {model.name: model for model in models}
        self.busy = False
        """Answer every chat with 503."""
        self.hang = asyncio.Event()
        """While set, nothing but chats is answered."""
        self.requests: deque[ChatRequest] = deque(maxlen=remember)
        self.calls: Counter[str] = Counter()
        """How often each path was asked for."""
        self.loaded: set[str] = set()
        """Read into memory by a question of nothing."""
        self.truncations: list[Truncation] = []
        self.gone = asyncio.Event()
        """A client hung up before its reply was over."""
        self.port = 0
        self._api_key = api_key
        self._token_delay = token_delay
        self._reads = reads
        self._scripts: dict[str, Says] = {}
        self._runner: web.ServerRunner | None = None
        self.pullable: dict[str, FakeModel] = {}
        """What can be pulled, besides what is installed."""
        self.dimension = embedding.DIMENSION
        """Of the vectors that /api/embed answers with."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def script(self, model: str, says: Iterable[Reply] | Says) -> None:
        """What *model* says: one reply a request, or a function of the request."""
        self._scripts[self._full(model)] = says if callable(says) else _one_by_one(iter(says))

    async def start(self, host: str = "127.0.0.1", port: int = 0) -> None:
        """Listen; without a port on the one used before, else on a free one."""
        server = web.Server(
            self._handle, access_log=None, keepalive_timeout=600, handler_cancellation=True
        )
        self._runner = web.ServerRunner(server, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, host, port or self.port, backlog=4096).start()
        self.port = self._runner.addresses[0][1]

    async def stop(self) -> None:
        assert self._runner is not None
        await self._runner.cleanup()

    async def __aenter__(self) -> "FakeOllama":
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        path = request.path
        self.calls[path] += 1
        if self._api_key and request.headers.get("Authorization") != f"Bearer {self._api_key}":
            return wire.error(401, "unauthorized")
        if path == "/api/chat":
            return await self._chat(request.clone(client_max_size=_LARGEST))
        route = self._route(request.method, path)
        if route is None:
            return web.Response(status=404, text="404 page not found")
        if self.hang.is_set():
            await asyncio.sleep(3600)
        return await route(request)

    def _route(self, method: str, path: str) -> Route | None:
        routes: dict[tuple[str, str], Route] = {
            ("POST", "/api/show"): self._show,
            ("POST", "/api/embed"): self._embed,
            ("POST", "/api/pull"): self._pull,
            ("GET", "/api/tags"): self._tags,
            ("GET", "/api/ps"): self._ps,
            ("GET", "/api/version"): self._version,
        }
        return routes.get((method, path))

    async def _chat(self, request: web.BaseRequest) -> web.StreamResponse:
        body = await request.read()
        if self.busy:
            return wire.error(
                503, "server busy, please try again.  maximum pending requests exceeded"
            )
        try:
            payload = json.loads(body)
        except ValueError as broken:
            return wire.error(400, str(broken))
        model = self.models.get(self._full(payload.get("model") or ""))
        if refusal := wire.refuse(payload, model):
            return refusal
        assert model is not None
        if not payload.get("messages"):
            self.loaded.add(model.name)
            return wire.ndjson([{"model": model.name, "done": True, "done_reason": "load"}])
        asked, cost = self._see(model, payload, len(body))
        asked.authorization = request.headers.get("Authorization", "")
        self.requests.append(asked)
        reply = self._reply(model, asked)
        if reply.status == 200 and not reply.raw and not grammar.allows(asked.format, reply.text):
            return wire.error(500, f"no model could write this in its format: {reply.text}")
        try:
            return await wire.answer(request, asked, reply, cost)
        except (asyncio.CancelledError, ConnectionResetError):
            self.gone.set()
            raise

    def _see(self, model: FakeModel, payload: dict[str, Any], size: int) -> tuple[ChatRequest, int]:
        """The request as the model sees it, and what its prompt costs."""
        options: dict[str, Any] = payload.get("options") or {}
        num_ctx = min(
            int(options.get("num_ctx") or DEFAULT_NUM_CTX), model.context_length, self._reads
        )
        messages: Sequence[Mapping[str, Any]] = payload["messages"]
        cost = size // CHARS_PER_TOKEN
        if cost > num_ctx:
            offered = len(json.dumps(payload.get("tools") or [])) // CHARS_PER_TOKEN
            messages, dropped = truncate(messages, num_ctx - offered)
            cost = min(offered + sum(tokens(message) for message in messages), num_ctx)
            if dropped:
                self.truncations.append(Truncation(model.name, dropped, num_ctx))
        request = ChatRequest(
            model.name,
            messages,
            payload.get("tools") or (),
            options,
            payload.get("stream", True),
            payload.get("think"),
            payload.get("format"),
        )
        return request, max(cost, 1)

    def _reply(self, model: FakeModel, request: ChatRequest) -> Reply:
        if says := self._scripts.get(model.name):
            return says(request)
        return steps.reply(request) or demo.reply(request, token_delay=self._token_delay)

    async def _show(self, request: web.BaseRequest) -> web.Response:
        name = json.loads(await request.read()).get("model") or ""
        model = self.models.get(self._full(name))
        return wire.show(model) if model else wire.error(404, f"model '{name}' not found")

    async def _pull(self, request: web.BaseRequest) -> web.Response:
        name = self._full(json.loads(await request.read()).get("model") or "")
        if name not in self.pullable:
            return wire.ndjson([{"error": "pull model manifest: file does not exist"}])
        self.models[name] = self.pullable[name]
        part = {"status": "pulling 3e4cb1417446", "total": 4_000, "completed": 1_000}
        whole = {**part, "completed": 4_000}
        return wire.ndjson([{"status": "pulling manifest"}, part, whole, {"status": "success"}])

    async def _embed(self, request: web.BaseRequest) -> web.Response:
        body = await request.read()
        name = json.loads(body).get("model") or ""
        model = self.models.get(self._full(name))
        if model is None:
            return wire.error(404, f"model '{name}' not found")
        if "embedding" not in model.capabilities:
            return wire.error(501, "this model does not support embeddings")
        status, answer = embedding.answer(body, self.dimension)
        return wire.json_response(answer, status)

    async def _tags(self, _: web.BaseRequest) -> web.Response:
        return wire.json_response({"models": [wire.card(m) for m in self.models.values()]})

    async def _ps(self, _: web.BaseRequest) -> web.Response:
        used = {*self.loaded, *(request.model for request in self.requests)}
        loaded = [wire.card(model) for name, model in self.models.items() if name in used]
        return wire.json_response({"models": loaded})

    async def _version(self, _: web.BaseRequest) -> web.Response:
        return wire.json_response({"version": "0.13.5"})

    def _full(self, name: str) -> str:
        return name if ":" in name else f"{name}:latest"


def _one_by_one(replies: Iterator[Reply]) -> Says:
    over = Reply(status=500, error="the script has no reply left")
    return lambda _: next(replies, over)
