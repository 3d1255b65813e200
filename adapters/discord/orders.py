"""``/ops``: every command and plain questions as subcommands, and the message menu."""

import hashlib
import json
from functools import partial
from typing import Any

import discord
from discord import app_commands
from discord.app_commands import Choice

from adapters.discord.answering import Interaction, carried_out
from adapters.discord.clicks import Clicks
from adapters.discord.identity import People
from adapters.discord.inbound import Inbound
from adapters.discord.place import here, thread_of
from adapters.discord.suggesting import Suggesting
from adapters.discord.wire import DiscordWire
from adapters.live.texts import one_line
from adapters.live.wire import Later, Rejected, Uncertain
from bot.access import authorize
from bot.chat import IncomingMessage, Role, ThreadRef, User
from bot.command import Caller, Command
from bot.ports import Bot, Refused

MENU = "Ask about this message"
_ASKING = ("ask", "new")
_MOST = 25
"""Subcommands of a command."""
_FIRST = (
    "ask", "new", "status", "stop", "approve", "deny", "approvals", "incidents", "ack", "why",
    "repair", "silence", "maintenance", "hosts", "memory", "model", "models", "runbooks", "help",
)  # fmt: skip
"""Commands that are subcommands whatever else there is."""
_OTHER = "other"
"""The subcommand for those that Discord has no room for."""
_STALE = "this command is not there any more: Discord shows the new ones in a moment"


class Orders:
    def __init__(self, bot: Bot, people: People, inbound: Inbound, wire: DiscordWire) -> None:
        self._bot = bot
        self._people = people
        self._inbound = inbound
        self._wire = wire
        self._suggesting = Suggesting(bot.read)

    def tree(self, client: discord.Client, clicks: Clicks) -> app_commands.CommandTree:
        """What Discord is told of; who may run what is checked when it is run."""
        tree = app_commands.CommandTree(
            client,
            allowed_contexts=app_commands.AppCommandContext(guild=True, dm_channel=True),
            allowed_installs=app_commands.AppInstallationType(guild=True),
        )
        ops = app_commands.Group(name="ops", description="Talk to the bot")
        commands = sorted(self._bot.read.vocabulary(), key=_rank)
        shown = commands if len(commands) <= _MOST else commands[: _MOST - 1]
        for command in shown:
            ops.add_command(self._subcommand(command))
        if len(shown) < len(commands):
            ops.add_command(self._other())
        tree.add_command(ops)

        async def menu(interaction: Interaction, message: discord.Message) -> None:
            await clicks.ask_about(interaction, message)

        tree.add_command(app_commands.ContextMenu(name=MENU, callback=menu))
        tree.error(_failed)
        return tree

    async def sync(self, tree: app_commands.CommandTree) -> None:
        """Tell Discord, but only what is new: it takes 200 commands a day."""
        wanted: list[Any] = [each.to_dict(tree) for each in tree.get_commands()]
        digest = hashlib.sha256(json.dumps(wanted, sort_keys=True).encode()).hexdigest()[:20]
        if await self._inbound.watermarks.noted("commands") != digest:
            await tree.sync()
            await self._inbound.watermarks.note("commands", digest)

    def _subcommand(self, command: Command) -> app_commands.Command[Any, ..., Any]:
        fields = list(command.args.model_fields)

        async def bare(interaction: Interaction) -> None:
            await self._ordered(interaction, command.name, "")

        async def with_text(interaction: Interaction, text: str = "") -> None:
            await self._ordered(interaction, command.name, text)

        async def suggested(interaction: Interaction, current: str) -> list[Choice[str]]:
            return await self._suggested(interaction, fields[0], current)

        if fields:
            with_text = app_commands.describe(text=one_line(" ".join(fields), 100))(with_text)
        made: app_commands.Command[Any, ..., Any] = app_commands.Command(
            name=command.name,
            description=one_line(command.summary, 100),
            callback=with_text if fields else bare,
        )
        if fields:
            made.autocomplete("text")(suggested)
        return made

    def _other(self) -> app_commands.Command[Any, ..., Any]:
        async def other(interaction: Interaction, text: str) -> None:
            name, _, rest = text.strip().partition(" ")
            await self._ordered(interaction, name, rest)

        other = app_commands.describe(text="name of the command, and what goes with it")(other)
        return app_commands.Command(
            name=_OTHER, description="Any other command; help lists them", callback=other
        )

    async def _ordered(self, interaction: Interaction, name: str, text: str) -> None:
        await interaction.response.defer(ephemeral=True, thinking=True)
        await carried_out(interaction, partial(self._done, interaction, name, text.strip()))

    async def _done(self, interaction: Interaction, name: str, text: str) -> str:
        user = await self._people.user(interaction.user, deciding=True)
        place = here(interaction.guild_id, interaction.channel, interaction.channel_id or 0)
        if name in _ASKING and text:
            return await self._asked(interaction, place, text, user, fresh=name == "new")
        return await self._bot.command(name, text, Caller(user, place, f"slash:{interaction.id}"))

    async def _asked(
        self, interaction: Interaction, place: ThreadRef, text: str, user: User, *, fresh: bool
    ) -> str:
        """A message shows what was asked: an order of this kind is none itself."""
        authorize(await self._bot.read.role(user), Role.VIEWER, "Talking to the bot")
        where = place.thread or place.channel
        try:
            said = f"{user.name} asked: {text}"
            root = await self._wire.say(where, said, key=str(interaction.id))
        except (Later, Rejected, Uncertain) as error:
            raise Refused(f"Discord does not let me write here ({error})") from error
        thread = place
        if interaction.guild_id and not place.thread:
            thread = thread_of(interaction.guild_id, int(place.channel), int(root))
            await self._inbound.opened(thread, user, text)
        await self._bot.receive(IncomingMessage(root, thread, user, text, fresh=fresh))
        return f"Answered in <#{thread.thread or thread.channel}>."

    async def _suggested(
        self, interaction: Interaction, field: str, current: str
    ) -> list[Choice[str]]:
        """What could come next, for people who may see it."""
        user = await self._people.user(interaction.user)
        return await self._suggesting.choices(field, current, user)


def _rank(command: Command) -> tuple[int, str]:
    first = _FIRST.index(command.name) if command.name in _FIRST else len(_FIRST)
    return first, command.name


async def _failed(interaction: Interaction, error: app_commands.AppCommandError) -> None:
    async def work() -> str:
        if isinstance(error, app_commands.CommandNotFound):
            return _STALE
        raise error

    if interaction.type is not discord.InteractionType.autocomplete:
        await carried_out(interaction, work)
