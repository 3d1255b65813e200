"""The Discord adapter: mentions, direct messages, threads, ``/ops``, buttons and forms."""

from adapters.discord.doctor import Doctor
from adapters.discord.service import DiscordService
from bot.config import Settings
from bot.ports import Part, Store


def create(settings: Settings, store: Store) -> Part:
    service = DiscordService(settings, store)
    return Part(
        services=(service,),
        doctor={"discord": Doctor(settings)},
        troubles=service.troubles,
    )
