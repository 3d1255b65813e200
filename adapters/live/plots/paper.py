"""What plots are drawn on. Opaque, so that they can be read on a light and on a dark page.

Importing this imports Pillow: :mod:`adapters.live.plots.drawing` does when a first plot is to be
drawn, in a thread."""

from bisect import bisect_right
from functools import lru_cache
from typing import Literal

from PIL import Image, ImageDraw, ImageFont

from adapters.live.texts import visible

WIDTH = 1200
PAD, TEXT, SMALL, TITLE = 36, 24, 21, 30
TOP = PAD + 66
"""Where the title ends."""
PAPER, INK, FAINT, GRID, TRACK = "#fbfbfc", "#1f2328", "#59636e", "#dfe3e8", "#e9ecf0"
BLUE, RED = "#2f6fde", "#cf222e"
_ENDS = 150
"""Characters of a text's beginning and of its end that could be shown at all."""
Anchor = Literal["lt", "lm", "mm", "rm", "mt"]
"""Which point of a text is placed: left, middle or right, then top or middle."""


class Paper:
    """A picture with a title, *height* pixels high; positions are pixels from its top left."""

    def __init__(self, height: int, title: str) -> None:
        self.image = Image.new("RGB", (WIDTH, height), PAPER)
        self._draw = ImageDraw.Draw(self.image)
        self.box(0, 0, WIDTH - 1, height - 1, TRACK)
        self.box(2, 2, WIDTH - 3, height - 3, PAPER)
        self.write(PAD, PAD, fit(title, TITLE, WIDTH - 2 * PAD), INK, TITLE, "lt")

    def box(self, left: float, top: float, right: float, bottom: float, colour: str) -> None:
        self._draw.rectangle((left, top, right, bottom), fill=colour)

    def line(self, points: list[tuple[float, float]], colour: str, width: int) -> None:
        self._draw.line(points, fill=colour, width=width, joint="curve")

    def dot(self, x: float, y: float, colour: str) -> None:
        self._draw.ellipse((x - 6, y - 6, x + 6, y + 6), fill=colour)

    def write(self, x: float, y: float, text: str, colour: str, size: int, at: Anchor) -> None:
        self._draw.text((x, y), text, fill=colour, font=_font(size), anchor=at)


def long(text: str, size: int) -> float:
    """Pixels."""
    return _font(size).getlength(text)


def fit(text: str, size: int, width: float) -> str:
    """One line of at most *width* pixels; its middle goes: paths end in what matters."""
    whole = _written(text)
    if long(whole, size) <= width:
        return whole
    keep = bisect_right(range(len(whole)), width, key=lambda n: long(_cut(whole, n), size)) - 1
    return _cut(whole, max(keep, 0))


def _cut(text: str, keep: int) -> str:
    head = (keep + 1) // 2
    return f"{text[:head]}…{text[len(text) - keep + head :]}"


def _written(text: str) -> str:
    """With what hides or is not in the font written out."""
    line = " ".join(visible(text).split())
    line = line if len(line) <= 2 * _ENDS else f"{line[:_ENDS]}…{line[-_ENDS:]}"
    return "".join(each if _known(each) else f"\\u{ord(each):04x}" for each in line)


@lru_cache(maxsize=4096)
def _known(character: str) -> bool:
    """Whether the font has it: what it lacks is drawn like what can never be a character."""
    return character == " " or _shape(character) != _shape("\uffff")


def _shape(character: str) -> bytes:
    image = Image.new("L", (2 * TEXT, 2 * TEXT))
    ImageDraw.Draw(image).text((0, 0), character, fill=255, font=_font(TEXT))
    return image.tobytes()


@lru_cache
def _font(size: int) -> ImageFont.FreeTypeFont:
    """Pillow's own, so that plots look alike on every machine."""
    font = ImageFont.load_default(size)
    assert isinstance(font, ImageFont.FreeTypeFont), "Pillow is built without FreeType"
    return font
