"""One plugin: a file, imported under a name of its own."""

import stat
import sys
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from importlib.abc import ExecutionLoader
from importlib.util import module_from_spec, spec_from_loader
from itertools import count
from pathlib import Path
from types import CodeType, ModuleType
from typing import Generic, Protocol, TypeVar

from bot.plugins.code import theirs


class Named(Protocol):
    """What a plugin brings: a tool, a check."""

    @property
    def name(self) -> str: ...


T = TypeVar("T", bound=Named)
LARGEST = 1 << 20
"""Bytes of a file that can still be somebody's own text."""
_NUMBERS = count(1)


class Unusable(Exception):
    """It is no plugin. The text is one line: the file, the line in it, and what to do."""


@dataclass(frozen=True, slots=True)
class Look:
    """What a file looked like: where any of it differs, the file was changed."""

    inode: int
    size: int
    written: int
    """Nanoseconds since the epoch."""
    changed: int
    """The same, but also of its mode and owner."""


@dataclass(frozen=True, slots=True)
class Plugin(Generic[T]):
    file: str
    """Its name in the directory of plugins."""
    module: str
    version: str
    items: tuple[T, ...]

    def forget(self) -> None:
        """It is no longer live. Calls in flight keep what they need of it."""
        sys.modules.pop(self.module, None)


Find = Callable[[Path, ModuleType, str], Iterable[T]]
"""What a module brings, given its file and its version. Raises Unusable."""


def look(path: Path) -> Look:
    found = path.stat()
    return Look(found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)


def looks(directory: Path) -> dict[str, Look]:
    """Of each file that is to be a plugin, none without a directory. Raises Unusable."""
    try:
        mode = directory.stat().st_mode
        paths = [path for path in directory.iterdir() if path.suffix == ".py"]
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise Unusable(f"{directory}: cannot be read ({error.strerror})") from None
    if mode & stat.S_IWOTH:
        raise Unusable(f"{directory}: everybody may put files there; close it with: chmod o-w")
    found: dict[str, Look] = {}
    for path in paths:
        if path.name[0] not in "._":
            with suppress(OSError):  # gone since
                found[path.name] = look(path)
    return found


def load(path: Path, find: Find[T]) -> Plugin[T]:
    """Import the file; it takes as long as the file's own code. Raises Unusable."""
    text = _text(path)
    version = sha256(text.encode()).hexdigest()[:12]
    loader = _Source(path, text)
    module = _fresh_module(path, loader)
    try:
        with theirs(path, Unusable, but=(Unusable,)):
            loader.exec_module(module)
            # With the version of this text: the file's may be another one by now.
            items = tuple(find(path, module, version))
    except Unusable:
        del sys.modules[module.__name__]
        raise
    return Plugin(path.name, module.__name__, version, items)


def _text(path: Path) -> str:
    try:
        found = path.stat()
        if problem := _unfit(found.st_mode, found.st_size):
            raise Unusable(f"{path.name}: {problem}")
        raw = path.read_bytes()
    except OSError as error:
        raise Unusable(f"{path.name}: cannot be read ({error.strerror})") from None
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise Unusable(f"{path.name}:{line}: is not UTF-8; save it as UTF-8") from None


def _unfit(mode: int, size: int) -> str:
    if not stat.S_ISREG(mode):
        return "is not a regular file"
    if mode & stat.S_IWOTH:
        return "everybody on this machine may change it; close it with: chmod o-w"
    if size > LARGEST:
        return f"has {size} bytes; a plugin has at most {LARGEST}"
    return ""


class _Source(ExecutionLoader):
    """The text that was read, whatever the file holds by now; no bytecode is kept of it."""

    def __init__(self, path: Path, text: str) -> None:
        self._path = path
        self._text = text

    def get_filename(self, fullname: str) -> str:  # noqa: ARG002 - one loader, one module
        return str(self._path)

    def get_source(self, fullname: str) -> str:  # noqa: ARG002 - as above
        return self._text

    def get_code(self, fullname: str) -> CodeType:  # noqa: ARG002 - as above
        return self.source_to_code(self._text, str(self._path))


def _fresh_module(path: Path, loader: _Source) -> ModuleType:
    """Under a name of its own: what was imported before is left as it is."""
    spec = spec_from_loader(f"plugin_{path.stem}_{next(_NUMBERS)}", loader)
    assert spec
    module = module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look themselves up there
    return module
