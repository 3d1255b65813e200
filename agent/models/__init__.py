"""Language models behind one port."""

from collections.abc import Sequence

from agent.models.ollama import Ollama
from agent.models.pulling import Pulls
from agent.models.roles import parse
from agent.models.router import PAUSES, Router
from agent.models.telling import cli, commands
from agent.models.warming import Warming
from bot.config import Settings
from bot.ports import Part


def create(settings: Settings, *, pauses: Sequence[float] = PAUSES) -> tuple[Router, Part]:
    """The Ollama servers of the settings, with the offline table for when none is there, and what
    comes with them. Models are pulled onto the first server."""
    key = settings.ollama_api_key.get_secret_value()
    wanted = parse(settings.models)
    names = [one.name for one in wanted]
    ollamas = [Ollama(url, names, api_key=key) for url in settings.ollama_url]
    places = settings.model_concurrency
    router, pulls = Router(ollamas, wanted, places=places, pauses=pauses), Pulls(ollamas[0])
    part = Part(
        services=(pulls, Warming(router)),
        commands=commands(router, pulls),
        cli=cli(router, ollamas[0]),
    )
    return router, part
