"""A call on several hosts: one call for each of them, asked about and told of as one."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby

from bot.tool import ToolCall


def spread(call: ToolCall, hosts: Sequence[str]) -> tuple[ToolCall, ...]:
    """One call for each of *hosts*; they know what they were, and how many they were at first."""
    fan_out = max(call.fan_out, len(hosts))
    return tuple(
        replace(
            call,
            id=f"{call.id}.{host}",
            args={**call.args, "host": host},
            fan_out=fan_out,
            group=call.id,
        )
        for host in hosts
    )


def gather(parts: Sequence[ToolCall]) -> ToolCall:
    """The one call that *parts*, at least one, stand for."""
    first, *rest = parts
    if not rest:
        return first
    hosts = [part.args["host"] for part in parts]
    return replace(first, id=first.group, args={**first.args, "host": hosts}, group="")


def parts(call: ToolCall) -> tuple[ToolCall, ...]:
    """What :func:`gather` made one call of; any other call is its only part."""
    hosts = call.args.get("host")
    return spread(call, [str(host) for host in hosts]) if isinstance(hosts, list) else (call,)


def grouped(calls: Sequence[ToolCall]) -> list[tuple[ToolCall, ...]]:
    """Calls in their order, those together that were one."""
    return [tuple(group) for _, group in groupby(calls, key=lambda call: call.group or call.id)]
