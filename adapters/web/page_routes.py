"""The page: one HTML file and its modules, from the disk, always revalidated."""

from collections.abc import Iterable
from pathlib import Path

from aiohttp import web

PAGE = Path(__file__).parent / "page"


def page_routes(page: Path) -> Iterable[web.AbstractRouteDef]:
    async def index(_request: web.Request) -> web.FileResponse:
        return web.FileResponse(page / "index.html")

    return [web.get("/", index), web.static("/static", page / "static")]
