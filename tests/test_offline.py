"""What works without a model: plain requests in two languages, and calls written out."""

import pytest
from pydantic import JsonValue

from agent.models.offline import reply
from agent.transcript import mark, note
from bot.agents import Ask, Message
from bot.tool import Tool
from tools import load

WHY = "Ollama does not answer at http://x (Connection refused)."


TOOLS = tuple(load().values())
"""The real ones: a phrase must fit what it names."""


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
        ("restart nginx", "service_control", {"service": "nginx", "action": "restart"}),
        ("please stop the cron service!", "service_control", {"service": "cron", "action": "stop"}),
        ("redémarre nginx", "service_control", {"service": "nginx", "action": "restart"}),
        ("arrête le service cron", "service_control", {"service": "cron", "action": "stop"}),
        ("status of ssh", "service_status", {"service": "ssh"}),
        ("état de ssh", "service_status", {"service": "ssh"}),
        ("read /etc/hosts", "read_file", {"path": "/etc/hosts"}),
        ("lis /etc/hosts.", "read_file", {"path": "/etc/hosts"}),
        ("list /var/log", "list_directory", {"path": "/var/log"}),
        ("grep no space in /var", "search_files", {"path": "/var", "content": "no space"}),
        ("cherche erreur dans /srv", "search_files", {"path": "/srv", "content": "erreur"}),
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
    assert load()[name].parse(args)
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
    replied = reply(ask("disk usage", tools=(load()["system_info"],)), WHY)

    assert not replied.tool_calls
    assert "disk" not in replied.text.removeprefix(WHY)
    assert "how is the machine" in replied.text


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("run uptime", "There is no tool named uptime. There are: "),
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
