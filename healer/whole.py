"""The call that stands for a whole repair: approving it approves every step of the runbook."""

from pydantic import BaseModel

from bot.tool import Level, Risk, Tool, ToolContext, ToolError, Trust, Verdict, tool
from healer.catalogue import Catalogue
from healer.dry_run import dry_run
from healer.parameter import Unfit
from healer.plan import Plan, plan


def applying(catalogue: Catalogue) -> Tool:
    """The tool of a catalogue. It does nothing by itself: the steps come after it."""

    def planned(args: BaseModel) -> Plan:
        """Raises ToolError when it is not what was proposed any more."""
        given = args.model_dump()
        entry = catalogue.get(given["runbook"])
        if entry is None or entry.version != given["version"]:
            raise ToolError(f"the runbook {given['runbook']} is another one now")
        try:
            return plan(
                entry.runbook, entry.version, given["host"], given["parameters"], catalogue.bounds
            )
        except Unfit as error:
            raise ToolError(str(error)) from error

    def judge(args: BaseModel, ctx: ToolContext) -> Verdict:  # noqa: ARG001 - a judge is handed both
        runbook = planned(args).runbook
        risk = Risk.DANGER if runbook.risk == "danger" else Risk.CHANGE
        return Verdict(Level.ASK, risk, (runbook.title,), Trust.SYSTEM, rule=Level.ASK)

    async def preview(args: BaseModel, ctx: ToolContext) -> str:  # noqa: ARG001 - as above
        return dry_run(planned(args))

    @tool(risk=judge, trust=Trust.SYSTEM, timeout=10, preview=preview)
    async def apply_runbook(
        runbook: str, version: str, host: str, parameters: dict[str, str | int], steps: str
    ) -> str:
        """Carry out a runbook on a host, as its steps say."""
        given = ", ".join(f"{name}={value}" for name, value in parameters.items())
        return f"{runbook} {version} ({given}) may be carried out on {host}:\n{steps}"

    return apply_runbook
