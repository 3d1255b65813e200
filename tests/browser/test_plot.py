"""Plots on the page: drawn by the page itself, under its strict policy."""

from dataclasses import asdict

import pytest
from playwright.async_api import Page, expect

from bot.plot import Bars, Lines, Measure, Plot, Series
from tests.browser.conftest import Modules
from tests.browser.frames import begun, call, ended, replied, started
from tests.fakes.page_server import PageServer

DISKS = Bars(
    "disk use on web1",
    (
        Measure("/", 71, "71% of 40.0 GiB"),
        Measure("/srv", 93, "93% of 1.0 TiB"),
        Measure("<b>\u202egnp</b>", 0, "0% of 1.0 GiB"),
        Measure("/var/lib/docker/" + "deep/" * 20, 12, "12% of 40.0 GiB"),
    ),
    full=100,
    limit=Measure("limit", 90, "90%"),
)
LOAD = Lines(
    "memory of containers on web1",
    "B",
    tuple(
        Series(
            f"shop-{place}",
            tuple((1_764_320_000.0 + 60 * at, at % 11 * 2e8 + place * 1e8) for at in range(100)),
        )
        for place in range(1, 10)
    ),
    limit=Measure("limit", 3e9, "2.8 GiB"),
)


async def show(tab: Page, server: PageServer, plot: Plot) -> None:
    looked = call("c1", "disk_usage")
    done = ended("c1", output="two rows", plot=asdict(plot))
    await server.play(started("how full?"), replied("", looked), begun(looked), done)
    await tab.goto(f"{server.url}/#/t")
    await expect(tab.locator(".plot")).to_be_visible()


async def test_bars_are_rows(tab: Page, server: PageServer) -> None:
    """Each has its label and its text as text, its length as a share of the whole, and is red from
    the limit on; nothing in a label is markup or hides."""
    await show(tab, server, DISKS)
    rows = tab.locator(".plot tr")

    await expect(tab.locator(".plot figcaption")).to_have_text("disk use on web1")
    await expect(rows).to_have_count(4)
    await expect(rows.nth(1)).to_contain_text("/srv")
    await expect(rows.nth(1)).to_contain_text("93% of 1.0 TiB")
    await expect(rows.nth(0).locator(".plot-0")).to_have_attribute("width", "71")
    await expect(rows.nth(1).locator(".plot-over")).to_have_attribute("width", "93")
    await expect(rows.nth(2).locator("th")).to_contain_text("<b>")
    await expect(rows.nth(2).locator(".invisible-character")).to_have_count(1)
    await expect(tab.locator(".plot-limit-text")).to_have_text("limit: 90%")
    assert await tab.evaluate("document.documentElement.scrollWidth <= innerWidth")


async def test_lines_are_drawn(tab: Page, server: PageServer) -> None:
    """Eight of nine series with their names and last values, in the order they came, between round
    values and the first and the last time."""
    await show(tab, server, LOAD)
    legend = tab.locator(".plot-legend li")

    await expect(tab.locator(".plot-line")).to_have_count(8)
    await expect(legend).to_have_count(8)
    await expect(legend.first).to_have_text("shop-195.4 MiB")
    await expect(tab.locator(".plot-values")).to_have_text("4 GiB2 GiB0 B")
    await expect(tab.locator(".plot")).to_contain_text("and 1 more")


@pytest.mark.parametrize(
    ("value", "unit", "expected"),
    [
        (0, "%", 0), (71, "%", 80), (100, "%", 100), (0.3, "", 0.4), (1500, "ms", 2000),
        (1.5 * 2**30, "B", 2**31), (1023, "B", 2000), (1e30, "", 1e30),
    ],
)  # fmt: skip
async def test_where_an_axis_ends(
    modules: Modules, value: float, unit: str, expected: float
) -> None:
    """At a round number that is not less than the largest value."""
    assert pytest.approx(expected) == await modules.call("scale", "m.top(a[0], a[1])", value, unit)
