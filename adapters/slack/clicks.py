"""Buttons and forms. Who clicked is looked up each time; a click decides nothing by itself."""

from typing import Any, cast

from adapters.live.forms import arguments, editable
from adapters.live.incidents import command_of
from adapters.live.wire import Later, Rejected, Uncertain
from adapters.slack import modals
from adapters.slack.identity import People
from adapters.slack.inbound import Inbound
from adapters.slack.place import root_of, thread_of
from adapters.slack.wire import SlackWire
from bot.chat import IncomingMessage, Role, ThreadRef, User
from bot.command import Caller
from bot.events import Decision
from bot.ports import Bot, NotFound, Refused

_SIMPLE = ("approve", "trust", "again", "leave", "look")


class Clicks:
    def __init__(
        self, bot: Bot, team: str, wire: SlackWire, people: People, inbound: Inbound
    ) -> None:
        self._bot = bot
        self._team = team
        self._wire = wire
        self._people = people
        self._inbound = inbound

    async def clicked(self, body: dict[str, Any]) -> None:
        """A button of ours. A refusal is told to who clicked, and to nobody else."""
        user = await self._who(body)
        thread = self._thread(body)
        for action in modals.actions_of(body):
            name = str(action["action_id"]).removeprefix("ops_")
            value = str(action.get("value", ""))
            try:
                await self._act(name, value, user, body, thread)
            except NotFound:  # they see the card, so it is their role that is missing
                role = await self._bot.read.role(user)
                text = f"deciding this needs the role {Role.APPROVER}; you are {role}"
                await self._inbound.whisper(thread, user.id, text)
            except Refused as refused:
                await self._inbound.whisper(thread, user.id, str(refused))

    async def _act(
        self, name: str, value: str, user: User, body: dict[str, Any], thread: ThreadRef
    ) -> None:
        trigger = str(body.get("trigger_id", ""))
        if name in _SIMPLE:
            await self._bot.decide(value, cast("Decision", name), by=user)
        elif name == "deny":
            await self._bot.read.approval(value, by=user)
            await self._open(trigger, modals.denial(value))
        elif name == "edit":
            view = await self._bot.read.approval(value, by=user)
            await self._open(trigger, modals.edit(view.request, editable(view.request)))
        elif name == "stop":
            await self._bot.stop(value, by=user)
        elif name == "grant":
            await self._bot.command("grant", value, Caller(user, thread))
        elif name.startswith("care_"):
            command, text = command_of(name, value)
            said = await self._bot.command(command, text, Caller(user, thread))
            await self._inbound.whisper(thread, user.id, said)
        elif name.startswith("feedback_"):
            text = f"{name.removeprefix('feedback_')} {value}"
            said = await self._bot.command("feedback", text, Caller(user, thread))
            await self._inbound.whisper(thread, user.id, said)

    async def submitted(self, body: dict[str, Any]) -> dict[str, Any] | None:
        """A form was sent: None closes it, anything else is Slack's ``response_action``."""
        view, user = body["view"], await self._who(body)
        carried = modals.carried(view)
        try:
            match view["callback_id"]:
                case modals.DENY:
                    reason = modals.values_of(view).get("reason", "")
                    await self._bot.decide(carried["approval"], "deny", by=user, reason=reason)
                case modals.EDIT:
                    return await self._edited(view, carried, user)
                case modals.ASK:
                    await self._asked(view, carried, user)
                case _:
                    pass
        except Refused as refused:
            first = next(iter(modals.values_of(view)), "")
            return {"response_action": "errors", "errors": {first: str(refused)[:150]}}
        return None

    async def _edited(
        self, view: dict[str, Any], carried: dict[str, Any], user: User
    ) -> dict[str, Any] | None:
        """First judged and shown; sent again unchanged, it counts."""
        approval = await self._bot.read.approval(carried["approval"], by=user)
        request, values = approval.request, modals.typed(view)
        wanted = arguments(request, values)
        if values == carried.get("judged"):
            await self._bot.decide(request.approval, "edit", by=user, arguments=wanted)
            return None
        verdict = await self._bot.judge(request.call.name, wanted, by=user)
        return {"response_action": "update", "view": modals.edit(request, values, verdict)}

    async def _asked(self, view: dict[str, Any], carried: dict[str, Any], user: User) -> None:
        thread = thread_of(self._team, carried["channel"], carried["thread"])
        quoted = "\n".join(f"> {line}" for line in carried["text"].splitlines())
        text = f"{modals.values_of(view).get('question', '')}\n\n{quoted}"
        message = IncomingMessage(f"view:{view['id']}", thread, user, text)
        await self._bot.receive(message)

    async def shortcut(self, body: dict[str, Any]) -> None:
        """*Ask about this message*: a form for the question; the answer goes into its thread."""
        message, channel = body["message"], body["channel"]["id"]
        text = str(message.get("text", ""))
        await self._open(body["trigger_id"], modals.question(channel, root_of(message), text))

    async def _open(self, trigger: str, view: dict[str, Any]) -> None:
        """Raises Refused: a trigger is good for three seconds."""
        try:
            await self._wire.call("views.open", {"trigger_id": trigger, "view": view})
        except (Later, Rejected, Uncertain) as error:
            raise Refused(f"Slack did not open the form ({error}): click once more") from error

    async def _who(self, body: dict[str, Any]) -> User:
        user = body["user"]
        return await self._people.user(user["id"], str(user.get("team_id", "")), deciding=True)

    def _thread(self, body: dict[str, Any]) -> ThreadRef:
        channel = body.get("channel", {}).get("id", "")
        message = body.get("message", {})
        root = message.get("thread_ts") or message.get("ts") or ""
        return thread_of(self._team, channel, str(root))
