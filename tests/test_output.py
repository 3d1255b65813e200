"""Whatever bytes a program writes become bounded text that is safe to show."""

import re
import unicodedata
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from tools.hosts.output import READ, Capture, HeadAndTail, SafeText, safe

NASTY = st.lists(
    st.one_of(
        st.sampled_from([b"\x1b", b"\x1b[", b"\x1b[31m", b"\x1b]0;title\x07", b"\x1b]", b"\x1bP"]),
        st.sampled_from([b"\x1b\\", b"\x1b[" + b"1;" * 40, b"m", b"\x07", b"\r", b"\r\n", b"\n"]),
        st.sampled_from([b"\x00", b"\x9b", b"\xc2\x9b", b"\xff", b"\xe2\x80\xae", b"\xe2\x82"]),
        st.sampled_from(["ünï €".encode(), b"plain text"]),
        st.binary(max_size=6),
    ),
    max_size=20,
).map(b"".join)


def cleaned(*pieces: bytes) -> str:
    cleaner = SafeText()
    return "".join(cleaner.feed(piece) for piece in pieces) + cleaner.end()


@given(NASTY, st.lists(st.integers(0, 120), max_size=6))
def test_where_the_pieces_are_cut_makes_no_difference(data: bytes, cuts: list[int]) -> None:
    """Any cutting of the same bytes gives the same text."""
    edges = [0, *sorted(min(cut, len(data)) for cut in cuts), len(data)]
    pieces = [data[a:b] for a, b in pairwise(edges)]

    assert cleaned(data) == cleaned(*pieces)


@given(NASTY)
def test_nothing_unsafe_is_left(data: bytes) -> None:
    """No control character but tab and line feed, no escape, no override survives."""
    text = cleaned(data)

    assert [] == [c for c in text if unicodedata.category(c) == "Cc" and c not in "\t\n"]
    assert None is re.search("[\u202a-\u202e\u2066-\u2069\U000e0000-\U000e007f]", text)


@given(st.text(st.characters(exclude_categories=("C",)) | st.sampled_from("\n\t")))
def test_plain_text_stays_as_it_is(text: str) -> None:
    """Readable text of any language passes unchanged."""
    assert text == cleaned(text.encode())
    assert text == safe(text)


def test_colours_titles_and_progress_bars() -> None:
    """Colours and titles vanish; a progress bar becomes lines."""
    text = cleaned(b"\x1b[1;31mred\x1b[0m \x1b]0;t\x07title\r\n", b"10%\r", b"20%\r\n")

    assert "red title\n10%\n20%\n" == text


def test_a_sequence_without_an_end_hides_nothing() -> None:
    """After an opened title that never closes, all that follows is still shown."""
    text = cleaned(b"before \x1b]0;" + b"x" * 5000, b" after\n", b"more\n")

    assert text.endswith("x after\nmore\n")


@given(st.lists(st.text(max_size=30)), st.integers(2, 40))
def test_head_and_tail_are_what_was_first_and_last(pieces: list[str], limit: int) -> None:
    """What is kept begins and ends as the whole did, and the rest is counted."""
    whole = "".join(piece for piece in pieces if piece.isprintable()).encode()
    kept = HeadAndTail(limit)
    for piece in pieces:
        kept.add(piece if piece.isprintable() else "")

    assert max(0, len(whole) - 2 * (limit // 2)) == kept.dropped
    if not kept.dropped:
        assert whole.decode() == kept.text()
    else:
        half = limit // 2
        head, tail = kept.text().split(f"\n[… {kept.dropped:,} bytes left out …]\n")
        assert whole[:half].decode(errors="ignore") == head
        assert whole[-half:].decode(errors="ignore") == tail


def test_what_is_shown_as_it_comes_is_bounded_too() -> None:
    """Followers get the beginning, a note, and then nothing more."""
    shown: list[str] = []
    capture = Capture(shown.append, keep=10)
    for _ in range(5):
        capture.feed(b"12345678")

    assert "1234567812" == "".join(shown)[:10]
    assert 3 == len(shown)
    assert "12345\n[… 30 bytes left out …]\n45678" == capture.end()


def test_it_says_when_a_program_talks_too_much() -> None:
    """Past the limit of what is read, it is too much."""
    capture = Capture(None)
    capture.feed(bytes(READ))
    assert not capture.too_much
    capture.feed(b"x")

    assert capture.too_much
