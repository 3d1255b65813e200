"""The plan a reply may begin with."""

import pytest

from agent.plan import parse_plan


@pytest.mark.parametrize(
    ("text", "plan"),
    [
        ("1. Look\n2. Restart it\n3. Check", ("Look", "Restart it", "Check")),
        ("Plan:\n\n1) Look\n2) Check\n\nFirst I look.", ("Look", "Check")),
        ("**Plan**\n1. Look\n2. Check", ("Look", "Check")),
        ("Voici mon plan :\n1. Lire", ()),
        ("### My plan\n1. Look\n2. Check", ("Look", "Check")),
        ("1. Only one thing", ()),
        ("1. Look\n3. Skip", ()),
        ("Three are full:\n1. /\n2. /var\n3. /srv", ()),
        ("No plan.", ()),
        ("", ()),
    ],
)
def test_parse_plan(text: str, plan: tuple[str, ...]) -> None:
    """Only a numbered list at the head of the text, of two items or more, is a plan."""
    assert plan == parse_plan(text)
