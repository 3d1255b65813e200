"""The Slack adapter: mentions, direct messages, threads, ``/ops``, buttons and forms."""

from adapters.slack.doctor import Doctor
from adapters.slack.service import SlackService
from bot.config import BadSettings, Settings
from bot.ports import Part, Store


def create(settings: Settings, store: Store) -> Part:
    """Raises BadSettings when only one of the two tokens is set."""
    if not settings.slack_app_token:
        raise BadSettings(
            "AI_SLACK_APP_TOKEN: is not set, but AI_SLACK_BOT_TOKEN is; both are needed, see"
            " docs/SLACK.md"
        )
    service = SlackService(settings, store)
    return Part(
        services=(service,),
        doctor={"slack": Doctor(settings)},
        troubles=service.troubles,
    )
