"""What a shell makes of variables, directories and words before a program sees them."""

import pytest

from bot.tool import Level
from tools.security import classify

SECRET = [
    # set before, in passing, or by a command
    "x=/etc/shadow; x=/etc/hosts cat $x",
    "X=/etc/shadow bash -c 'cat $X'",
    "env X=/etc/shadow bash -c 'cat $X'",
    "f() { cat $X; }; X=/etc/shadow f",
    "bash -c 'cat $0' /etc/shadow",
    "bash -s /etc/shadow <<< 'cat $1'",
    "eval x=/etc/shadow; cat $x",
    ": ${x:=/etc/shadow}; cat $x",
    "printf -v x '/etc/%s' shadow; cat $x",
    "set -euo pipefail /etc/shadow; cat $1",
    "{ read a; read x; } <<< $'a\\n/etc/shadow'; cat $x",
    "mapfile -t x <<< /etc/shadow; cat ${x[0]}",
    # what may not have happened
    "x=/etc/shadow; x=/etc/hosts & cat $x",
    "x=/etc/shadow; false && x=/etc/hosts; cat $x",
    "x=/etc/shadow; true || x=/etc/hosts; cat $x",
    "cd /etc; false && cd /tmp; cat shadow",
    "cd /etc; cd /nonexistent || true; cat shadow",
    # computed
    "x=/etc/shadowX; cat ${x%X}",
    "x=/etc/shaXow; cat ${x/X/d}",
    "x=/ETC/SHADOW; cat ${x,,}",
    "x=xx/etc/shadow; cat ${x:2}",
    "a=(x /etc/shadow); cat ${a[-1]}",
    "set -- a /etc/shadow; cat ${@:2}",
    "echo -e '/etc/\\0163hadow' | xargs cat",
    "echo '\"/etc/sha\"dow' | xargs cat",
    "echo " + "a " * 80 + "/etc/shadow | xargs cat",
    # read without a word that names it
    "cat < /etc/shadow",
    "exec 3< /etc/shadow; cat <&3",
    "while read l; do echo $l; done < /etc/shadow",
    "find / -name id_rsa | xargs cat",
    "find /etc -name 'shad*' -exec cat {} +",
    "grep -r . --include=shadow /etc",
]
READS = [
    "x=/var/log/syslog; tail -n 5 ${x%.1}",
    "for f in /var/log/*.log; do echo ${f##*/}; tail -n 1 $f; done",
    "cd /etc && ls -la && cd - && ls",
    "tail -n 20 $(ls -t /var/log/nginx/*.log | head -1)",
    "while read -r line; do echo $line; done < /etc/hosts",
    "grep -rl foo /etc/nginx | xargs grep -n bar",
    "find /etc/nginx -name '*.conf' -exec grep -Hn server_name {} +",
    "LC_ALL=C sort /etc/hosts",
    "set -euo pipefail; df -h",
    "a=(web1 web2); echo ${#a[@]} ${a[1]}",
    "kill -0 $(cat /run/nginx.pid) && echo up",
]


@pytest.mark.parametrize("command", SECRET)
def test_a_secret_is_seen_whatever_the_shell_makes_of_words(command: str) -> None:
    """Each reads a secret file, which is never allowed unasked."""
    verdict = classify(command)

    assert verdict.level is not Level.ALLOW
    assert verdict.secret


@pytest.mark.parametrize("command", READS)
def test_ordinary_shell_is_not_nagged(command: str) -> None:
    """Each only reads what is no secret."""
    assert classify(command).level is Level.ALLOW, classify(command).reasons
