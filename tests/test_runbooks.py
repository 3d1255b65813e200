"""Runbooks: a file is read whole or refused with its line; those that come with the bot hold."""

from collections.abc import Mapping
from pathlib import Path

import pytest
import yaml

from bot.tool import Level, Risk
from healer.catalogue import SHIPPED
from healer.dry_run import dry_run
from healer.never import Bounds
from healer.parameter import Unfit, Value, choose
from healer.plan import Plan, plan
from healer.runbook_file import BadRunbook, Entry, load, parsed
from healer.runbook_schema import schema
from tests.runbook_kit import text_of
from tools import load as load_tools
from tools.security import classify

DOCS = Path(__file__).parents[1] / "docs"
GIVEN: Mapping[str, Mapping[str, Value]] = {
    "restart-service": {"service": "nginx.service"},
    "restart-container": {"container": "web-1"},
    "free-disk-space": {"path": "/var"},
    "reload-nginx": {},
}
TOOLS = load_tools()


@pytest.fixture(params=sorted(GIVEN))
def shipped(request: pytest.FixtureRequest) -> Entry:
    return load(SHIPPED / f"{request.param}.yaml", Bounds())


@pytest.fixture
def planned(shipped: Entry) -> Plan:
    return plan(shipped.runbook, shipped.version, "web1", GIVEN[shipped.runbook.id], Bounds())


def refusal(text: str) -> str:
    with pytest.raises(BadRunbook) as raised:
        parsed(text, Bounds())
    return str(raised.value)


def test_every_shipped_runbook_is_tested() -> None:
    """A new file in the directory must be added to this module's table."""
    assert {file.stem for file in SHIPPED.iterdir()} == GIVEN.keys()


def test_shipped_commands_pass_the_policy(planned: Plan) -> None:
    """Looks only read; no step is refused, and none is more dangerous than its runbook says."""
    looks = [*planned.preconditions, *planned.verification]
    looks += [planned.enough] if planned.enough else []
    looks += [step.only_if for step in planned.steps if step.only_if]
    for look in looks:
        if "command" in look.args:
            assert classify(str(look.args["command"])).risk is Risk.READ, look
            assert classify(str(look.args["command"])).level is Level.ALLOW, look
        else:
            assert TOOLS[look.tool].read_only, look
    for step in (*planned.steps, *planned.undo):
        if "command" in step.args:
            verdict = classify(str(step.args["command"]))
            assert verdict.level is not Level.DENY, step
            assert verdict.risk is not Risk.DANGER or planned.runbook.risk == "danger", step


def test_shipped_calls_fit_their_tools(planned: Plan) -> None:
    """Every call has arguments that its tool takes."""
    for call in planned.calls():
        assert TOOLS[call.tool].parse(call.args)


def test_a_dry_run_shows_everything_that_runs(planned: Plan) -> None:
    """Every command line and every target stands in it as it would run."""
    shown = dry_run(planned)

    assert f"target: {planned.target}" in shown
    assert f"risk: {planned.runbook.risk}" in shown
    for call in planned.calls():
        assert str(call.args.get("command", call.tool)) in shown


def test_the_schema_is_current() -> None:
    """docs/runbook.schema.json is what ``make docs`` makes."""
    assert schema() == (DOCS / "runbook.schema.json").read_text(), "run make docs and commit it"


def test_a_quoted_value_stays_one_word() -> None:
    """In a command line a value is quoted, whatever its pattern lets through."""
    anything = {"description": "a thing", "pattern": ".*", "from_finding": True}
    arguments = {"command": "stat -- ${thing}"}
    steps = [{"say": "look", "tool": "execute_command", "arguments": arguments}]
    runbook = parsed(text_of(parameters={"thing": anything}, steps=steps), Bounds())

    made = plan(runbook, "v", "web1", {"thing": "a'; b c"}, Bounds())

    assert made.steps[0].args["command"] == """stat -- 'a'"'"'; b c'"""


def test_a_value_stands_for_itself_in_a_pattern() -> None:
    """What is special in a regular expression is not so in a value."""
    runbook = load(SHIPPED / "restart-container.yaml", Bounds()).runbook
    made = plan(runbook, "v", "web1", {"container": "a.b"}, Bounds())

    assert made.verification[0].expect.startswith(r"^a\.b ")


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"id": "Mend It"}, "line 3: id: string should match pattern"),
        ({"surprise": 1}, "surprise: extra inputs are not permitted"),
        ({"risk": "read"}, "risk: input should be 'change' or 'danger'"),
        ({"steps": []}, "steps: tuple should have at least 1 item"),
        ({"preconditions": None}, "preconditions: field required"),
        ({"target": "limit"}, "target: limit: what is repaired must come from_finding"),
        ({"target": "nothing"}, "target: there is no parameter 'nothing'"),
        ({"parameters": {"host": {"description": "x", "choices": ["a"]}}}, "'host' cannot be the"),
        ({"parameters": {"thing": {"description": "x"}}}, "a string needs a pattern or choices"),
        (
            {"parameters": {"n": {"description": "x", "type": "integer"}}},
            "an integer needs a minimum and a maximum",
        ),
        ({"steps": [{"say": "x", "tool": "y", "arguments": {"host": "a"}}]}, "names no host"),
        (
            {"steps": [{"say": "x", "tool": "y", "arguments": {"command": "a '${thing}'"}}]},
            "${thing} is quoted by itself: take away the quotes",
        ),
        (
            {"steps": [{"say": "x", "tool": "y", "arguments": {"command": "${thing} -x"}}]},
            "${thing} would say which program runs: write its name",
        ),
        (
            {"steps": [{"say": "x", "tool": "y", "arguments": {"command": "a; sudo -n ${thing}"}}]},
            "${thing} would say which program runs: write its name",
        ),
        ({"steps": [{"say": "x", "tool": "y", "expect": "a*"}]}, "would be found in any output"),
        ({"steps": [{"say": "x", "tool": "y", "expect": "("}]}, "is no regular expression"),
        ({"steps": [{"say": "${what}", "tool": "y"}]}, "steps.0: there is no parameter 'what'"),
        ({"steps": [{"say": "x", "tool": "y"}]}, "parameters.limit: nothing uses it"),
        ({"enough": {"say": "x", "tool": "y"}}, "enough: needs one of expect and below"),
        (
            {"steps": [{"say": "x", "tool": "y", "arguments": {"a": "sshd", "b": "${limit}"}}]},
            "steps.0: never the way in (ssh): sshd",
        ),
    ],
)
def test_a_bad_file(changes: dict[str, object], line: str) -> None:
    """What is wrong is said in one line with its place."""
    told = refusal(text_of(**changes))

    assert line in told
    assert told.startswith("line ")
    assert "\n" not in told


def test_the_line_is_the_right_one() -> None:
    """The number is that of the line where the mistake is."""
    text = text_of().replace("say: hit it", "say: ''")
    number = text.splitlines().index("  say: ''") + 1

    assert refusal(text).startswith(f"line {number}: steps.1.say: ")


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("", "line 1: input should be a valid dictionary"),
        ("id: a\nid: b\n", "line 2: 'id' is there twice"),
        ("a: &x [1]\nb: *x\n", "line 1: an alias (*name); write it out"),
        ("a:\n  - b\n c: d\n", "line 3: "),
        ("a: !!python/object:os.system x\n", "line 1: "),
        ("a: 2026-01-01\n", "line 1: '2026-01-01' is no text or number; put it in quotes"),
        ("a: \x00\n", "line 1: "),
        ("? [a]\n: b\n", "line 1: a name must be a plain word"),
        (f"a: {'x' * 70_000}", "line 1: the file is larger than 64 KiB"),
        ("[" * 5_000, "line 1: "),
    ],
)
def test_bad_yaml(text: str, line: str) -> None:
    """A file that is no plain YAML is refused in one line, whatever it is."""
    told = refusal(text)

    assert told.startswith(line)
    assert "\n" not in told


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({}, "thing is missing: a thing"),
        ({"thing": ""}, "thing: it is empty"),
        ({"thing": "*"}, "thing: '*' may name more than one thing"),
        ({"thing": "all"}, "thing: 'all' may name more than one thing"),
        ({"thing": "ALL"}, "thing: 'ALL' may name more than one thing"),
        ({"thing": "-rf"}, "thing: '-rf' would be taken for an option"),
        ({"thing": "a\nb"}, "thing: it holds characters that cannot be seen"),
        ({"thing": "a" * 300}, "thing: it is longer than 255 characters"),
        ({"thing": "../x"}, "thing: '../x' leads out of its directory"),
        ({"thing": "Pump"}, "thing: 'Pump' does not look like a thing"),
        ({"thing": "pump", "limit": "ten"}, "limit: 'ten' is no whole number"),
        ({"thing": "pump", "limit": 10}, "limit: 10 is not between 1 and 9"),
        ({"thing": "pump", "other": "x"}, "there is no parameter 'other'; there are: "),
        ({"thing": "redis"}, "never a database: redis"),
    ],
)
def test_values_that_are_not_allowed(given: dict[str, Value], why: str) -> None:
    """Nothing empty, nothing that names many things, nothing outside of its bounds."""
    runbook = parsed(text_of(), Bounds())

    with pytest.raises(Unfit) as raised:
        plan(runbook, "v", "web1", {"limit": 3, **given}, Bounds())

    assert str(raised.value).startswith(why)


@pytest.mark.parametrize("host", ["", " ", "*", "all", "All", "group:web", "web*"])
def test_one_host(host: str) -> None:
    """A repair is of one host: an empty selector or one that means several is refused."""
    with pytest.raises(Unfit, match="is not one host"):
        plan(parsed(text_of(), Bounds()), "v", host, {"thing": "pump", "limit": 3}, Bounds())


def test_a_model_cannot_choose_what_is_repaired() -> None:
    """What the check found is taken from the finding alone; the rest a model may choose."""
    parameters = parsed(text_of(), Bounds()).parameters
    found = {"thing": "pump", "unrelated": "x"}

    assert choose(parameters, found, {"limit": 2}) == {"thing": "pump", "limit": 2}
    with pytest.raises(Unfit, match="thing is what the check found; it cannot be chosen"):
        choose(parameters, found, {"thing": "door"})


def test_a_directory_must_be_listed() -> None:
    """Old logs are deleted where the runbook or the settings list it, and nowhere else."""
    runbook = load(SHIPPED / "free-disk-space.yaml", Bounds()).runbook
    given = {"path": "/srv", "directory": "/srv/app/logs"}

    with pytest.raises(Unfit, match="directory: '/srv/app/logs' is not one of /var/log/nginx, "):
        plan(runbook, "v", "web1", given, Bounds())
    assert plan(runbook, "v", "web1", given, Bounds(directories=("/srv/app/logs",)))


def test_the_page_shows_a_runbook_that_works() -> None:
    """The example of docs/RUNBOOKS.md is a runbook."""
    page = (DOCS / "RUNBOOKS.md").read_text()
    example = page.split("```yaml\n")[1].split("```")[0]

    assert parsed(example, Bounds()).id == yaml.safe_load(example)["id"]
