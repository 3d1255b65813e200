"""The house rules that a linter cannot see."""

import ast
import re
from itertools import chain
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGES = ("bot", "agent", "tools", "healer", "adapters")


def files(*rooms: str, kinds: str = "*.py") -> list[Path]:
    found = chain.from_iterable((ROOT / room).rglob(kinds) for room in rooms)
    return sorted(path for path in found if "node_modules" not in path.parts)


SOURCES = files(*PACKAGES)
TESTS = files("tests")
TREES = {path: ast.parse(path.read_text()) for path in (*SOURCES, *TESTS)}
PAGE = [path for kind in ("*.js", "*.html") for path in files("adapters", kinds=kind)]
HOUSE = [path for name in ("*.md", "*.toml", "*.yaml", "Makefile") for path in ROOT.glob(name)]
BOUNDARIES = {
    "adapters/discord/answering.py": "adapter callback",
    "adapters/web/problems.py": "adapter callback",
    "bot/plugins/code.py": "plugin",
    "bot/runtime.py": "run",
    "bot/supervision.py": "service",
    "healer/scheduler.py": "service",
}
"""Where everything is caught, and the four kinds of it."""
Function = ast.FunctionDef | ast.AsyncFunctionDef


def functions(path: Path) -> list[Function]:
    return [node for node in ast.walk(TREES[path]) if isinstance(node, Function)]


def shown(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", TREES, ids=shown)
def test_files_and_functions_stay_small(path: Path) -> None:
    """A file fits in the head (300 lines), a function on the screen (40)."""
    long = [f.name for f in functions(path) if (f.end_lineno or 0) - f.lineno >= 40]

    assert len(path.read_text().splitlines()) <= 300
    assert [] == long


def test_every_folder_is_a_package() -> None:
    """Without __init__.py a folder such as adapters/discord would hide the library it uses."""
    folders = {path.parent for path in (*SOURCES, *TESTS)}

    assert [] == [shown(each) for each in folders if not (each / "__init__.py").exists()]


def test_every_test_says_what_it_shows() -> None:
    """A test's docstring states the behaviour; its module's says of what."""
    silent = [
        f"{shown(path)}: {each.name}"
        for path in TESTS
        for each in functions(path)
        if each.name.startswith("test_") and not ast.get_docstring(each)
    ]

    assert [] == silent
    assert [] == [
        shown(path)
        for path in (*SOURCES, *TESTS)
        if TREES[path].body and not ast.get_docstring(TREES[path])
    ]


def _swallows(handler: ast.ExceptHandler) -> bool:
    """Catches everything, and neither raises it again nor hands it to who waits for it."""
    broad = handler.type is None or (
        isinstance(handler.type, ast.Name) and handler.type.id in ("Exception", "BaseException")
    )
    passed_on = ast.unparse(handler).endswith("\n    raise") or ".set_exception(" in ast.unparse(
        handler
    )
    return broad and not passed_on


def test_few_places_catch_everything() -> None:
    """Only where a failure must not take others along, and each logs the traceback."""
    broad = [
        (shown(path), ast.unparse(node))
        for path in SOURCES
        for node in ast.walk(TREES[path])
        if isinstance(node, ast.ExceptHandler) and _swallows(node)
    ]

    assert sorted(BOUNDARIES) == sorted(where for where, _ in broad)
    assert [] == [where for where, text in broad if "log.exception(" not in text]
    assert len(set(BOUNDARIES.values())) <= 4


def _imports(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(TREES[path]):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def test_no_mocks() -> None:
    """Fakes stand on real sockets; a mock only proves what it was told."""
    users = [
        shown(path)
        for path in TREES
        if any(name.startswith(("unittest.mock", "mock", "pytest_mock")) for name in _imports(path))
    ]

    assert [] == users


def test_one_file_knows_the_timer() -> None:
    """APScheduler ships no types and is about to change: one file is to be rewritten then."""
    users = [
        shown(path)
        for path in SOURCES
        if any(name.startswith("apscheduler") for name in _imports(path))
    ]

    assert ["healer/scheduler.py"] == users


def test_the_contracts_are_checked() -> None:
    """`make check` runs what the import contracts, types and style depend on; CI runs it."""
    makefile = (ROOT / "Makefile").read_text()
    check = makefile.split("\ncheck:")[1].split("\n\n")[0]

    assert [] == [tool for tool in ("ruff", "pyright", "lint-imports") if tool not in check]
    assert "make check test" in (ROOT / ".ci" / "run").read_text()


@pytest.mark.parametrize("path", [*TREES, *PAGE, *HOUSE], ids=shown)
def test_nothing_is_left_lying_about(path: Path) -> None:
    """What is not done is an issue, not a mark in the code; and no machine's own paths."""
    left = re.findall(
        r"\b(?:TO" r"DO|FIX" r"ME|XX" r"X|HA" r"CK)\b|/work" r"/main", path.read_text()
    )

    assert [] == left
