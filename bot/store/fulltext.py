"""SQLite's full-text index of memories: FTS5, https://www.sqlite.org/fts5.html.

Names such as ``srv-db-03`` are split into words when they are indexed, and looked for as a phrase
of those words: so they are found whole, in part, and with a full stop behind them.
"""

import re
import sqlite3
from collections.abc import Sequence
from time import time

INDEX = """
CREATE VIRTUAL TABLE memories_words USING fts5(
    text, content='memories', content_rowid='id', tokenize='porter unicode61 remove_diacritics 2');
CREATE TRIGGER memories_insert AFTER INSERT ON memories BEGIN
    INSERT INTO memories_words (rowid, text) VALUES (new.id, new.text);
END;
CREATE TRIGGER memories_delete AFTER DELETE ON memories BEGIN
    INSERT INTO memories_words (memories_words, rowid, text) VALUES ('delete', old.id, old.text);
END;
CREATE TRIGGER memories_update AFTER UPDATE OF text ON memories BEGIN
    INSERT INTO memories_words (memories_words, rowid, text) VALUES ('delete', old.id, old.text);
    INSERT INTO memories_words (rowid, text) VALUES (new.id, new.text);
END;
"""
MOST_WORDS = 16
FREQUENT = 2_000
"""Rows that hold a word from which on it is too frequent to look for alone."""
_COUNT = "SELECT COUNT(*) FROM (SELECT 1 FROM memories_words WHERE memories_words MATCH ? LIMIT ?)"
_WORD = re.compile(r"\w[\w.\-@/:]*")
_COMMON = frozenset(
    "a about after all also am an and any are as at be because been before but by can could did do"
    " does doing for from get had has have he her here his how i if in into is it its just let me"
    " my no not now of off on once only or our out over please she should so some such tell than"
    " that the their them then there these they this those to too under until up us very was we"
    " were what when where which while who whom why will with would you your"
    " au aux avec ce ces cette dans de des du elle en est et il ils je la le les leur lui mais me"
    " mes moi mon ne nous on ou par pas pour que quel quelle qui sa se ses son sont sur ta te tes"
    " toi ton tu un une vos votre vous".split()
)


def search(text: str, scopes: Sequence[str], limit: int, db: sqlite3.Connection) -> list[int]:
    """Ids of the active memories in *scopes* that hold words of *text*, best first.

    Ranking costs with every row that holds a word. So rows must hold one of the rarer words, and
    where there is none, the newest rows compete; either way the frequent words count too."""
    rare, frequent = list[str](), list[str]()
    for word in words(text):
        [(rows,)] = db.execute(_COUNT, (_any([word]), FREQUENT))
        if rows:
            (rare if rows < FREQUENT else frequent).append(word)
    found: list[int] = []
    if rare:
        both = f" OR (({_any(rare)}) AND ({_any(frequent)}))" if frequent else ""
        found = _ranked(db, _any(rare) + both, scopes, limit, -1)
    if not found and frequent:
        found = _ranked(db, _any(frequent), scopes, limit, FREQUENT)
    return found


def words(text: str) -> list[str]:
    """What of *text* is worth looking for, each once; common words when there are no others."""
    found = list(dict.fromkeys(word.strip(".-:/@") for word in _WORD.findall(text.casefold())))
    found = [word for word in found if word]
    return ([word for word in found if word not in _COMMON] or found)[:MOST_WORDS]


def _any(found: Sequence[str]) -> str:
    """The FTS5 query for any of these words; each is quoted, so that none is an operator."""
    return " OR ".join(f'"{word}"' for word in found)


def _ranked(
    db: sqlite3.Connection, query: str, scopes: Sequence[str], limit: int, newest: int
) -> list[int]:
    places = ", ".join("?" * len(scopes))
    order = "" if newest < 0 else " ORDER BY w.rowid DESC"
    # CROSS JOIN keeps SQLite from asking the index about each memory of a scope, one by one.
    rows = db.execute(
        "SELECT id FROM (SELECT m.id AS id, bm25(memories_words) AS score"
        " FROM memories_words w CROSS JOIN memories m ON m.id = w.rowid"
        f" WHERE memories_words MATCH ? AND m.status = 'active' AND m.scope IN ({places})"
        f" AND (m.expires IS NULL OR m.expires > ?){order} LIMIT ?) ORDER BY score LIMIT ?",
        (query, *scopes, time(), newest, limit),
    )
    return [row[0] for row in rows]
