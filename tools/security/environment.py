"""Variables that make other programs run code."""

import re
from collections.abc import Iterator

from tools.security.finding import Finding, danger, deny
from tools.security.words import Word

_LOADS_CODE = re.compile(
    r"LD_\w+|BASH_ENV|ENV|PATH|IFS|SHELLOPTS|BASHOPTS|PS4|(\w*_)?PAGER|(\w*_)?EDITOR|VISUAL|BROWSER"
    r"|GIT_(?!TERMINAL_PROMPT|OPTIONAL_LOCKS|AUTHOR|COMMITTER|PAGER$)\w+|LESS(OPEN|CLOSE)?"
    r"|PYTHON(PATH|STARTUP|HOME|INSPECT)|PERL5?(OPT|LIB|5LIB|5DB)|RUBY(OPT|LIB)"
    r"|NODE_OPTIONS|NODE_PATH|PROMPT_COMMAND|GLOBIGNORE|GCONV_PATH|JAVA_TOOL_OPTIONS|_JAVA_OPTIONS"
    r"|TAR_OPTIONS|RSYNC_RSH|SUDO_ASKPASS|SSH_ASKPASS|MANPAGER|SYSTEMD_(PAGER|EDITOR)|OPENSSL_CONF"
    r"|DOCKER_(HOST|CONTEXT)|KUBECONFIG|HOME|BASH_FUNC.*|HISTFILE|HISTSIZE|HISTFILESIZE|HISTCONTROL|MANOPT|RIPGREP_CONFIG_PATH"
    r"|\w*_proxy|\w*_PROXY|CDPATH|GREP_OPTIONS|AWKPATH|AWKLIBPATH|TMPDIR|TERMINFO|LOCPATH"
)
_MILD = re.compile(r"HOME|KUBECONFIG|DOCKER_\w+|\w*_(proxy|PROXY)|TMPDIR|CDPATH|LOCPATH")
_QUIET = re.compile(r"(\w*_)?PAGER|SYSTEMD_PAGER|IFS|LESS|GIT_PAGER")


def assigned(name: str, value: Word) -> Iterator[Finding]:
    """*name* is set to *value*, for one command or for all that follow."""
    if not _LOADS_CODE.fullmatch(name):
        return
    if _QUIET.fullmatch(name) and value.literal is not None:
        harmless = name == "IFS" or value.literal in ("", "cat", "-FRX", "-R", "FRX", "R", "less")
        if harmless:
            return
    if _MILD.fullmatch(name):
        yield danger(f"{name} changes what other programs read")
    else:
        yield deny(
            f"{name} decides what code other programs load", "leave the environment as it is"
        )
