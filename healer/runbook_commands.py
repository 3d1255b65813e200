"""What people can ask of runbooks: which there are, how far they may go, what they would do."""

from bot.chat import Role
from bot.command import Caller, Command, command
from bot.ports import Refused
from bot.resources import Hosts
from healer.catalogue import Catalogue
from healer.dry_run import dry_run
from healer.healing import Healer
from healer.levels import LEVELS, Unearned, level_of, named, verified
from healer.naming import known_host
from healer.parameter import Unfit
from healer.plan import plan
from healer.runbook_file import Entry


def listing(healer: Healer, catalogue: Catalogue) -> tuple[Command, ...]:
    levels = healer.repairing.levels

    @command(role=Role.OPERATOR, name="runbooks")
    async def runbooks_(caller: Caller) -> str:  # noqa: ARG001 - a command is handed who calls it
        """List the runbooks: what they fix, and how much each may do by itself."""
        known = await healer.records.levels()
        return "\n".join(
            f"{name} ({level_of(known.get(name), entry)},"
            f" helped {verified(known.get(name), entry)} times): {entry.runbook.title}"
            for name, entry in sorted(catalogue.entries.items())
        )

    @command(role=Role.APPROVER)
    async def level(caller: Caller, runbook: str, level: str) -> str:
        """Say how much a runbook may do: observe, suggest, or auto once it has helped."""
        entry = _entry(catalogue, runbook)
        chosen = named(level.lower())
        if chosen is None:
            raise Refused(f"there is no level {level!r}; there are {', '.join(LEVELS)}")
        try:
            await levels.promote(entry, chosen, caller.user.name or caller.user.id)
        except Unearned as error:
            raise Refused(str(error)) from error
        text = f"{runbook} {entry.version}: {chosen}"
        await healer.bot.note("runbook level", by=caller.user.key, text=text)
        return text

    return runbooks_, level


def trying(healer: Healer, catalogue: Catalogue, hosts: Hosts) -> tuple[Command, ...]:
    @command(role=Role.OPERATOR, name="dry-run")
    async def dry_run_(caller: Caller, runbook: str, host: str, parameters: str = "") -> str:  # noqa: ARG001 - as above
        """Show what a runbook would do on a host: dry-run restart-service web1 service=nginx."""
        entry = _entry(catalogue, runbook)
        known_host(hosts, host)
        words = (word.partition("=") for word in parameters.split())
        given = {name: value for name, _, value in words}
        try:
            planned = plan(entry.runbook, entry.version, host, given, catalogue.bounds)
        except Unfit as error:
            raise Refused(str(error)) from error
        return f"{dry_run(planned)}\nlevel: {await healer.repairing.levels.of(entry)}"

    return (dry_run_,)


def _entry(catalogue: Catalogue, runbook: str) -> Entry:
    entry = catalogue.get(runbook)
    if entry is None:
        known = ", ".join(sorted(catalogue.entries))
        raise Refused(f"there is no runbook {runbook!r}; there are: {known}")
    return entry
