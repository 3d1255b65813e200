"""Docker engines and the containers that should run and do not."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import aiohttp

from bot.resources import Host
from bot.tool import ToolError
from healer.check import Finding, Limits, Remedy, Surroundings, check
from healer.words import argument, shown

_AT_ONCE = 50
"""Engines asked at the same time."""
_PATIENCE = 6.0
"""Seconds an engine may take for all its answers, and a host to lead there."""
_MOST = 100
"""Containers looked at more closely."""
_ENGINE = "docker"
_Json = Mapping[str, Any]


class DockerLimits(Limits):
    containers: tuple[str, ...] = ()
    """Those that are to run, also without a restart policy."""
    ignore: tuple[str, ...] = ()
    restarts: int = 5
    """From so many restarts on, one that restarts again is not helped by another."""


@check(every=30, limits=DockerLimits, timeout=30)
async def docker(
    around: Surroundings,
    limits: DockerLimits,  # noqa: ARG001 - each host has its own
) -> Mapping[str, Sequence[Finding]]:
    """Engines that do not answer; containers that ended in an error although they are listed or
    have a restart policy, that are unhealthy, or that start again and again.

    Confirmed by the container's own record, asked for after the list: it has no process, or its
    last probes failed."""
    found: dict[str, Sequence[Finding]] = {}
    some = asyncio.Semaphore(_AT_ONCE)

    async def ask(host: Host, its: DockerLimits) -> None:
        async with some:
            try:
                async with asyncio.timeout(_PATIENCE):
                    path = await host.forward(host.docker)
            except (ToolError, TimeoutError):
                return  # the host is away, which its own check says
            found[host.name] = await _engine(path, its)

    async with asyncio.TaskGroup() as tasks:
        for host in map(around.hosts.get, around.hosts.names()):
            its = around.limits(host.name)
            if its.enabled and _has(host, its):
                tasks.create_task(ask(host, its))
    return found


def _has(host: Host, limits: DockerLimits) -> bool:
    """The bot's own machine is asked wherever it may be: without an engine nothing is amiss."""
    local = not host.key and not limits.containers
    return bool(host.docker) and (not local or Path(host.docker).exists())


async def _engine(path: str, limits: DockerLimits) -> Sequence[Finding]:
    try:
        async with asyncio.timeout(_PATIENCE):
            return await _asked(path, limits)
    except TimeoutError:
        why = f"no answer within {_PATIENCE:g} s"
    except (aiohttp.ClientError, OSError) as error:
        why = shown(str(error) or type(error).__name__)
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        # Whoever listens there is none; that must not keep the other hosts' from being read.
        why = f"what it says cannot be read ({shown(repr(error))})"
    return [Finding(_ENGINE, ok=False, text=f"the Docker engine does not answer: {why}")]


async def _asked(path: str, limits: DockerLimits) -> Sequence[Finding]:
    connector = aiohttp.UnixConnector(path)
    async with aiohttp.ClientSession("http://docker", connector=connector) as http:
        listed = await _get(http, "/containers/json?all=1")
        watched = [each for each in listed if _name(each) not in limits.ignore]
        suspects = [each for each in watched if _suspect(each, limits)][:_MOST]
        records = {
            each["Id"]: await _get(http, f"/containers/{each['Id']}/json") for each in suspects
        }
    return [
        Finding(_ENGINE, ok=True, text="the Docker engine answers"),
        *_containers(watched, records, limits),
        *_missing(listed, limits),
    ]


async def _get(http: aiohttp.ClientSession, path: str) -> Any:
    async with http.get(path) as answer:
        if answer.status == 404:
            return {}  # a container that has gone since the list was made
        answer.raise_for_status()
        return await answer.json()


def _containers(
    listed: Sequence[_Json], records: Mapping[str, _Json], limits: DockerLimits
) -> Iterable[Finding]:
    for each in listed:
        name = _name(each)
        if not (record := records.get(each["Id"])):
            if each["Id"] not in records and each["State"] == "running":
                yield _well(name, f"container {shown(name)} runs")
            continue
        yield judged(name, record, limits)


def judged(name: str, record: _Json, limits: DockerLimits) -> Finding:
    """What its record, the answer to ``/containers/{id}/json``, says of a container. Pure."""
    state: _Json = record["State"]
    policy = record["HostConfig"]["RestartPolicy"]["Name"]
    wanted = name in limits.containers or policy not in ("", "no")
    health: _Json = state.get("Health") or {}
    what = ""
    if state["Restarting"]:
        what = f"is restarting, {record['RestartCount']} times so far"
    elif health.get("Status") == "unhealthy":
        what = "is unhealthy"
    elif not state["Running"] and wanted and (state["ExitCode"] or name in limits.containers):
        what = f"has ended, exit code {state['ExitCode']}"
    if not what:
        return _well(name, f"container {shown(name)} is {shown(state['Status'])}")
    hopeless = _hopeless(record, limits)
    helps = argument(name) and not hopeless
    return Finding(
        f"container {name}", ok=False, text=f"container {shown(name)} {what}",
        confirmed=state["Pid"] == 0 or health.get("FailingStreak", 0) > 0,
        hopeless=hopeless,
        remedy=Remedy("restart-container", {"container": name}) if helps else None,
        details=_details(record, health),
        external=True,
    )  # fmt: skip


def _hopeless(record: _Json, limits: DockerLimits) -> str:
    if record["State"]["OOMKilled"]:
        return "it ran out of memory"
    if record["State"]["Restarting"] and record["RestartCount"] >= limits.restarts:
        return f"Docker restarted it {record['RestartCount']} times already"
    return ""


def _details(record: _Json, health: _Json) -> str:
    lines = [f"image {shown(record['Config']['Image'])}"]
    if error := record["State"].get("Error"):
        lines.append(f"error: {shown(error)}")
    probes: Sequence[_Json] = health.get("Log") or ()
    lines += [f"probe: {shown(probe.get('Output', ''))}" for probe in probes[-2:]]
    return "\n".join(lines)


def _missing(listed: Sequence[_Json], limits: DockerLimits) -> Iterable[Finding]:
    there = {_name(each) for each in listed}
    for name in limits.containers:
        if name not in there:
            yield Finding(f"container {name}", ok=False, text=f"there is no container {name}")


def _suspect(each: _Json, limits: DockerLimits) -> bool:
    """Whether the list alone does not show that it is well."""
    if each["State"] == "running":
        return "(unhealthy)" in each["Status"]
    # What was made and never started is nobody's failure, nor is what ended as it should.
    ended = each["State"] == "created" or each["Status"].startswith("Exited (0)")
    return not ended or _name(each) in limits.containers


def _name(each: _Json) -> str:
    names: Sequence[str] = each["Names"] or (each["Id"][:12],)
    return names[0].removeprefix("/")


def _well(name: str, text: str) -> Finding:
    return Finding(f"container {name}", ok=True, text=text, external=True)
