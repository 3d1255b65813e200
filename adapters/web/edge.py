"""Where a request comes from: the client behind the proxies, and the page that sent it."""

from ipaddress import ip_address, ip_network
from urllib.parse import SplitResult, urlsplit

from aiohttp import web

from bot.config import BadSettings, Settings
from bot.ports import Forbidden

_HOME = {"localhost", "127.0.0.1", "::1"}


class Edge:
    """Raises BadSettings when AI_TRUSTED_PROXIES holds something else than addresses."""

    def __init__(self, settings: Settings) -> None:
        self._origin = _origin(settings.public_url) if settings.public_url else ""
        self._hosts = {*_HOME, settings.host, urlsplit(settings.public_url).hostname} - {None}
        self._open = not settings.auth_enabled
        try:
            self._proxies = [ip_network(proxy, strict=False) for proxy in settings.trusted_proxies]
        except ValueError as error:
            raise BadSettings(f"AI_TRUSTED_PROXIES: {error}; give IP addresses") from error

    def address(self, request: web.Request) -> str:
        """The client's: the last hop of X-Forwarded-For that is no proxy of ours."""
        hops = [hop.strip() for hop in request.headers.get("X-Forwarded-For", "").split(",")]
        address = request.remote or ""
        while self._trusts(address) and hops and hops[-1]:
            address = hops.pop()
        return address

    def is_https(self, request: web.Request) -> bool:
        if self._trusts(request.remote or ""):
            forwarded = request.headers.get("X-Forwarded-Proto")
            if forwarded:
                return forwarded == "https"
        return request.secure or self._origin.startswith("https:")

    def check_origin(self, request: web.Request) -> None:
        """Raises Forbidden when another site's page sent it; programs send no origin at all.

        Without logins any page could also reach us under a name it controls (DNS rebinding), so
        the name must then be one of this machine's."""
        if self._open and _split(f"//{request.host}").hostname not in self._hosts:
            raise Forbidden("with AI_AUTH_ENABLED=false the bot answers only on this machine")
        origin = request.headers.get("Origin")
        if origin is None:
            ours = request.headers.get("Sec-Fetch-Site", "none") in ("none", "same-origin")
        else:
            ours = origin == self._origin or _split(origin).netloc == request.host
        if not ours:
            raise Forbidden("requests from other sites are not accepted; see AI_PUBLIC_URL")

    def _trusts(self, address: str) -> bool:
        try:
            return any(ip_address(address) in proxy for proxy in self._proxies)
        except ValueError:
            return False


def _split(url: str) -> SplitResult:
    """What is no address has no parts."""
    try:
        return urlsplit(url)
    except ValueError:
        return SplitResult("", "", "", "", "")


def _origin(url: str) -> str:
    scheme, netloc, *_ = urlsplit(url)
    return f"{scheme}://{netloc}"
