"""The pages about tools are what the tools are."""

import re
from pathlib import Path

import pytest
from pydantic import Field

from agent.models.offline import reply
from bot.agents import Ask, Message
from bot.tool import Risk, Tool, tool
from tests.plugin_kit import shelved
from tests.tools_kit import call, context, previewed
from tools import load
from tools.reference import direct_form, reference

DOCS = Path(__file__).parents[1] / "docs"
TOOLS = load()


def test_the_page_is_current() -> None:
    """docs/TOOLS.md is what ``make docs`` makes."""
    assert reference(TOOLS) == (DOCS / "TOOLS.md").read_text(), "run make docs and commit it"


@pytest.mark.parametrize("each", TOOLS.values(), ids=lambda each: each.name)
def test_every_tool_has_its_section(each: Tool) -> None:
    """Its docstring, each argument and an example that can be typed as it is: without a model it
    becomes just that call."""
    section = reference({each.name: each})
    ask = Ask([Message("system", "…"), Message("user", direct_form(each))], [each])
    [asked] = reply(ask, "no model").tool_calls

    assert each.description in section
    assert [] == [name for name in each.args.model_fields if f"\n| `{name}` |" not in section]
    assert f"\n`{direct_form(each)}`\n" in section
    assert (each.name, each.example) == (asked.name, asked.args)
    assert each.parse(asked.args)


def test_arguments_in_words() -> None:
    """Ranges, choices, lists and defaults of a schema."""

    @tool(risk=Risk.DANGER, timeout=5, example={"ways": ["a|b"], "times": 2})
    async def leap(
        ways: list[str],
        times: int = Field(ge=1, description="a | b"),
        *,
        far: bool = False,
        high: float | None = Field(default=1.5, le=9),
        risk: Risk = Risk.READ,
    ) -> str:
        """Jump."""
        return ""

    section = reference({"leap": leap})

    assert "*dangerous · anybody's words · at most 5 s*" in section
    assert [
        "| `ways` | list of text | needed |  |",
        "| `times` | whole number, at least 1 | needed | a \\| b |",
        "| `far` | true or false | `false` |  |",
        "| `high` | number, at most 9 | `1.5` |  |",
        "| `risk` | one of `read`, `change`, `danger` | `read` |  |",
    ] == [line for line in section.splitlines() if line.startswith("| `")]
    assert "`run leap ways='[\"a|b\"]' times=2`" in section


def example() -> str:
    """The plugin that docs/PLUGINS.md shows."""
    [text] = re.findall(r"```python\n(.*?)```", (DOCS / "PLUGINS.md").read_text(), re.DOTALL)
    return text


async def test_the_example_of_a_plugin_works(tmp_path: Path) -> None:
    """The file of docs/PLUGINS.md can be put into the directory as it is; on a flag of the test's
    own it does what it says, and its preview and undo say what it does."""
    plugins, flag = tmp_path / "plugins", tmp_path / "maintenance"
    plugins.mkdir()
    shelf = await shelved(plugins, shop=example().replace("/srv/shop/maintenance", str(flag)))
    assert ["shop_state", "shop_maintenance"] == shelf.own
    state, maintenance = (shelf.plugins.tools[name] for name in shelf.own)
    ctx = context(tmp_path / "data")

    assert "open" == (await call(state, ctx)).text
    assert "now: open; then: closed for maintenance" == await previewed(
        maintenance, ctx, {"closed": True}
    )
    assert "closed for maintenance" == (await call(maintenance, ctx, closed=True)).text
    assert flag.exists()
    assert maintenance.undo is not None
    assert "shop_maintenance closed=false" == maintenance.undo(maintenance.parse({"closed": True}))
    assert "open" == (await call(maintenance, ctx, closed=False)).text
    assert not flag.exists()
