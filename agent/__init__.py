"""The agents that a model drives: how some tools and a model answer a person, or an alarm."""

from collections.abc import Callable, Mapping
from pathlib import Path

from agent.react import React
from bot.agents import Agent, Stance
from bot.tool import Tool

DIAGNOSIS = Path(__file__).with_name("diagnosis.md")


def create(tools: Callable[[], Mapping[str, Tool]] | Mapping[str, Tool]) -> Agent:
    """The ReAct agent. The tools may change while it runs: give a function that says which."""
    return React(tools if callable(tools) else lambda: tools)


def diagnosis(tools: Callable[[], Mapping[str, Tool]]) -> Agent:
    """The agent that finds out what is behind an incident: it reads, and proposes a runbook."""
    return React(tools, name="diagnosis", prompt=DIAGNOSIS, stance=Stance(healer=True))
