"""The walk over a script's tree: every simple command in it is found and judged."""

import re
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from bot.resources import Roots
from bot.tool import Level
from tools.security.arithmetic import SUBSTITUTED, counted_with
from tools.security.environment import set_within
from tools.security.finding import Finding, danger, deny
from tools.security.flow import Flow
from tools.security.invocation import Invocation, Judge
from tools.security.output import held_by, output_of
from tools.security.paths import within
from tools.security.reserved import without_reserved
from tools.security.scope import Scope, TooMuch
from tools.security.settings import settles
from tools.security.syntax import Source, kinds_in
from tools.security.words import NOTHING, Data, Word, plain

if TYPE_CHECKING:
    pass

DEEPEST = 24
"""Scripts, functions and commands within each other."""
OBEYING = frozenset(
    "su ssh at batch crontab make gmake mysql mariadb psql sqlite3 mongo mongosh ed ex vi vim nvim"
    " gdb parallel kubectl redis-cli awk gawk mawk sed script visudo iptables-restore nft fdisk"
    " sfdisk parted chpasswd newusers tclsh expect m4 docker-compose ansible-playbook".split()
)
"""Programs that do what they read."""
FILTERS = frozenset("awk gawk mawk sed".split())
"""Those that do what they are told, and only filter what they read."""
_PROGRAM_FILE = re.compile(r"-[A-Za-z]*f|--f|-$|.*(stdin|/fd/)")
PASSING = frozenset(
    "sudo doas env nice ionice timeout command builtin exec nohup stdbuf time setsid busybox chrt"
    " taskset unbuffer".split()
)
"""Launchers that print what the command prints that they start."""
MOST = 1_000
"""Steps of the walk; a script that takes more is for a person to read."""
_SIMPLE = frozenset(
    [
        "program",
        "command",
        "command_name",
        "word",
        "string",
        "string_content",
        "raw_string",
        "number",
        "concatenation",
        "pipeline",
        "|",
        ";",
        '"',
        "'",
        "comment",
    ]
)
_UNKNOWN_NAME = "write the program's name plainly"


class Walker:
    """Judges one command line. Collects what its commands are and what is left to confirm."""

    def __init__(self, programs: Callable[[str], Judge | None], roots: Roots) -> None:
        self.roots = roots.write
        self.never = roots.never
        self.commands: list[str] = []
        self.plain: list[tuple[str, ...]] = []
        """The words of each command that are known; of a launcher's command, too."""
        self.changing: list[tuple[str, ...]] = []
        """Those that are more than a reading themselves."""
        self.names: list[tuple[str, str]] = []
        self.unsure: list[str] = []
        """Scripts that hold more than words, quotes, pipes and ``;``."""
        self._programs = programs
        self.found: list[Finding] = []
        self.denials: list[Finding] = []
        """All that is denied, also when the walk does not come to its end."""
        self._counted: set[str] = set()
        """Variables whose texts are counted with."""
        self._trail: list[str] = []
        self._steps = 0
        self._inner: Data | None = None
        """What the last command prints that a launcher started."""

    def whole(self, text: str, scope: Scope) -> list[Finding]:
        """All that is found in a command line."""
        try:
            found = self.apart(lambda: self.walk(text, scope))
        except TooMuch:
            return [*self.denials, danger("it is too long to be judged")]
        for name in sorted(self._counted & scope.outside):
            shown = name if name == SUBSTITUTED else f"${name}"
            found.append(danger(f"counting with {shown} runs what stands in it, unseen"))
        return found

    def script(self, text: str, scope: Scope, stdin: Data) -> Iterator[Finding]:
        return iter(self.apart(lambda: self.walk(text, scope, stdin)))

    def command(self, words: Sequence[Word], scope: Scope, stdin: Data) -> Iterator[Finding]:
        return iter(self.apart(lambda: self._started(words, scope, stdin)))

    def _started(self, words: Sequence[Word], scope: Scope, stdin: Data) -> None:
        self._inner = self.words(words, scope, stdin)

    def apart(self, work: Callable[[], object]) -> list[Finding]:
        outer, self.found = self.found, []
        outer_trail, self._trail = self._trail, [*self._trail, ""]
        try:
            if len(self._trail) > DEEPEST:
                self.find(danger("it is nested too deep to be judged"))
            else:
                work()
            return self.found
        finally:
            self.found, self._trail = outer, outer_trail

    def find(self, *found: Finding) -> None:
        self.found += found
        self.denials += (each for each in found if each.level is Level.DENY)

    def step(self) -> None:
        """Raises TooMuch when there were too many."""
        self._steps += 1
        if self._steps > MOST:
            raise TooMuch

    def walk(self, text: str, scope: Scope, stdin: Data = NOTHING) -> Data:
        source = Source(text)
        if source.root.has_error:
            self.find(danger("it cannot be parsed as a whole"))
            if re.search(r"[<>]&?\s*/dev/(tcp|udp)/", text):
                self.find(deny("it opens a connection from the shell"))
        if not _SIMPLE.issuperset(kinds_in(source.root)):
            self.unsure.append(text)
        self._counted.update(counted_with(text))
        if "=" in text and ("${" in text or "((" in text):
            self.find(*set_within(text))
        given = Flow(self, source, scope)
        data = given.visit(source.root, stdin)
        given.uncalled()
        return data

    def function(self, scope: Scope, words: Sequence[Word], stdin: Data) -> Data:
        """Judge the body of a function that is called."""
        name = words[0].text
        source, body, active = scope.functions[name]
        if name in active:
            self.find(deny(f"{name} calls itself without end"))
            return Data()
        scope.functions[name] = (source, body, (*active, name))
        outer, scope.positional = scope.positional, tuple(words[1:])
        result = Data()
        self.find(*self.apart(lambda: Flow(self, source, scope).visit(body, stdin)))
        scope.positional = outer
        scope.functions[name] = (source, body, active)
        return result

    def words(self, words: Sequence[Word], scope: Scope, stdin: Data) -> Data:
        """Judge a command by its words."""
        words = without_reserved(words)
        if not words:
            return NOTHING
        self.step()
        if re.fullmatch(r"/etc/init\.d/[\w.-]*\w", words[0].text):
            words = [plain("service"), words[0].after(len("/etc/init.d/")), *words[1:]]
        head = words[0]
        if head.literal is None:
            self.find(deny(f"the program's name is computed: {head.text}", _UNKNOWN_NAME))
            return Data()
        call = Invocation(self._named(head.literal), tuple(words[1:]), scope, stdin, self)
        self.find(*self._made(call, head))
        self._seen(words, call.name)
        return self._judge(call)

    def _seen(self, words: Sequence[Word], name: str) -> None:
        first = words[1].text if len(words) > 1 and not words[1].text.startswith("-") else ""
        self.names.append((name, first))
        self.commands.append(" ".join(word.text for word in words)[:200])
        self.plain.append((name, *(word.text for word in words[1:])))

    def _judge(self, call: Invocation) -> Data:
        name = call.name
        self.find(*self._kept(call, name))
        self._inner = None
        before = len(self.found)
        self.find(*self._unseen(call))
        judge = self._programs(name)
        if name in call.scope.aliases:
            self.find(danger(f"{name} is an alias"))
        if judge is None:
            self.find(danger(f"{name} is not a program that is known here"))
            self.find(*self._hidden(call))
        elif call.texts not in (("--version",), ("--help",)) or call.stdin is not NOTHING:
            self.find(*judge(call))
        if any(not each.trail for each in self.found[before:]):
            known = all(word.literal is not None for word in call.args)
            self.changing.append((name, *call.texts) if known else ("",))
        settles(call)
        return self._inner if name in PASSING and self._inner is not None else output_of(call)

    def _kept(self, call: Invocation, name: str) -> Iterator[Finding]:
        """What belongs to the bot itself is touched by no command."""
        for word in call.args if self.never else ():
            if not word.text.startswith("-") and within(word, call.scope, self.never):
                yield deny(f"{name}: {word.text} belongs to the bot itself")

    def _made(self, call: Invocation, head: Word) -> Iterator[Finding]:
        """A program that the script itself wrote or fetched."""
        held = held_by(head, call) if "/" in head.text else None
        if held and held.opaque:
            yield deny(f"{head.text} was fetched: nobody has seen it", "show the text first")
        elif held and held.text:
            yield from call.script(held.text)

    def _unseen(self, call: Invocation) -> Iterator[Finding]:
        """Programs that do what they read, and are given what nobody has seen."""
        if call.name not in OBEYING:
            return
        given = [Data(word.origin) for word in call.args]
        if call.name not in FILTERS or any(_PROGRAM_FILE.match(text) for text in call.texts):
            given.append(call.stdin)
        if any(data.opaque for data in given):
            yield deny(f"{call.name} does what nobody has seen", "show the text first")

    def _hidden(self, call: Invocation) -> Iterator[Finding]:
        """A program that is not known may start the command among its words."""
        for index, word in enumerate(call.args):
            if word.literal in ("rm", "mkfs", "dd", "shutdown", "reboot", "wipefs", "shred"):
                yield from (f for f in call.command(call.args[index:]) if f.level == "deny")

    def _named(self, text: str) -> str:
        path, _, name = text.rpartition("/")
        if not path and "/" not in text:
            return text
        standard = re.fullmatch(r"(/usr(/local)?)?/s?bin(/(\.\.?/s?bin|\.))*|/usr/lib/\w+", path)
        if not standard:
            self.find(danger(f"{text} is not among the system's programs"))
        return name
