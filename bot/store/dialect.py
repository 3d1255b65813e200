"""SQLite's dialect of the shared SQL."""

import re
from functools import lru_cache

from bot.store.fulltext import INDEX

_DIALECT = {
    "{now}": "((julianday('now') - 2440587.5) * 86400.0)",  # 3.40 has no unixepoch('subsec')
    "{lock}": "",  # there is only one writer
    "{skip}": "",
    "{bytes}": "BLOB",
    "{position}": "INTEGER PRIMARY KEY AUTOINCREMENT",
    "{clustered}": "WITHOUT ROWID",
    "{memories_fulltext}": INDEX,
}


@lru_cache(1024)
def translate(sql: str) -> str:
    for placeholder, text in _DIALECT.items():
        sql = sql.replace(placeholder, text)
    return re.sub(r"\$(\d+)", r"?\1", sql)
