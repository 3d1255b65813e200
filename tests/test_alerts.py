"""Alerts that Alertmanager and Grafana send become incidents, whatever is in them."""

import asyncio
from pathlib import Path
from time import perf_counter
from typing import cast

import pytest
from pydantic import JsonValue

from bot.chat import IncomingMessage, ThreadRef
from bot.command import Caller
from bot.ids import new_id
from bot.ports import Refused
from healer.alerts import told
from tests.fakes.model import ScriptedModel, says
from tests.fleet import Fleet
from tests.healing_kit import Machines, Ward, ward
from tests.kernel_kit import BOB, VIC

FLEET = ("web1", "web2")
Payload = dict[str, JsonValue]


def alertmanager(status: str = "firing") -> Payload:
    """Version 4 of the format, with all of its fields."""
    labels: Payload = {
        "alertname": "ProbeFailure",
        "instance": "web1:9100",
        "job": "node",
        "severity": "critical",
    }
    annotations: Payload = {
        "description": "web1:9100 has been down for over 5m. Job: node",
        "summary": "the probe of web1 fails",
    }
    return {
        "receiver": "orchestrator",
        "status": status,
        "alerts": [
            {
                "status": status,
                "labels": labels,
                "annotations": annotations,
                "startsAt": "2026-02-06T13:08:45.828Z",
                "endsAt": "0001-01-01T00:00:00Z",
                "generatorURL": "http://prometheus.example.org:9090/graph?g0.expr=up+%3D%3D+0",
                "fingerprint": "1a30ba71cca2921f",
            }
        ],
        "groupLabels": {"alertname": "ProbeFailure"},
        "commonLabels": labels,
        "commonAnnotations": annotations,
        "externalURL": "http://prometheus.example.org:9093",
        "version": "4",
        "groupKey": '{}/{severity="critical"}:{alertname="ProbeFailure"}',
        "truncatedAlerts": 0,
    }


def _grafana_alert(name: str, host: str, mark: str, status: str) -> Payload:
    return {
        "status": status,
        "labels": {"alertname": name, "team": "blue", "host": host, "severity": "warning"},
        "annotations": {"description": f"{host} has {name}", "summary": f"{name} of {host}"},
        "startsAt": "2026-10-12T09:51:03.157076+02:00",
        "endsAt": "0001-01-01T00:00:00Z",
        "generatorURL": "https://play.grafana.org/alerting/1afz29v7z/edit",
        "fingerprint": mark,
        "silenceURL": "https://play.grafana.org/alerting/silence/new?alertmanager=grafana",
        "dashboardURL": "",
        "panelURL": "",
        "values": {"B": 44.23943737541908, "C": 1},
    }


def grafana(status: str = "firing") -> Payload:
    """Of Grafana 9 and later: two alerts in one delivery."""
    return {
        "receiver": "orchestrator",
        "status": status,
        "orgId": 1,
        "alerts": [
            _grafana_alert("High memory usage", "web2.example.org", "c6eadffa33fcdf37", status),
            _grafana_alert("High CPU usage", "elsewhere", "bc97ff14869b13e3", status),
        ],
        "groupLabels": {},
        "commonLabels": {"team": "blue"},
        "commonAnnotations": {},
        "externalURL": "https://play.grafana.org/",
        "version": "1",
        "groupKey": '{}:{alertname="High memory usage"}',
        "truncatedAlerts": 0,
        "title": "[FIRING:2]",
        "state": "alerting",
        "message": "**Firing**",
    }


def older_grafana(state: str = "alerting") -> Payload:
    return {
        "dashboardId": 1,
        "evalMatches": [{"value": 100, "metric": "High value", "tags": None}],
        "message": "Someone is testing the alert notification within Grafana.",
        "orgId": 0,
        "panelId": 1,
        "ruleId": 0,
        "ruleName": "Disk of web1",
        "ruleUrl": "http://localhost:3000/",
        "state": state,
        "tags": {"host": "web1"},
        "title": "[Alerting] Disk of web1",
    }


async def sent(here: Ward, payload: Payload) -> str:
    """As a program of an operator's sends it."""
    caller = Caller(BOB, ThreadRef("web", "", "", ""))
    return await here.kernel.bot.command("alerts", {"payload": payload}, caller)


async def test_alertmanager(tmp_path: Path) -> None:
    """A firing alert is an incident of the host that its instance names, told once however often it
    is sent, and over when it is said to be resolved."""
    async with ward(tmp_path, Machines(*FLEET)) as here:
        assert await sent(here, alertmanager()) == "1 opened, 0 resolved, 0 known"
        incident = await here.incident()
        assert (incident.host, incident.severity) == ("web1", "critical")
        assert incident.title == "ProbeFailure: the probe of web1 fails"
        assert incident.external

        assert await sent(here, alertmanager()) == "0 opened, 0 resolved, 1 known"
        await here.rounds(5)
        assert not (await here.incident()).closed

        assert await sent(here, alertmanager("resolved")) == "0 opened, 1 resolved, 0 known"
        events = [event.text for event in await here.told(incident)]
        assert events[0].startswith("opened: ProbeFailure")
        assert events[-1].endswith("so says who raised it")
        assert await sent(here, alertmanager("resolved")) == "0 opened, 0 resolved, 1 known"
        assert await sent(here, alertmanager()) == "1 opened, 0 resolved, 0 known"


async def test_grafana(tmp_path: Path) -> None:
    """Each alert of a delivery is an incident of its own; the name of a host with its domain is
    that host, and a host that is not in the inventory is none."""
    async with ward(tmp_path, Machines(*FLEET)) as here:
        assert await sent(here, grafana()) == "2 opened, 0 resolved, 0 known"
        hosts = {each.text.partition(":")[0]: each.host for each in await here.incidents()}
        assert hosts == {"High memory usage": "web2", "High CPU usage": ""}
        assert {each.severity for each in await here.incidents()} == {"warning"}
        assert await sent(here, grafana("resolved")) == "0 opened, 2 resolved, 0 known"


async def test_older_grafana(tmp_path: Path) -> None:
    """The format of Grafana before 8 is understood as well."""
    async with ward(tmp_path, Machines(*FLEET)) as here:
        assert await sent(here, older_grafana()) == "1 opened, 0 resolved, 0 known"
        incident = await here.incident()
        assert (incident.host, incident.text) == ("web1", "Disk of web1: [Alerting] Disk of web1")
        assert await sent(here, older_grafana("ok")) == "0 opened, 1 resolved, 0 known"


async def test_nothing_is_repaired_for_outsiders(tmp_path: Path) -> None:
    """What others tell of is never repaired by itself, and says why."""
    machines = Machines(*FLEET)
    async with ward(tmp_path, machines) as here:
        await sent(here, alertmanager())
        await here.rounds(8)
        incident = await here.incident()
        assert machines.done == []
        assert "others told of it: a person decides" in await here.command("why", incident.id)


@pytest.mark.parametrize(
    "label", ["instance", "host", "hostname", "nodename", "node"], ids=lambda each: each
)
@pytest.mark.parametrize("given", ["web1", "web1:9100", "web1.example.org", "web1.lan:9100"])
def test_host_of(label: str, given: str) -> None:
    """The host is found by any label that names one, with a port or a domain behind it."""
    alert: Payload = {"labels": {"alertname": "Down", label: given}}
    [found] = told({"alerts": [alert]}, Fleet(*FLEET))
    assert found.host == "web1"


HOSTILE = "a\x00b\x1b[31mc\r\nd\u202ee\u200bf\U000e0041g\ud800h"


@pytest.mark.parametrize("text", [HOSTILE, "x" * 10_240, "`<script>@everyone\n# big"], ids=len)
def test_hostile_words(text: str) -> None:
    """Whatever labels and annotations say is one short line of characters that can be seen."""
    alert: Payload = {
        "labels": {"alertname": text, text: text, "host": text, "severity": text},
        "annotations": {"summary": text, "description": text},
    }
    [found] = told({"alerts": [alert]}, Fleet(*FLEET))
    lines = (found.finding.text, found.finding.target, *found.finding.details.splitlines())
    assert found.host == ""
    assert found.finding.external
    assert all(line.isprintable() and len(line) < 260 for line in lines)


def test_many_labels() -> None:
    """An alert with thousands of labels keeps some of them."""
    labels: Payload = {f"label{n}": "x" * 100 for n in range(3000)}
    [found] = told({"alerts": [{"labels": labels}]}, Fleet(*FLEET))
    assert len(found.finding.details) < 10_000


MANY: list[JsonValue] = [{"status": "firing"} for _ in range(1001)]
TOO_MANY: Payload = {"alerts": MANY}
BAD: list[tuple[Payload, str]] = [
    ({}, "state: Field required"),
    ({"alerts": "many"}, "alerts: Input should be a valid list"),
    ({"alerts": [{}, {"status": "maybe"}]}, "alerts.1.status: Input should be 'firing'"),
    ({"alerts": [{"labels": ["a"]}]}, "alerts.0.labels: Input should be"),
    (TOO_MANY, "alerts: List should have at most 1000 items"),
    ({"state": "exploded", "ruleName": "x"}, "state: Input should be 'alerting'"),
]


@pytest.mark.parametrize(("payload", "says_what"), BAD)
async def test_bad_payload(payload: Payload, says_what: str, tmp_path: Path) -> None:
    """What is no delivery of alerts is refused in one line that says where, and opens nothing."""
    async with ward(tmp_path, Machines(*FLEET)) as here:
        with pytest.raises(Refused) as refusal:
            await sent(here, payload)
        line = str(refusal.value)
        assert line.startswith(f"no alerts of Alertmanager or Grafana: {says_what}")
        assert line.isprintable()
        assert len(line) < 300
        assert await here.incidents() == []


async def test_viewers_send_none(tmp_path: Path) -> None:
    """Alerts are taken of operators only."""
    async with ward(tmp_path, Machines(*FLEET)) as here:
        with pytest.raises(Refused):
            await here.kernel.bot.command(
                "alerts", {"payload": alertmanager()}, Caller(VIC, ThreadRef("web", "", "", ""))
            )
        assert await here.incidents() == []


def _delivery(number: int) -> Payload:
    alerts = [
        {"labels": {"alertname": f"Alert {number}/{n}", "instance": "web1:9100"}}
        for n in range(500)
    ]
    return {"alerts": cast("list[JsonValue]", alerts)}


async def _say(here: Ward) -> float:
    """Seconds until a message is acknowledged."""
    began = perf_counter()
    thread = ThreadRef("web", "", "", new_id())
    await here.kernel.bot.receive(IncomingMessage(new_id(), thread, BOB, "how are you?"))
    return perf_counter() - began


async def test_storm(tmp_path: Path) -> None:
    """Of 5,000 alerts in ten deliveries at once none is lost, a handful and their storm are told
    one by one, and people who write meanwhile are acknowledged about as fast as at other times."""
    model = ScriptedModel(script=lambda _: says("well"))
    async with ward(tmp_path, Machines(*FLEET), model=model) as here:
        calm = max([await _say(here) for _ in range(10)])
        began, waits = perf_counter(), list[float]()
        async with asyncio.TaskGroup() as tasks:
            sending = [tasks.create_task(sent(here, _delivery(n))) for n in range(10)]
            while not all(each.done() for each in sending):
                waits.append(await _say(here))
                await asyncio.sleep(0.05)
        took = perf_counter() - began
        await here.rounds(1)

        incidents = await here.incidents()
        loud = [each for each in incidents if not each.quiet]
        p99 = sorted(waits)[int(len(waits) * 0.99)]
        print(
            f"5,000 alerts in {took:.1f} s; of {len(waits)} messages p99 {p99 * 1000:.0f} ms,"
            f" before {calm * 1000:.0f} ms"
        )
        assert sum(each.check == "alert" for each in incidents) == 5000
        assert len(loud) <= here.healer.round.rules.storm + 1
        assert took < 60
        assert p99 < 1 + 10 * calm
