"""Plots as PNG images: whatever a tool says can be drawn."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.live.plots.drawing import alt
from adapters.live.plots.paper import TEXT, fit, long
from adapters.live.plots.png import png
from adapters.live.plots.scale import number, ticks, time_ticks
from bot.plot import Bars, Lines, Measure, Plot, Series
from tests.plot_kit import picture_size

VALUES = st.floats(-1e30, 1e30) | st.sampled_from([0.0, 5e-324, 1e30])
MEASURES = st.builds(Measure, st.text(), VALUES, st.text())
TIMES = st.floats(0, 253_402_300_799)
SERIES = st.builds(Series, st.text(), st.lists(st.tuples(TIMES, VALUES), max_size=5).map(tuple))
BARS = st.builds(
    Bars, st.text(), st.lists(MEASURES, max_size=5).map(tuple), VALUES, st.none() | MEASURES
)
LINES = st.builds(
    Lines,
    st.text(),
    st.sampled_from(["B", "%", "ms", ""]),
    st.lists(SERIES, max_size=10).map(tuple),
    st.none() | MEASURES,
)


@settings(max_examples=40, deadline=None)
@given(BARS | LINES)
def test_anything_can_be_drawn(plot: Plot) -> None:
    """Any words, any numbers: an image of a size that can be looked at, and few words for it."""
    width, height = picture_size(png(plot))

    assert 1200 == width
    assert 100 < height < 2500
    assert len(alt(plot)) <= 1_000


def test_forty_bars_are_enough() -> None:
    """Labels never overlap: every bar has a row of its own, and what is left out is counted."""
    forty = Bars("x", tuple(Measure(str(each), each, str(each)) for each in range(40)))
    more = Bars("x", tuple(Measure(str(each), each, str(each)) for each in range(4_000)))

    assert picture_size(png(forty))[1] + 40 == picture_size(png(more))[1] < 2500


@pytest.mark.parametrize("text", [f"/{'deep/' * 200}data", "\u202egnp.exe", "中文", ""])
def test_a_label_fits_and_hides_nothing(text: str) -> None:
    """Long ones lose their middle; what turns text around or is not in the font is written out."""
    shown = fit(text, TEXT, 400)

    assert long(shown, TEXT) <= 400
    assert text[-4:] == shown[-4:] or not text.isascii()
    assert "\u202e" not in shown
    assert shown.startswith("\\u202e") or "\u202e" not in text


@given(VALUES, VALUES, st.sampled_from(["B", "%", ""]))
def test_ticks_are_round_and_few(one: float, other: float, unit: str) -> None:
    """An axis has all values between its first and its last tick, and can be read."""
    low, high = min(one, other, 0.0), max(one, other, 0.0)
    found = ticks(low, high, unit)

    assert 2 <= len(found) <= 6
    assert all(first < second for first, second in pairwise(found))
    little = 1e-9 * (1 + high - low)
    assert found[0] - little <= low
    assert high <= found[-1] + little


def test_numbers_are_written_as_people_read_them() -> None:
    """Bytes in steps of 1,024; percent without a blank; times in UTC by how long it lasted."""
    assert ["0%", "20%", "40%", "60%", "80%"] == [number(each, "%") for each in ticks(0, 71, "%")]
    assert ["0 B", "1 GiB", "2 GiB"] == [
        number(each, "B") for each in ticks(0, 1.9 * 2**30, "B", 3)
    ]
    assert ["1,500 ms", "0.25 ms"] == [number(1500, "ms"), number(0.25, "ms")]
    times = [text for _, text in time_ticks(1_764_320_000, 1_764_332_000)]
    assert ["09:00", "10:00", "11:00", "12:00"] == times
