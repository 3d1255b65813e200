"""How secrets look: patterns that are anchored by fixed text, and what could still become one.

From one description of a pattern two expressions are made: ``FULL`` matches it, ``OPEN``
matches where, up to the end of a text, more characters could complete or extend it.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter

Fixed = str
"""Literal text."""


@dataclass(frozen=True, slots=True)
class Chars:
    """*at_least* to *at_most* characters, each matching *one* (one character; it may look one
    ahead)."""

    one: str
    at_least: int
    at_most: int


@dataclass(frozen=True, slots=True)
class OneOf:
    texts: tuple[str, ...]


Piece = Fixed | Chars | OneOf


@dataclass(frozen=True, slots=True)
class Pattern:
    name: str
    """Shown instead of the secret."""
    keep: tuple[Piece, ...]
    """Stays readable: the name before a value."""
    secret: tuple[Piece, ...]
    before: str = ""
    """Look-behind, one character."""
    after: str = ""
    """Look-ahead, one character."""


_WORD = r"(?<![A-Za-z0-9])"
_END = r"(?![A-Za-z0-9])"
# A value ends where a shell would go on with something else, and substitutions stay readable:
# nobody may hide a command from its approver by writing `token=` before it.
_VALUE = r"(?:[^\s\"'`$;&|<>()‹›]|\$(?![({]))"
_QUOTED = r"(?:[^\n\r\"`$‹›]|\$(?![({]))"
_SINGLE_QUOTED = r"[^\n\r'‹›]"
_HEADER = r"(?:[^\n\r\"'`$|<>‹›]|\$(?![({]))"
_USERINFO = r"(?:[^\s/\"'`$;&|<>()‹›]|\$(?![({]))"
_BASE64 = r"[A-Za-z0-9_-]"
_SPACE = Chars(r"[ \t]", 0, 2)
_NAMES = OneOf(
    tuple(
        f"{words}{last}"
        for words, last in [
            *[("pass", last) for last in ("word", "wd", "phrase", "code")],
            *[
                (f"{first}{sep}", "key")
                for first in ("api", "secret", "private", "access", "account", "encryption")
                for sep in ("", "_", "-")
            ],
            ("secret", ""),
            ("secret_access", "_key"),
            ("secretaccess", "key"),
            ("token", ""),
            ("credential", ""),
            ("credentials", ""),
            ("_pass", ""),
            ("mysql", "_pwd"),
            (";", "pwd"),
        ]
    )
)
_AUTHORIZATION = (
    *("authorization", Chars("[\"']", 0, 1), _SPACE, Chars("[:=]", 1, 1)),
    *(_SPACE, Chars("[\"']", 0, 1)),
)
_SCHEMES = "bearer basic token digest negotiate apikey"
_DATABASE_PORT = OneOf((":5432:", ":5433:", ":6432:", ":*:"))
_HASHES = "$1$ $5$ $6$ $7$ $y$ $gy$ $2a$ $2b$ $2y$ $argon2 $scrypt$ $pbkdf2 pbkdf2_sha256$ {SSHA}"
_KEY_BLOCK = (
    "-----BEGIN ",
    Chars("[A-Z0-9 ]", 0, 30),
    OneOf(("PRIVATE KEY-----", "PRIVATE KEY BLOCK-----")),
)


def _values() -> list[Pattern]:
    """``name = value``, with the value in double quotes, single quotes or none."""
    between = (Chars("[\"'\\\\]", 0, 2), _SPACE, Chars("[:=]", 1, 1), Chars("[=>]", 0, 1), _SPACE)
    options = (OneOf(tuple(f"--{name}" for name in _NAMES.texts)), Chars(r"[ \t=]", 1, 1))
    kinds: list[tuple[tuple[Piece, ...], Chars]] = [
        ((Chars(r"\\", 0, 1), '"'), Chars(_QUOTED, 1, 512)),
        (("'",), Chars(_SINGLE_QUOTED, 1, 512)),
        ((), Chars(_VALUE, 4, 512)),
    ]
    return [
        pattern
        for opening, value in kinds
        for pattern in (
            Pattern("value", (_NAMES, *between, *opening), (value,), before="(?<!‹)"),
            Pattern("value", (*options, *opening), (value,)),
        )
    ]


_TOKENS: list[tuple[str, OneOf, Chars]] = [
    ("slack token", OneOf(tuple(f"xox{c}-" for c in "abporse")), Chars("[A-Za-z0-9-]", 10, 400)),
    ("slack token", OneOf(("xapp-", "xoxe.xoxp-")), Chars("[A-Za-z0-9-]", 10, 400)),
    ("github token", OneOf(tuple(f"gh{c}_" for c in "pousr")), Chars("[A-Za-z0-9]", 30, 255)),
    ("github token", OneOf(("github_pat_",)), Chars(r"\w", 22, 255)),
    ("gitlab token", OneOf(("glpat-", "gldt-", "glrt-", "glcbt-")), Chars(r"[\w.-]", 20, 255)),
    ("aws key", OneOf(("AKIA", "ASIA")), Chars("[A-Z0-9]", 16, 16)),
    ("google key", OneOf(("AIza",)), Chars(_BASE64, 35, 35)),
    ("google token", OneOf(("ya29.", "GOCSPX-")), Chars(r"[\w.-]", 20, 2048)),
    (
        "stripe key",
        OneOf(("sk_live_", "sk_test_", "rk_live_", "rk_test_", "whsec_")),
        Chars("[A-Za-z0-9]", 16, 255),
    ),
    ("api key", OneOf(("sk-ant-", "sk-proj-", "sk-svcacct-")), Chars(_BASE64, 20, 255)),
    ("hugging face token", OneOf(("hf_",)), Chars("[A-Za-z0-9]", 30, 64)),
    ("package registry token", OneOf(("npm_", "pypi-AgE", "dckr_pat_")), Chars(_BASE64, 24, 400)),
    ("digitalocean token", OneOf(("dop_v1_", "doo_v1_")), Chars("[a-f0-9]", 64, 64)),
    ("vault token", OneOf(("hvs.", "hvb.")), Chars(_BASE64, 20, 255)),
    ("tailscale key", OneOf(("tskey-",)), Chars(_BASE64, 20, 255)),
    ("age key", OneOf(("AGE-SECRET-KEY-1",)), Chars("[A-Z0-9]", 50, 64)),
]
PATTERNS: Sequence[Pattern] = (
    Pattern(
        "private key",
        (),
        (
            *_KEY_BLOCK,
            Chars(r"(?:[A-Za-z0-9+/=\s:,\\.]|-(?!-))", 1, 16_384),
            "-----END ",
            Chars("[A-Z0-9 ]", 0, 40),
            "-----",
        ),
    ),
    Pattern("private key", (), (*_KEY_BLOCK, Chars(r"[A-Za-z0-9+/=\s\\]", 0, 16_384))),
    Pattern(
        "jwt",
        (),
        (
            "eyJ",
            Chars(_BASE64, 8, 4096),
            ".",
            Chars(_BASE64, 4, 8192),
            ".",
            Chars(_BASE64, 0, 1024),
        ),
        before=_WORD,
    ),
    *(Pattern(name, (), (start, body), _WORD, _END) for name, start, body in _TOKENS),
    Pattern("bot key", (), ("bot_", Chars(_BASE64, 8, 8), "_", Chars(_BASE64, 32, 64)), _WORD),
    Pattern("slack webhook", ("hooks.slack.com/",), (Chars("[A-Za-z0-9/]", 20, 255),)),
    Pattern("discord webhook", ("/api/webhooks/",), (Chars(r"[\w/-]", 20, 255),)),
    Pattern(
        "password",
        ("://", Chars(_USERINFO.replace("[^", "[^:@"), 0, 64), ":"),
        (Chars(_USERINFO, 1, 256),),
        after="(?=@)",
    ),
    Pattern(
        "password",
        (_DATABASE_PORT, Chars(r"[^\s:]", 1, 64), ":", Chars(r"[^\s:]", 1, 64), ":"),
        (Chars(_VALUE, 1, 256),),
    ),
    Pattern(
        "password hash",
        (),
        (
            OneOf(tuple(_HASHES.split())),
            Chars("[A-Za-z0-9$=,+/._-]", 20, 400),
        ),
    ),
    Pattern(
        "authorization",
        (*_AUTHORIZATION, OneOf(tuple(f"{scheme} " for scheme in _SCHEMES.split()))),
        (Chars(_VALUE, 4, 8192),),
    ),
    Pattern(
        "authorization",
        _AUTHORIZATION,
        (Chars(_VALUE, 12, 8192),),
    ),
    Pattern("authorization", (OneOf(("bearer ",)),), (Chars(_VALUE, 20, 8192),), before=_WORD),
    Pattern("cookie", ("cookie:", _SPACE), (Chars(_HEADER, 4, 8192),), before=r"(?<![A-Za-z])"),
    Pattern("password", ("sshpass -p", _SPACE), (Chars(_VALUE, 1, 256),)),
    *_values(),
)
ENOUGH = 4
"""Characters of a pattern's beginning that ordinary text seldom has."""
_ANY_CASE = {"value", "authorization", "cookie"}


def _texts(piece: Piece) -> tuple[str, ...]:
    return piece.texts if isinstance(piece, OneOf) else (piece,) if isinstance(piece, str) else ()


def _starts(pattern: Pattern) -> tuple[str, ...]:
    return _texts((*pattern.keep, *pattern.secret)[0])


def any_of(texts: Iterable[str]) -> str:
    """An expression for the texts that tries each character once, however many they are."""
    groups = [
        (c, [t[1:] for t in group]) for c, group in groupby(sorted(set(texts)), itemgetter(0))
    ]
    choices = [re.escape(c) + ("" if "" in rest else any_of(rest)) for c, rest in groups]
    return f"(?:{'|'.join(choices)})"


def _full(piece: Piece) -> str:
    match piece:
        case Chars(one, at_least, at_most):
            return f"{one}{{{at_least},{at_most}}}"
        case OneOf(texts):
            return f"(?:{'|'.join(map(re.escape, texts))})"
        case text:
            return re.escape(text)


def _begun(piece: Piece) -> str:
    """Matches a piece of which the rest has not come yet."""
    if isinstance(piece, Chars):
        return f"{piece.one}{{0,{piece.at_most}}}"
    starts = {text[:n] for text in _texts(piece) for n in range(len(text))}
    return f"(?:{'|'.join(map(re.escape, sorted(starts, reverse=True)))})"


def _find(number: int, pattern: Pattern) -> str:
    kept = "".join(map(_full, pattern.keep))
    secret = "".join(map(_full, pattern.secret))
    case = "i" if pattern.name in _ANY_CASE else ""
    return f"(?{case}:{pattern.before}{kept}(?P<s{number}>{secret}){pattern.after})"


def _still_open(pattern: Pattern) -> str:
    rest = r"\Z"
    for piece in reversed((*pattern.keep, *pattern.secret)):
        rest = rf"(?:{_begun(piece)}\Z|{_full(piece)}{rest})"
    case = "i" if pattern.name in _ANY_CASE else ""
    return f"(?{case}:{pattern.before}{rest})"


FULL = re.compile("|".join(_find(n, p) for n, p in enumerate(PATTERNS)))
"""Group ``s<n>`` is the secret of ``PATTERNS[n]`` and ends where the match ends."""
OPEN = re.compile("|".join(map(_still_open, PATTERNS)))
TRIGGER = re.compile(any_of(text[:ENOUGH].lower() for p in PATTERNS for text in _starts(p)))
"""Where this does not match a text's lower case, no pattern begins."""
SECRET_NAME = re.compile(f"(?i:{_full(_NAMES)})[\"']?$")
"""Names of arguments whose values are secrets."""
BEGUN = frozenset(
    text[:length].lower() for p in PATTERNS for text in _starts(p) for length in range(1, ENOUGH)
)
"""Ends of a text that can still become the beginning of a pattern, in lower case."""
