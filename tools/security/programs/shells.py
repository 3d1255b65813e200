"""Shells and interpreters, and what a shell does itself."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace

from tools.security.environment import assigned
from tools.security.finding import Finding, danger, deny
from tools.security.invocation import Invocation, Judge
from tools.security.output import held_by
from tools.security.programs.launchers import text_of
from tools.security.settings import printf_target
from tools.security.tables import READ, dangerous, reads
from tools.security.words import NOTHING, Word, plain

_SEEN = "show the text first, so that a person can read what would run"


def _shell(call: Invocation) -> Iterator[Finding]:
    texts = call.texts
    if texts in (("--version",), ("--help",)):
        return
    options: list[str] = []
    words = list(call.args)
    command = False
    while words and words[0].text[:1] in "-+" and len(words[0].text) > 1:
        text = words.pop(0).text
        if text == "--":
            break
        options.append(text)
        command = command or bool(re.fullmatch(r"-[A-Za-z]*c[A-Za-z]*", text))
        if re.fullmatch(r"[-+][A-Za-z]*[oO]|--rcfile|--init-file", text) and words:
            words.pop(0)
    if "--rcfile" in options or "--init-file" in options:
        yield danger(f"{call.name} runs a file first")
    if any(re.fullmatch(r"-[A-Za-z]*n[A-Za-z]*", o) for o in options) and not command:
        return
    if command:
        if words:
            yield from _run(call, words[0], words[1:])
        return
    reads_input = any(re.fullmatch(r"-[A-Za-z]*s[A-Za-z]*", option) for option in options)
    if words and not reads_input and words[0].text not in ("-", "/dev/stdin"):
        yield from _file(call, words[0])
        return
    scope = call.scope.copy()
    scope.positional = tuple(words)
    yield from _piped(replace(call, scope=scope), options)


def _run(call: Invocation, text: Word, arguments: list[Word]) -> Iterator[Finding]:
    scope = call.scope.copy()
    scope.positional = tuple(arguments[1:])
    scope.variables["0"] = tuple(arguments[:1]) or (plain(call.name),)
    yield from text_of(replace(call, scope=scope), text)


def _file(call: Invocation, word: Word, *, here: bool = False) -> Iterator[Finding]:
    held = held_by(word, call)
    if word.origin in ("network", "decoded") or (held and held.opaque):
        yield deny(f"{call.name} runs what nobody has seen: {word.text}", _SEEN)
    elif held and held.text:
        yield from call.script(held.text, here=here)
    yield danger(f"{call.name} runs the file {word.text}")


def _piped(call: Invocation, options: list[str]) -> Iterator[Finding]:
    data = call.stdin
    if any(re.fullmatch(r"-[A-Za-z]*i[A-Za-z]*", option) for option in options):
        yield deny(f"{call.name} -i opens an interactive shell")
    if data.opaque:
        yield deny(f"{call.name} runs what nobody has seen", _SEEN)
    if data.text is not None and data.text:
        yield from call.script(data.text, NOTHING)
        if not data.exact:
            yield danger(f"{call.name} runs a part of what is piped into it")
    elif data.text is None and data.origin == "file":
        yield danger(f"{call.name} runs the text of a file")
    elif data.text is None:
        yield deny(f"{call.name} runs what nobody has seen", _SEEN)
    else:
        yield danger(f"{call.name} waits for commands")


def _eval(call: Invocation) -> Iterator[Finding]:
    words = call.args
    if not words:
        return
    pieces = [piece for word in words for piece in (*word.pieces, " ")]
    yield from text_of(call, Word(tuple(pieces[:-1])), here=True)


def _source(call: Invocation) -> Iterator[Finding]:
    if not call.args:
        return
    yield from _file(call, call.args[0], here=True)


def _trap(call: Invocation) -> Iterator[Finding]:
    words = [word for word in call.args if word.text != "--"]
    if not words or words[0].text in ("-p", "-l", "-"):
        return
    before = dict(call.scope.variables)
    yield from text_of(call, words[0], here=True)
    call.scope.meet(before)


_VERSION = re.compile(
    r"python[\d.]* -V+|(perl|ruby|node|nodejs|php|lua|deno|bun|gdb)[\d.]* -v|java[\d.]* -version|php[\d.]* -m"
)
"""What prints a version and reads nothing; ``python -v`` runs what is piped in."""


def _interpreter(call: Invocation) -> Iterator[Finding]:
    texts = call.texts
    if _VERSION.fullmatch(" ".join((call.name, *texts))):
        return
    held = [data for word in call.args if (data := held_by(word, call))]
    if call.stdin.opaque or any(data.opaque for data in held) or _computed(call):
        yield deny(f"{call.name} runs what nobody has seen", _SEEN)
    code = " ".join(texts) + (call.stdin.text or "")
    if re.search(
        r"socket\w*[.(].*(dup2|pty|/bin/(ba)?sh|exec)|fsockopen|TCPSocket|/dev/tcp", code, re.DOTALL
    ):
        yield deny(f"{call.name} opens a shell to another host")
    yield danger(f"{call.name} runs code that is not judged by its text")


def _computed(call: Invocation) -> bool:
    return any(word.origin in ("network", "decoded") for word in call.args)


def _set(call: Invocation) -> Iterator[Finding]:
    if "+o history" in " ".join(call.texts):
        yield deny("set +o history hides what is done")
    for text in call.texts:
        if re.fullmatch(r"-\w*[ak]\w*|allexport|keyword", text):
            yield danger(f"set {text} exports what comes later")


def _history(call: Invocation) -> Iterator[Finding]:
    if call.name == "fc" and not any(re.match(r"-\w*l", text) for text in call.texts):
        yield danger("fc runs commands of before")
    if any(re.match(r"-[a-z]*[cwd]", text) for text in call.texts):
        yield deny("history is what audits rely on")


def _printf(call: Invocation) -> Iterator[Finding]:
    if name := printf_target(call):
        yield from assigned(name, plain("?"))


def _named(call: Invocation) -> Iterator[Finding]:
    """read NAME and the like set variables, too."""
    if any(re.match(r"-[a-zA-Z]*C", text) for text in call.texts):
        yield danger(f"{call.name} -C runs a command")
        for word in call.args:
            yield from (f for f in text_of(call, word) if f.level == "deny")
    for text in call.texts:
        if found := re.match(r"[A-Za-z_]\w*", text):
            yield from assigned(found[0], plain("?"))


PROGRAMS: Mapping[str, Judge] = {
    "sh bash dash zsh ksh ash mksh fish rbash csh tcsh": _shell,
    "eval": _eval,
    "source .": _source,
    "trap": _trap,
    "python perl ruby node php lua nodejs pypy deno bun tclsh expect julia R Rscript pwsh java groovy jshell guile ghci erl iex scala swift irb gdb": _interpreter,
    "cd pushd popd shift return exit break continue true false : test [ local": READ,
    "let": _named,
    "complete compopt": dangerous("it may run a command"),
    "getopts": dangerous("what it sets is not followed here"),
    "echo": reads(content=False),
    "printf": _printf,
    "set": _set,
    "read mapfile readarray": _named,
    "shopt": dangerous("shopt changes how the shell reads the rest"),
    "history fc": _history,
    "enable bind disown suspend logout": dangerous("it changes the shell itself"),
    "alias": READ,
    "unalias": READ,
}
