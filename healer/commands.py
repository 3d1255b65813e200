"""What people can tell the healer and ask of it."""

import re
from datetime import UTC, datetime

from bot.chat import Role, incident_of
from bot.command import Caller, Command, command
from bot.ports import Refused
from bot.resources import Hosts
from healer.caring import Caring
from healer.catalogue import Catalogue
from healer.durations import seconds
from healer.healing import Healer
from healer.incidents import Incident
from healer.naming import known_host
from healer.records import Silence
from healer.runbook_commands import listing, trying
from healer.standing import maintenance_of
from healer.words import span

_LISTED = 30
ID = re.compile(r"[A-Z2-7]{7}")


def commands(healer: Healer, catalogue: Catalogue, hosts: Hosts) -> tuple[Command, ...]:
    return (
        *looking(healer),
        *caring(Caring(healer)),
        *pausing(healer, hosts),
        *listing(healer, catalogue),
        *trying(healer, catalogue, hosts),
    )


def looking(healer: Healer) -> tuple[Command, ...]:
    @command(role=Role.OPERATOR)
    async def incidents(caller: Caller) -> str:  # noqa: ARG001 - a command is handed who calls it
        """List the incidents, open ones first."""
        found = await healer.records.newest_incidents(_LISTED)
        at = healer.round.now()
        return "\n".join(_line(each, at) for each in found) or "all is well: there was no incident"

    return (incidents,)


def _line(incident: Incident, at: float) -> str:
    lasted = span(max(0.0, (incident.closed or at) - incident.opened))
    state, part = incident.state(at), f" (part of {incident.cause})" if incident.cause else ""
    owner = f", {incident.owner} takes care" if incident.owner and not incident.closed else ""
    return f"{incident.id} {state} for {lasted}: {incident.title}{owner}{part}"


def caring(care: Caring) -> tuple[Command, ...]:
    @command(role=Role.OPERATOR)
    async def ack(caller: Caller, incident: str = "") -> str:
        """Take care of an incident: nobody else is called."""
        return await care.take(incident, caller)

    @command(role=Role.OPERATOR)
    async def silence(caller: Caller, incident: str = "", duration: str = "1h") -> str:
        """Keep an incident quiet for a while, such as 1h or 1d."""
        if incident_of(caller.thread) and incident and not ID.fullmatch(incident.upper()):
            incident, duration = "", incident  # said in its own thread
        return await care.silence(incident, duration, caller)

    @command(role=Role.OPERATOR)
    async def escalate(caller: Caller, incident: str = "") -> str:
        """Call the next person of the escalation list."""
        return await care.escalate(incident, caller)

    @command(role=Role.OPERATOR)
    async def resolve(caller: Caller, incident: str = "") -> str:
        """Close an incident that does not close by itself."""
        return await care.resolve(incident, caller)

    @command(role=Role.OPERATOR)
    async def repair(caller: Caller, incident: str = "") -> str:
        """Prepare the repair that is suggested for an incident; an approver decides."""
        return await care.repair(incident, caller)

    @command(role=Role.OPERATOR)
    async def why(caller: Caller, incident: str = "") -> str:
        """Say why something is an incident, and why it is or is not repaired."""
        return await care.why(incident, caller)

    return ack, silence, escalate, resolve, repair, why


def pausing(healer: Healer, hosts: Hosts) -> tuple[Command, ...]:
    @command(role=Role.OPERATOR)
    async def maintenance(
        caller: Caller, host: str = "", duration: str = "", reason: str = ""
    ) -> str:
        """Leave a host alone for a while: maintenance web1 2h; maintenance web1 off ends it."""
        at = healer.round.now()
        if not host:
            found = await healer.records.silences(at)
            return "\n".join(map(_window, found)) or "no host is in maintenance"
        if host != "all":
            known_host(hosts, host)
        ends = duration.lower() == "off"
        until = at if ends else at + seconds(duration or "1h")
        name = caller.user.name or caller.user.id
        await healer.records.silence(Silence(maintenance_of(host), until, name, reason))
        await healer.switch.refresh()
        what = "ended" if ends else f"until {_clock(until)}"
        await healer.bot.note("maintenance", by=caller.user.key, text=f"{host} {what} {reason}")
        return f"maintenance of {host} {what}"

    @command(role=Role.ADMIN, name="healer")
    async def healer_(caller: Caller, switch: str = "") -> str:
        """Switch healing on or off; without a word, say how it is."""
        if switch.lower() not in ("", "on", "off"):
            raise Refused("write: healer on, healer off, or healer")
        if switch:
            by = caller.user.name or caller.user.id
            await healer.switch.set(by, on=switch.lower() == "on")
            await healer.bot.note("healing switched", by=caller.user.key, text=switch.lower())
        await healer.switch.refresh()
        return healer.switch.off() or "healing is on"

    return maintenance, healer_


def _window(silence: Silence) -> str:
    reason = f": {silence.reason}" if silence.reason else ""
    return f"{silence.scope} until {_clock(silence.until)}, says {silence.given}{reason}"


def _clock(seconds_: float) -> str:
    return f"{datetime.fromtimestamp(seconds_, UTC):%Y-%m-%d %H:%M} UTC"
