"""Buttons and forms. Who clicked is looked up each time; a click decides nothing by itself."""

import re
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, Self, cast

import discord
from discord import ui

from adapters.discord import modals
from adapters.discord.answering import Interaction, carried_out
from adapters.discord.cards import DECISIONS, SURE
from adapters.discord.identity import People
from adapters.discord.inbound import Inbound
from adapters.discord.place import here, thread_of
from adapters.live.forms import arguments
from adapters.live.incidents import command_of
from bot.access import authorize
from bot.chat import IncomingMessage, Role, ThreadRef, User
from bot.command import Caller
from bot.events import Decision
from bot.ports import Bot, NotFound, Refused

Pressed = Callable[[Interaction, str, str], Awaitable[None]]


def button_class(pressed: Pressed) -> type[ui.DynamicItem[Any]]:
    """What discord.py calls for every button of ours, in messages of whatever age."""

    class Press(ui.DynamicItem[ui.Button[Any]], template=r"ops:(?P<action>\w+):(?P<value>.+)"):
        def __init__(self, item: ui.Button[Any], action: str, value: str) -> None:
            super().__init__(item)
            self.action = action
            self.value = value

        @classmethod
        async def from_custom_id(
            cls, _: Interaction, item: ui.Item[Any], match: re.Match[str], /
        ) -> Self:
            return cls(cast("ui.Button[Any]", item), match["action"], match["value"])

        async def callback(self, interaction: Interaction) -> None:
            await pressed(interaction, self.action, self.value)

    return Press


class Clicks:
    def __init__(self, bot: Bot, people: People, inbound: Inbound) -> None:
        self._bot = bot
        self._people = people
        self._inbound = inbound

    async def pressed(self, interaction: Interaction, action: str, value: str) -> None:
        """A refusal is told to who clicked, and to nobody else."""
        await carried_out(interaction, partial(self._act, interaction, action, value))

    async def submitted(self, interaction: Interaction) -> None:
        """A form was sent; others than ours are left alone."""
        data = cast("Any", interaction.data)
        mark, _, rest = str(data["custom_id"]).partition(":")
        if mark == "ops":
            await interaction.response.defer(ephemeral=True, thinking=True)
            name, _, about = rest.partition(":")
            values = modals.values_of(data)
            await carried_out(interaction, partial(self._sent, interaction, name, about, values))

    async def _act(self, interaction: Interaction, action: str, value: str) -> str:
        if action in ("deny", "edit") or action.startswith(SURE):
            # A form must be the very first answer.
            user = await self._people.user(interaction.user, deciding=True)
            await interaction.response.send_modal(await self._form(action, value, user))
            return ""
        await interaction.response.defer()
        user = await self._people.user(interaction.user, deciding=True)
        if action in DECISIONS:
            try:
                await self._bot.decide(value, cast("Decision", action), by=user)
            except NotFound:
                return await self._not_theirs(user)
        elif action == "stop":
            await self._bot.stop(value, by=user)
        elif action == "grant":
            return await self._bot.command("grant", value, Caller(user, _where(interaction)))
        elif action.startswith("care_"):
            command, text = command_of(action, value)
            return await self._bot.command(command, text, Caller(user, _where(interaction)))
        elif action.startswith("feedback_"):
            text = f"{action.removeprefix('feedback_')} {value}"
            return await self._bot.command("feedback", text, Caller(user, _where(interaction)))
        return ""

    async def _form(self, action: str, value: str, user: User) -> ui.Modal:
        if action.startswith(SURE):
            authorize(await self._bot.read.role(user), Role.APPROVER, "Deciding this")
        request = (await self._bot.read.approval(value, by=user)).request
        if action == "deny":
            return modals.denial(value)
        if action == "edit":
            return modals.edit(request)
        return modals.sure(request, action.removeprefix(SURE))

    async def _not_theirs(self, user: User) -> str:
        """They see the card, so it is their role that is missing."""
        role = await self._bot.read.role(user)
        return f"deciding this needs the role {Role.APPROVER}; you are {role}"

    async def _sent(
        self, interaction: Interaction, name: str, about: str, values: dict[str, str]
    ) -> str:
        user = await self._people.user(interaction.user, deciding=True)
        if name == "deny":
            reason = values.get("reason", "")
            return (await self._bot.decide(about, "deny", by=user, reason=reason)).text
        if name.startswith(SURE):
            request = (await self._bot.read.approval(about, by=user)).request
            if values.get("sure", "").strip().lower() != modals.word(request).lower():
                raise Refused(f"nothing was done: type {modals.word(request)} to have it done")
            decision = cast("Decision", name.removeprefix(SURE))
            return (await self._bot.decide(about, decision, by=user)).text
        if name == "edit":
            request = (await self._bot.read.approval(about, by=user)).request
            wanted = arguments(request, modals.typed(request, values))
            return (await self._bot.decide(about, "edit", by=user, arguments=wanted)).text
        return await self._asked(interaction, about, values, user)

    async def _asked(
        self, interaction: Interaction, message: str, values: dict[str, str], user: User
    ) -> str:
        """A question about a message: it is answered in the message's thread."""
        thread = _where(interaction)
        if interaction.guild_id and not thread.thread:
            thread = thread_of(interaction.guild_id, int(thread.channel), int(message))
        quoted = "\n".join(f"> {line}" for line in values.get("about", "").splitlines())
        text = f"{values.get('question', '')}\n\n{quoted}"
        await self._inbound.opened(thread, user, values.get("question", ""))
        await self._bot.receive(IncomingMessage(f"form:{interaction.id}", thread, user, text))
        return f"Answered in <#{thread.thread or thread.channel}>."

    async def ask_about(self, interaction: Interaction, message: discord.Message) -> None:
        """*Ask about this message*: a form for the question."""

        async def work() -> str:
            user = await self._people.user(interaction.user)
            authorize(await self._bot.read.role(user), Role.VIEWER, "Talking to the bot")
            await interaction.response.send_modal(modals.question(message.id, _text_of(message)))
            return ""

        await carried_out(interaction, work)


def _where(interaction: Interaction) -> ThreadRef:
    return here(interaction.guild_id, interaction.channel, interaction.channel_id or 0)


def _text_of(message: discord.Message) -> str:
    """Alerts of other programs often are embeds only."""
    lines = [message.content]
    for embed in message.embeds:
        lines += [embed.title or "", embed.description or ""]
        lines += [f"{field.name}: {field.value}" for field in embed.fields]
    return "\n".join(filter(None, lines))
