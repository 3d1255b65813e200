"""Language models behind one port."""

from collections.abc import Sequence

from agent.models.ollama import Ollama
from agent.models.roles import parse
from agent.models.router import PAUSES, Router
from bot.config import Settings


def create(settings: Settings, *, pauses: Sequence[float] = PAUSES) -> Router:
    """The Ollama servers of the settings, and the offline table for when none is there."""
    key = settings.ollama_api_key.get_secret_value()
    wanted = parse(settings.models)
    names = [one.name for one in wanted]
    ollamas = [Ollama(url, names, api_key=key) for url in settings.ollama_url]
    return Router(ollamas, wanted, pauses=pauses)
