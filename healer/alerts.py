"""Alerts that others send, as Prometheus' Alertmanager and Grafana do, made into incidents.

Formats: prometheus.io/docs/alerting/latest/configuration/#webhook_config and
grafana.com/docs/grafana/latest/alerting/configure-notifications/manage-contact-points/integrations/webhook-notifier,
which has the same ``alerts``; Grafana's older one has ``state`` and ``evalMatches``.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError

from bot.ports import Refused
from bot.resources import Hosts
from healer.check import Finding
from healer.words import shown

_MOST = 1000
"""Alerts in one delivery."""
_SHOWN = 40
"""Labels of one alert that are kept."""
_NAMING = ("host", "hostname", "nodename", "instance", "node")
"""Labels that may name a host of the inventory, most telling first."""
_MILD = ("warning", "warn", "info", "information", "low", "none", "ok")
Labels = Annotated[dict[str, Any], Field(default_factory=dict)]


class _Alert(BaseModel):
    model_config = ConfigDict(extra="ignore")

    status: Literal["firing", "resolved"] = "firing"
    labels: Labels
    annotations: Labels
    fingerprint: str = ""


class _Delivery(BaseModel):
    model_config = ConfigDict(extra="ignore")

    alerts: Annotated[list[_Alert], Field(max_length=_MOST)]


class _Older(BaseModel):
    """Grafana before 8."""

    model_config = ConfigDict(extra="ignore", populate_by_name=True)

    state: Literal["alerting", "ok", "pending", "no_data", "paused"]
    rule: str = Field(alias="ruleName", min_length=1)
    title: str = ""
    message: str = ""
    tags: Labels


@dataclass(frozen=True, slots=True)
class Told:
    """One alert, as a finding."""

    host: str
    finding: Finding


def told(payload: Mapping[str, JsonValue], hosts: Hosts) -> list[Told]:
    """Raises Refused when it is no delivery of alerts."""
    try:
        if "alerts" in payload:
            alerts = _Delivery.model_validate(payload).alerts
        else:
            alerts = [_from_older(_Older.model_validate(payload))]
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise Refused(f"no alerts of Alertmanager or Grafana: {where}: {first['msg']}") from error
    names = set(hosts.names())
    return [_told(each, names) for each in alerts]


def _from_older(alert: _Older) -> _Alert:
    return _Alert(
        status="firing" if alert.state in ("alerting", "no_data") else "resolved",
        labels={"alertname": alert.rule, **alert.tags},
        annotations={"summary": alert.title, "description": alert.message},
    )


def _told(alert: _Alert, names: set[str]) -> Told:
    labels = {shown(str(name)): shown(str(value)) for name, value in alert.labels.items()}
    name = labels.get("alertname", "alert")
    summary = shown(str(alert.annotations.get("summary", ""))) or name
    target = f"{name} {_identity(alert, labels)}"
    firing = alert.status == "firing"
    finding = Finding(
        target,
        ok=not firing,
        text=summary if summary == name else f"{name}: {summary}",
        severity="warning" if labels.get("severity", "").lower() in _MILD else "critical",
        details="\n".join(_details(alert, labels)),
        external=True,
    )
    return Told(_host(labels, names), finding)


def _identity(alert: _Alert, labels: Mapping[str, str]) -> str:
    given = alert.fingerprint or json.dumps(labels, sort_keys=True)
    return hashlib.sha256(given.encode(errors="replace")).hexdigest()[:12]


def _host(labels: Mapping[str, str], names: set[str]) -> str:
    """The host that the labels name, if they name one: a port behind it does not matter."""
    for label in _NAMING:
        given = labels.get(label, "")
        for each in (given, given.rpartition(":")[0], given.partition(".")[0]):
            if each in names:
                return each
    return ""


def _details(alert: _Alert, labels: Mapping[str, str]) -> Iterator[str]:
    if description := shown(str(alert.annotations.get("description", ""))):
        yield description
    kept = sorted(labels.items())[:_SHOWN]
    yield from (f"{name}={value}" for name, value in kept)
