"""What people do about an incident: each is a command, and a button of its message."""

from collections.abc import Callable
from dataclasses import replace

from bot.chat import incident_of
from bot.command import Caller
from bot.ports import Conflict, NotFound, Refused
from healer.durations import seconds
from healer.escalation import escalated
from healer.guards import forbidden, reasons
from healer.healing import Healer
from healer.incidents import Change, Incident
from healer.records import Kept
from healer.standing import Standing
from healer.updating import closed

_TRIES = 5


class Caring:
    """Every method takes an incident's id, or "" for the one whose thread the caller is in."""

    def __init__(self, healer: Healer) -> None:
        self._healer = healer

    async def take(self, incident: str, caller: Caller) -> str:
        """Take care of it: nobody else is called."""
        name = caller.user.name or caller.user.id

        def taken(_: Standing, found: Incident) -> Change:
            if found.owner:
                raise Conflict(f"{found.id} is taken care of by {found.owner} already")
            return Change(replace(found, owner=name), f"{name} takes care of it", name)

        found = await self._change(incident, caller, taken)
        return f"you take care of {found.id}"

    async def silence(self, incident: str, duration: str, caller: Caller) -> str:
        name, length = caller.user.name or caller.user.id, seconds(duration)

        def silenced(standing: Standing, found: Incident) -> Change:
            until = replace(found, silenced=standing.at + length)
            return Change(until, f"silenced for {duration} by {name}", name)

        found = await self._change(incident, caller, silenced)
        return f"{found.id} is silent for {duration}"

    async def escalate(self, incident: str, caller: Caller) -> str:
        name = caller.user.name or caller.user.id

        def called(standing: Standing, found: Incident) -> Change:
            return escalated(standing, replace(found, owner=""), f"{name} asks for help", name)

        found = await self._change(incident, caller, called)
        return f"{found.id} is escalated"

    async def resolve(self, incident: str, caller: Caller) -> str:
        """Close what cannot close by itself, such as an alert whose end was never told."""
        name = caller.user.name or caller.user.id

        def over(standing: Standing, found: Incident) -> Change:
            signal = standing.signals.get(found.fingerprint)
            if signal and signal.phase == "open":
                raise Refused(f"{found.id} is still seen to be bad: it closes when it is well")
            return closed(standing, found, f"{name} says so", name)

        found = await self._change(incident, caller, over)
        return f"{found.id} is closed"

    async def repair(self, incident: str, caller: Caller) -> str:
        """Ask for the repair that is suggested, whatever the budgets say: an approver decides."""
        kept = await self._kept(incident, caller)
        standing = await self._healer.round.standing()
        if why := next(forbidden(standing, kept.incident), ""):
            raise Refused(f"{kept.incident.id} cannot be repaired: {why}")
        name = caller.user.name or caller.user.id
        made = await self._healer.repairing.order(self._healer.bot, standing, kept, "suggest", name)
        if made is None:
            raise Conflict(f"{kept.incident.id} changed just now: look at it and try again")
        return f"{made.runbook} is prepared for {kept.incident.id}: it waits for an approval"

    async def why(self, incident: str, caller: Caller) -> str:
        """Why it is an incident, and why it is or is not repaired."""
        kept = await self._kept(incident, caller)
        standing, found = await self._healer.round.standing(), kept.incident
        signal = standing.signals.get(found.fingerprint)
        lines = [f"{found.id}: {found.title}"]
        if signal:
            marks = " ".join("well" if each.ok else "bad" for each in signal.recent)
            lines.append(f"the check {found.check} saw it, the last times: {marks}")
        touched = await self._healer.repairing.touched(standing)
        held = list(reasons(standing, found, touched))
        if not held and await self._healer.repairing.visited(found.host):
            held.append(f"somebody works on {found.host}: nothing is carried out unasked")
        lines += [f"not repaired by itself: {why}" for why in held]
        if not held:
            lines.append("nothing speaks against a repair")
        return "\n".join(lines)

    async def _kept(self, incident: str, caller: Caller) -> Kept:
        """Raises NotFound, Refused."""
        identity = incident or incident_of(caller.thread)
        if not identity:
            raise Refused("say which incident: its seven characters, as in the list of incidents")
        kept = await self._healer.records.incident(identity)
        if kept is None:
            raise NotFound(f"there is no incident {identity!r}")
        if kept.incident.closed:
            raise Conflict(f"{kept.incident.id} is over")
        return kept

    async def _change(
        self, incident: str, caller: Caller, change: Callable[[Standing, Incident], Change]
    ) -> Incident:
        standing = await self._healer.round.standing()
        for _ in range(_TRIES):
            kept = await self._kept(incident, caller)
            made = change(standing, kept.incident)
            if await self._healer.records.keep(kept, made, standing.at):
                self._healer.bot.changed(kept.incident.log)
                return kept.incident
        raise Conflict("it changes all the time: try again")
