"""The commands in a line of shell, each as its words. Only plain lines: a runbook needs no more."""

import shlex

_PUNCTUATION = set("();<>|&")
_KNOWN = ("$UID",)
"""The variables that a line may use: bash's own number of the account, 0 for root."""


_KEYWORDS = ("if", "then", "elif", "else", "fi", "!")


class Unclear(Exception):
    """What the line would do cannot be told by its words. A few words that say why."""


def commands(text: str) -> list[list[str]]:
    """Raises Unclear. Redirections stay in a command's words: ``>`` and then where to."""
    if "\n" in text:
        raise Unclear("a command of a runbook is one line")
    if "`" in text:
        raise Unclear("a command within a command")
    found: list[list[str]] = [[]]
    for word in _words(text):
        operator = set(word) <= _PUNCTUATION
        if operator and not {"<", ">"} & set(word):
            found.append([])
        elif operator and {"(", ")"} & set(word):
            raise Unclear("a command within a command")
        else:
            found[-1].append(_plain(word))
    return [words for words in map(_without_keywords, found) if words]


def _without_keywords(words: list[str]) -> list[str]:
    """``then apt-get clean`` is the command ``apt-get clean``."""
    while words and words[0] in _KEYWORDS:
        words = words[1:]
    return words


def redirects(word: str) -> bool:
    """Whether a word is an operator that writes into what comes next."""
    return ">" in word and set(word) <= _PUNCTUATION


def _words(text: str) -> list[str]:
    lexer = shlex.shlex(text, posix=True, punctuation_chars=True)
    lexer.whitespace_split = True
    lexer.commenters = ""
    try:
        return list(lexer)
    except ValueError as error:
        raise Unclear(f"the quotes of a command do not close ({error})") from None


def _plain(word: str) -> str:
    if "$" in word.replace("$UID", "") or ("$UID" in word and word not in _KNOWN):
        raise Unclear("a command of a runbook computes nothing: write its words out")
    return word
