"""What every answer tells the browser not to allow."""

from collections.abc import Awaitable, Callable

from aiohttp import web

from adapters.web.edge import Edge

_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data: blob:",
        "connect-src 'self'",  # includes the same host's WebSocket
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
    )
)
_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}


def signal(edge: Edge) -> Callable[[web.Request, web.StreamResponse], Awaitable[None]]:
    """For ``on_response_prepare``, which even an error's answer passes."""

    async def add(request: web.Request, response: web.StreamResponse) -> None:
        response.headers.update(_HEADERS)
        page = request.path == "/" or request.path.startswith("/static/")
        response.headers["Cache-Control"] = "no-cache" if page else "no-store"
        response.headers.pop("Server", None)
        if edge.is_https(request):
            response.headers["Strict-Transport-Security"] = "max-age=31536000"

    return add
