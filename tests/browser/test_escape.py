"""Exact text on an approval card: nothing in it is hidden, and editing it loses nothing."""

import pytest

from tests.browser.conftest import Modules


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("ls -l\n\tdu", "ls -l\n\tdu"),
        ("rm \u202etxt.exe", "rm ⟨U+202E⟩txt.exe"),
        ("a\u200bb\ufeff", "a⟨U+200B⟩b⟨U+FEFF⟩"),
        ("echo\u00a0x\r\u0000", "echo⟨U+00A0⟩x⟨U+000D⟩⟨U+0000⟩"),
        ("tag\U000e0041 \u3164", "tag⟨U+E0041⟩ ⟨U+3164⟩"),
        ("Z\u0300\u0301\u0302\u0303\u0304", "Z\u0300\u0301\u0302\u0303⟨U+0304⟩"),
        ("fake ⟨U+202E⟩", "fake ⟨U+27E8⟩U+202E⟩"),
        ("äöü 漢字 €", "äöü 漢字 €"),
    ],
)
async def test_invisible_characters_are_spelled_out(
    modules: Modules, text: str, shown: str
) -> None:
    """Controls, bidi, zero width and odd spaces have names; all other text stays as it is, and
    what an edit form shows turns back into exactly the same text."""
    assert shown == await modules.call("escape", "m.escaped(a[0])", text)
    assert text == await modules.call("escape", "m.unescaped(m.escaped(a[0]))", text)


async def test_only_real_code_points_are_turned_back(modules: Modules) -> None:
    """Text that looks like an escape and is none stays text."""
    text = "⟨U+FFFFFF⟩ ⟨U+xyz⟩"

    assert text == await modules.call("escape", "m.unescaped(a[0])", text)
