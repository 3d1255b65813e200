"""When two memories say the same."""

import re

_WORD = re.compile(r"[^\W_][\w.\-@/:]*")
_NAME = re.compile(r"[\d.\-@/:_]")
_FILLING = frozenset(
    "a an and are as at be been by for from had has have he i in is it its my of on or our she so"
    " that the their there they this to was we were which who with you your"
    " au aux ce ces cette de des du elle en est et il ils je la le les leur nous on ou par pour que"
    " qui sa se ses son sont sur un une vous".split()
)
"""Words that change nothing. `Not` and its like are not among them."""


def words(text: str) -> frozenset[str]:
    return frozenset(word.rstrip(".-:/@") for word in _WORD.findall(text.casefold()))


def names(text: str) -> frozenset[str]:
    """Host names, versions, paths, numbers: what nobody may make up."""
    return frozenset(word for word in words(text) if _NAME.search(word))


def same(one: str, other: str) -> bool:
    """The same words in any order, but for those that change nothing."""
    return words(one) - _FILLING == words(other) - _FILLING
