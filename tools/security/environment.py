"""Variables that make other programs run code, or read and write elsewhere."""

import re
from collections.abc import Iterator

from tools.security.finding import Finding, danger, deny
from tools.security.words import Word, plain

_LOADS_CODE = re.compile(
    r"LD_\w+|BASH_(ENV|ALIASES|CMDS|FUNC.*|XTRACEFD|LOADABLES_PATH)|ENV|PATH|IFS|SHELLOPTS|BASHOPTS"
    r"|PS[0-4]|(\w*_)?PAGER|(\w*_)?EDITOR|VISUAL|BROWSER|LESS(OPEN|CLOSE)?|PROMPT_COMMAND|GLOBIGNORE"
    r"|GIT_(?!TERMINAL_PROMPT|OPTIONAL_LOCKS|AUTHOR|COMMITTER|PAGER$)\w+|EXECIGNORE|PWD|OLDPWD"
    r"|PYTHON(PATH|STARTUP|HOME|INSPECT|WARNINGS|BREAKPOINT)|PERL5?(OPT|LIB|5LIB|5DB)"
    r"|RUBY(OPT|LIB)|NODE_OPTIONS|NODE_PATH|GCONV_PATH|JAVA_TOOL_OPTIONS|_JAVA_OPTIONS|JDK_JAVA_OPTIONS"
    r"|TAR_OPTIONS|RSYNC_RSH|SUDO_ASKPASS|SSH_ASKPASS|MANPAGER|SYSTEMD_(PAGER|EDITOR)|OPENSSL_CONF"
    r"|OPENSSL_(ENGINES|MODULES)|DOCKER_(HOST|CONTEXT|CONFIG)|KUBECONFIG|HOME|HIST(FILE|SIZE|FILESIZE"
    r"|CONTROL)|MANOPT|RIPGREP_CONFIG_PATH|\w*_proxy|\w*_PROXY|CDPATH|GREP_OPTIONS|AWKPATH|AWKLIBPATH"
    r"|TMPDIR|TERMINFO(_DIRS)?|TERMCAP|LOCPATH|NLSPATH|XDG_\w+|CURL_HOME|WGETRC|NETRC|HOSTALIASES"
    r"|RES(OLV_\w+|_OPTIONS)|MALLOC_TRACE|SSLKEYLOGFILE|KRB5\w*|LESSHISTFILE|LESSKEY\w*"
)
_MILD = re.compile(
    r"HOME|KUBECONFIG|DOCKER_\w+|\w*_(proxy|PROXY)|TMPDIR|CDPATH|LOCPATH|NLSPATH|XDG_\w+|NETRC|PWD"
    r"|OLDPWD|HOSTALIASES|RES\w+|MALLOC_TRACE|SSLKEYLOGFILE|KRB5\w*|LESSHISTFILE|CURL_HOME|WGETRC"
)
_QUIET = re.compile(r"(\w*_)?PAGER|SYSTEMD_PAGER|IFS|LESS|GIT_PAGER")
_HARMLESS = re.compile(
    r"[a-z]\w*|[A-Z]|LC_\w+|LANG|LANGUAGE|TZ|TERM|COLORTERM|COLUMNS|LINES|NO_COLOR|(FORCE|CLI)_?COLOR\w*"
    r"|\w+_COLORS?|COMPOSE_(PROJECT_NAME|PROFILES)|DEBIAN_FRONTEND|POSIXLY_CORRECT|BLOCK_?SIZE|DF_BLOCK_SIZE"
    r"|DU_BLOCK_SIZE|QUOTING_STYLE|TIME_STYLE|TIMEFORMAT|SYSTEMD_(COLORS|LESS|URLIFY)|S_TIME_FORMAT|S_COLORS"
    r"|GIT_(TERMINAL_PROMPT|OPTIONAL_LOCKS|PAGER|(AUTHOR|COMMITTER)_\w+)|(\w*_)?PAGER|LESS|IFS|LESSCHARSET"
    r"|PG(PASSWORD|HOST|PORT|USER|DATABASE|CONNECT_TIMEOUT|TZ)|MYSQL_PWD|REDISCLI_AUTH|AWS_(PROFILE|REGION"
    r"|DEFAULT_REGION|PAGER|DEFAULT_OUTPUT)|PYTHON(UNBUFFERED|IOENCODING|UTF8|DONTWRITEBYTECODE)|CI"
    r"|ANSIBLE_NOCOLOR|ANSIBLE_FORCE_COLOR|DOCKER_CLI_HINTS|DOCKER_BUILDKIT|PSQL_PAGER|USER|LOGNAME|HOSTNAME"
)
_DEFAULTED = re.compile(r"\$\{(\w+)(?:\[[^]]*\])?:?=")
_COUNTED = re.compile(r"\(\([^)]*?\b([A-Za-z_]\w*)\s*(?:[-+*/%&|^]|<<|>>)?=(?!=)")


def assigned(name: str, value: Word, *, exported: bool = False) -> Iterator[Finding]:
    """*name* is set to *value*; *exported*: programs get to see it."""
    if _QUIET.fullmatch(name) and value.literal is not None:
        harmless = name == "IFS" or value.literal in ("", "cat", "-FRX", "-R", "FRX", "R", "less")
        if harmless:
            return
    if _MILD.fullmatch(name):
        yield danger(f"{name} changes what other programs read")
    elif _LOADS_CODE.fullmatch(name):
        yield deny(
            f"{name} decides what code other programs load", "leave the environment as it is"
        )
    elif exported and not _HARMLESS.fullmatch(name):
        yield danger(f"{name} is not known to leave other programs as they are")


def set_within(text: str) -> Iterator[Finding]:
    """What a script sets in passing: ``${x:=y}`` and ``((x = y))``."""
    for found in (*_DEFAULTED.finditer(text), *_COUNTED.finditer(text)):
        yield from assigned(found[1], plain("?"))
