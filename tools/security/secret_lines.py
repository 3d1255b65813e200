"""Lines that hold secrets by :mod:`bot.secret_patterns`, as grep -P knows them.

A search tells whether an expression matches. Were it to see a secret that is shown to nobody, it
would be told letter by letter: so it does not see the lines that hold one."""

import re

from bot.secret_patterns import PATTERNS, TRIGGER, Chars, OneOf, Pattern, Piece, any_of

_ENDLESS = 64
"""PCRE compiles a copy for each repetition there may be: longer ones have no upper end."""
# A line within a private key: that it is one shows only in the lines before it.
_KEY_LINE = r"\s*[A-Za-z0-9+/]{40,}={0,2}\s*$"


def _shortest(pattern: Pattern) -> str:
    """Matches wherever *pattern* does: of an end that may be longer, the shortest will do."""
    *pieces, end = (*pattern.keep, *pattern.secret)
    if isinstance(end, Chars) and not pattern.after:
        end = Chars(end.one, end.at_least, end.at_least)
    return "".join((pattern.before, *map(_piece, (*pieces, end)), pattern.after))


def _piece(piece: Piece) -> str:
    match piece:
        case Chars(one, at_least, at_most):
            return f"{one}{{{at_least},{at_most if at_most <= _ENDLESS else ''}}}"
        case OneOf(texts):
            return any_of(texts)
        case text:
            return re.escape(text)


def _line() -> str:
    secrets = "|".join(dict.fromkeys(map(_shortest, PATTERNS)))
    return f"(?:{_KEY_LINE}|.*?(?i:(?={TRIGGER.pattern})(?:{secrets})))"


# (*COMMIT)(*F) gives the line up, whatever stands behind the bar. It only works where it is always
# reached, so nothing may be skipped because the expression could not match there.
NOT_IN_SECRETS = f"(*NO_START_OPT)^{_line()}(*COMMIT)(*F)|"
"""Written before an expression: it then matches in no line that holds a secret."""
