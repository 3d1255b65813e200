"""The agent: how a model and some tools answer a person."""

from collections.abc import Callable, Mapping

from agent.react import React
from bot.ports import Agent
from bot.tool import Tool


def create(tools: Callable[[], Mapping[str, Tool]] | Mapping[str, Tool]) -> Agent:
    """The ReAct agent. The tools may change while it runs: give a function that says which."""
    return React(tools if callable(tools) else lambda: tools)
