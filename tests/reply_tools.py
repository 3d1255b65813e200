"""Tools that models call in the tests of their replies."""

from typing import Literal

from pydantic import JsonValue

from bot.tool import Risk, tool


@tool(risk=Risk.READ)
async def disk_usage(path: str = "/", host: str | None = None) -> str:
    """Show how full the disks are."""
    return path


@tool(risk=Risk.READ)
async def system_info() -> str:
    """Show what machine this is."""
    return "a machine"


@tool(risk=Risk.READ)
async def logs_view(unit: str | None = None, lines: int = 50, *, follow: bool = False) -> str:
    """Read the journal."""
    return f"{unit} {lines} {follow}"


@tool(risk=Risk.READ)
async def read_file(path: str, start_line: int = 1) -> str:
    """Read a file."""
    return f"{path} {start_line}"


@tool(risk=Risk.READ)
async def search_files(path: str, name: str = "*") -> str:
    """Find files."""
    return f"{path} {name}"


@tool(risk=Risk.CHANGE)
async def service_control(service: str, action: Literal["start", "stop", "restart"]) -> str:
    """Start, stop or restart a service."""
    return f"{action} {service}"


@tool(risk=Risk.CHANGE)
async def write_file(
    path: str,
    content: str,
    options: dict[str, JsonValue] | None = None,
    tags: list[str] | None = None,
) -> str:
    """Write a file."""
    return f"{path} {content} {options} {tags}"


@tool(risk=Risk.DANGER)
async def execute_command(command: str, cwd: str | None = None) -> str:
    """Run a command."""
    return f"{command} {cwd}"


TOOLS = {
    each.name: each
    for each in (
        *(disk_usage, system_info, logs_view, read_file),
        *(search_files, service_control, write_file, execute_command),
    )
}
