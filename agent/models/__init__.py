"""Language models behind one port."""

from agent.models.ollama import Ollama
from agent.models.router import Router
from bot.config import Settings
from bot.ports import Model


def create(settings: Settings) -> Model:
    """Ollama as the settings say, and the offline table for when it is not there."""
    key = settings.ollama_api_key.get_secret_value()
    return Router(Ollama(settings.ollama_url, settings.models, api_key=key))
