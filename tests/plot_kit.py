"""A tool with a plot, and pictures taken apart."""

import struct

from bot.plot import Bars, Measure
from bot.tool import Risk, Tool, ToolResult, Trust, tool

PNG = b"\x89PNG\r\n\x1a\n"


def picture_size(data: bytes) -> tuple[int, int]:
    """Width and height of a PNG image, by its header."""
    assert data.startswith(PNG)
    assert data.endswith(b"IEND\xaeB`\x82")
    width, height = struct.unpack(">II", data[16:24])
    return width, height


def space() -> Tool:
    @tool(risk=Risk.READ, trust=Trust.SYSTEM)
    async def space(at: str = "web1") -> ToolResult:
        """Space taken."""
        bars = (Measure("/", 71, "71%"), Measure("<!channel>", 93, "93%"))
        return ToolResult("two", plot=Bars(f"disk use on {at}", bars, full=100))

    return space
