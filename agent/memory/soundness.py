"""What may be remembered at all."""

from collections.abc import Callable

from bot.memory import LONGEST, BadMemory
from bot.redact import SHOWN
from bot.text import as_text


def sound(text: str, redact: Callable[[str], str]) -> str:
    """*text* as it can be stored. Raises BadMemory: empty, too long, or it holds a secret."""
    text = as_text(text).replace("\0", "").strip()
    if not text:
        raise BadMemory("there is nothing to remember: the text is empty")
    if len(text) > LONGEST:
        raise BadMemory(f"the text has {len(text)} characters; remember at most {LONGEST}")
    if SHOWN in text or redact(text) != text:
        raise BadMemory("it holds a secret, and secrets are never remembered: leave it out")
    return text
