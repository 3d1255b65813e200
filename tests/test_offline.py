"""What works without a model: plain requests in two languages, and calls written out."""

from typing import Literal

import pytest
from pydantic import JsonValue

from agent.models.offline import reply
from agent.transcript import mark, note
from bot.ports import Ask, Message
from bot.tool import Risk, Tool, tool

WHY = "Ollama does not answer at http://x (Connection refused)."


@tool(risk=Risk.READ)
async def disk_usage(path: str = "/", host: str = "local") -> str:
    """How full the disks are."""
    return path + host


@tool(risk=Risk.READ)
async def system_info() -> str:
    """How the machine is."""
    return ""


@tool(risk=Risk.READ)
async def process_list(limit: int = 10) -> str:
    """What runs."""
    return str(limit)


@tool(risk=Risk.READ)
async def logs_view(unit: str, lines: int | None = None) -> str:
    """What a service wrote."""
    return f"{unit}{lines}"


@tool(risk=Risk.READ)
async def service_status(service: str) -> str:
    """How a service is."""
    return service


@tool(risk=Risk.CHANGE)
async def service_control(name: str, action: Literal["start", "stop", "restart"]) -> str:
    """Start, stop or restart a service."""
    return name + action


@tool(risk=Risk.READ)
async def read_file(path: str) -> str:
    """What is in a file."""
    return path


@tool(risk=Risk.READ)
async def list_directory(path: str) -> str:
    """What is in a directory."""
    return path


@tool(risk=Risk.READ)
async def search_files(path: str, pattern: str) -> str:
    """Where a text is."""
    return path + pattern


@tool(risk=Risk.DANGER)
async def execute_command(command: str) -> str:
    """Run a command."""
    return command


TOOLS: tuple[Tool, ...] = (
    disk_usage,
    system_info,
    process_list,
    logs_view,
    service_status,
    service_control,
    read_file,
    list_directory,
    search_files,
    execute_command,
)


def ask(text: str, *later: Message, tools: tuple[Tool, ...] = TOOLS) -> Ask:
    return Ask([Message("system", "…"), Message("user", text), *later], tools)


@pytest.mark.parametrize(
    ("text", "name", "args"),
    [
        ("disk usage", "disk_usage", {}),
        ("What is the disk usage?", "disk_usage", {}),
        ("Quel est l'espace disque ?", "disk_usage", {}),
        ("how is the machine", "system_info", {}),
        ("état du système", "system_info", {}),
        ("list processes", "process_list", {}),
        ("liste les processus", "process_list", {}),
        ("logs of nginx", "logs_view", {"unit": "nginx"}),
        ("show me the logs for the nginx", "logs_view", {"unit": "nginx"}),
        ("journaux de nginx", "logs_view", {"unit": "nginx"}),
        ("restart nginx", "service_control", {"name": "nginx", "action": "restart"}),
        ("please stop the nginx service!", "service_control", {"name": "nginx", "action": "stop"}),
        ("redémarre nginx", "service_control", {"name": "nginx", "action": "restart"}),
        ("arrête le service cron", "service_control", {"name": "cron", "action": "stop"}),
        ("status of ssh", "service_status", {"service": "ssh"}),
        ("état de ssh", "service_status", {"service": "ssh"}),
        ("read /etc/hosts", "read_file", {"path": "/etc/hosts"}),
        ("lis /etc/hosts.", "read_file", {"path": "/etc/hosts"}),
        ("list /var/log", "list_directory", {"path": "/var/log"}),
        ("grep no space in /var", "search_files", {"path": "/var", "pattern": "no space"}),
        ("cherche erreur dans /srv", "search_files", {"path": "/srv", "pattern": "erreur"}),
        ("run disk_usage path=/var host=web1", "disk_usage", {"path": "/var", "host": "web1"}),
        ("run process_list limit=3", "process_list", {"limit": 3}),
        ("run logs_view unit=5 lines=20", "logs_view", {"unit": "5", "lines": 20}),
        ('run execute_command command="uptime -p"', "execute_command", {"command": "uptime -p"}),
    ],
)  # fmt: skip
def test_understood(text: str, name: str, args: dict[str, JsonValue]) -> None:
    """Plain requests and direct forms become one call of an offered tool."""
    replied = reply(ask(text), WHY)

    (call,) = replied.tool_calls
    assert (name, args) == (call.name, call.args)
    assert replied.model == "offline"


@pytest.mark.parametrize(
    "text",
    [
        "do not restart nginx",
        "why does nginx restart so often?",
        "ne redémarre pas nginx",
        "should we stop nginx or wait?",
        "write a poem",
        "",
    ],
)
def test_not_understood(text: str) -> None:
    """Everything else is answered with what can be done; nothing is changed by a guess."""
    replied = reply(ask(text), WHY)

    assert not replied.tool_calls
    assert WHY in replied.text
    assert "run " in replied.text


def test_never_a_tool_that_is_not_offered() -> None:
    """What is not offered is neither called nor listed."""
    replied = reply(ask("disk usage", tools=(system_info,)), WHY)

    assert not replied.tool_calls
    assert "disk" not in replied.text.removeprefix(WHY)
    assert "how is the machine" in replied.text


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("run uptime", "There is no tool named uptime. There are: disk_usage, "),
        ("run disk_usage /var", "I cannot read the arguments ('/var': NAME=VALUE)."),
        ('run disk_usage path="/var', "I cannot read the arguments (No closing quotation)."),
    ],
)
def test_direct_form_that_is_wrong(text: str, said: str) -> None:
    """A direct form that cannot be carried out says why."""
    replied = reply(ask(text), WHY)

    assert not replied.tool_calls
    assert said in replied.text


@pytest.mark.parametrize(
    ("text", "said"),
    [("disk usage", "I am not reasoning."), ("espace disque", "je ne raisonne pas.")],
)
def test_result_is_shown(text: str, said: str) -> None:
    """The result is shown without its marks, and that nobody thinks is said in their language."""
    call = reply(ask(text), WHY).tool_calls
    result = mark("/ is 60 % full", "disk_usage", "0" * 16)
    later = Message("assistant", "", calls=call), Message("tool", result, tool="disk_usage")
    replied = reply(ask(text, *later), WHY)

    assert not replied.tool_calls
    assert replied.text.startswith("/ is 60 % full\n\n(")
    assert said in replied.text
    assert WHY in replied.text


def test_denial_is_shown() -> None:
    """A call that was denied is said to be."""
    later = Message("tool", "denied: Bob denied it", tool="service_control")

    assert reply(ask("restart nginx", later), WHY).text.startswith("denied: Bob denied it")


def test_notes_are_no_requests() -> None:
    """What the kernel notes does not stand in for what the person said."""
    assert reply(ask("disk usage", note("be brief")), WHY).tool_calls[0].name == "disk_usage"
