"""Words of the shell's own that the grammar takes for the names of programs."""

from collections.abc import Sequence

from tools.security.words import Word

RESERVED = frozenset(
    (
        "{",
        "}",
        "!",
        "time",
        "then",
        "do",
        "else",
        "elif",
        "if",
        "while",
        "until",
        "coproc",
        "fi",
        "done",
    )
)


def waits(words: Sequence[Word]) -> bool:
    """``coproc``: it goes on beside the rest, which is not followed."""
    return any(word.literal == "coproc" for word in words[:2])


def without_reserved(words: Sequence[Word]) -> Sequence[Word]:
    index = 0
    while index < len(words) and words[index].literal in RESERVED:
        index += 1
        if words[index - 1].literal == "time":
            while index < len(words) and words[index].literal == "-p":
                index += 1
        if words[index - 1].literal == "coproc" and "{" in [w.literal for w in words[index:]]:
            index = [w.literal for w in words].index("{")
    return words[index:]
