"""Databases, queues and web servers."""

import re
from collections.abc import Iterator, Mapping

from tools.security.addresses import is_local
from tools.security.finding import Finding, change, danger, reaches, reveals
from tools.security.invocation import Invocation, Judge
from tools.security.tables import READ, called, dangerous, only, takes, verbs

_SQL_READ = re.compile(r"\s*(select|show|explain|describe|desc|\\[dlconsx]\w*\+?)\b", re.IGNORECASE)


def _sql(call: Invocation) -> Iterator[Finding]:
    if call.texts in (("--version",), ("-V",), ("-l",), ("--list",)):
        return
    yield danger(f"{call.name} runs statements in a database")


_REDIS_READS = {
    "PING",
    "INFO",
    "DBSIZE",
    "LLEN",
    "GET",
    "EXISTS",
    "TTL",
    "PTTL",
    "TYPE",
    "SCAN",
    "STRLEN",
    "HLEN",
    "SCARD",
    "ZCARD",
    "TIME",
    "LASTSAVE",
    "ROLE",
    "COMMAND",
    "ECHO",
    "XLEN",
    "XINFO",
    "OBJECT",
    "HGETALL",
    "HGET",
    "LRANGE",
    "SMEMBERS",
    "ZRANGE",
    "KEYS",
    "MGET",
}
_REDIS_PAIRS = {
    ("CONFIG", "GET"),
    ("CLIENT", "LIST"),
    ("SLOWLOG", "GET"),
    ("MEMORY", "USAGE"),
    ("MEMORY", "STATS"),
    ("MEMORY", "DOCTOR"),
    ("LATENCY", "LATEST"),
    ("LATENCY", "DOCTOR"),
    ("CLUSTER", "INFO"),
    ("CLUSTER", "NODES"),
    ("SLOWLOG", "LEN"),
    ("ACL", "WHOAMI"),
    ("PUBSUB", "CHANNELS"),
    ("MODULE", "LIST"),
}


def _redis(call: Invocation) -> Iterator[Finding]:
    found = call.options(
        "-3x -h= -p= -a= -n= -u= -r= -i= -s= --raw --no-raw --no-auth-warning --user= --pass= --csv --json --tls --bigkeys --stat --latency --memkeys --hotkeys --scan --pattern= --cacert= --eval=",
        stop=True,
    )
    words = [w.text.upper() for w in found.operands]
    if found.unknown or found.has("--eval", "-x"):
        yield danger("redis-cli is given what is not known")
    if not words and not found.has("--bigkeys", "--memkeys", "--hotkeys", "--scan"):
        yield danger("redis-cli waits for commands")
        return
    if found.has("-h", "-u", "-s", "-r") and not all(
        is_local(value.text) for value in found.values("-h", "-u")
    ):
        yield reaches("redis-cli reaches another host, or goes on and on")
    if found.has("-r", "-i"):
        yield danger("redis-cli goes on and on")
    if words[:2] == ["CONFIG", "GET"] and any(
        re.search(r"PASS|\*|AUTH|USER", w) for w in words[2:]
    ):
        yield reveals("redis-cli shows passwords")
    if any(word.holes and word.origin not in ("system", "unset") for word in found.operands):
        yield danger("redis-cli is given what is not known")
    if words and words[0] not in _REDIS_READS and tuple(words[:2]) not in _REDIS_PAIRS:
        yield danger(f"redis-cli {words[0]} may change data")


def _nginx(call: Invocation) -> Iterator[Finding]:
    texts = call.texts
    if texts and all(
        re.fullmatch(r"-[tTvVqh]+|-c|/(etc|usr/local/etc|usr/local)/(nginx|openresty)/[\w./-]+", t)
        and ".." not in t
        for t in texts
    ):
        return
    if texts[:2] == ("-s", "reload"):
        yield change("nginx -s reload")
    else:
        yield danger("nginx starts or stops")


_APACHE_READS = (
    ("configtest",), ("-t",), ("-S",), ("-M",), ("-v",), ("-V",), ("status",), ("fullstatus",), ("-l",),
    ("-t", "-D", "DUMP_VHOSTS"), ("-t", "-D", "DUMP_MODULES"), ("-D", "DUMP_VHOSTS"), ("-D", "DUMP_MODULES"),
)  # fmt: skip


def _apachectl(call: Invocation) -> Iterator[Finding]:
    texts = call.texts
    if texts in _APACHE_READS:
        return
    graceful = texts in (("graceful",), ("-k", "graceful"), ("restart",))
    yield change(f"{called(call)}") if graceful else danger(f"{call.name} starts or stops")


def _haproxy(call: Invocation) -> Iterator[Finding]:
    yield from only(r"-c|-v+|-V|-f|-q", needs=r"-c|-v+")(call)
    for text in call.texts:
        if not text.startswith(("-", "/etc/haproxy/")) or ".." in text:
            yield danger(f"haproxy reads {text}")


_RABBIT = (
    "status list_queues list_exchanges list_connections list_channels list_consumers list_bindings"
    " list_vhosts list_users list_permissions cluster_status ping check_running"
    " alarms memory_breakdown check_port_connectivity listeners"
)

_CLUSTER = only(r"-(detailed|wan|verbose|short|format=\w+)")  # -address= would send the token there

PROGRAMS: Mapping[str, Judge] = {
    "psql mysql mariadb sqlite3 mongo mongosh clickhouse-client cqlsh influx": _sql,
    "mysqladmin mariadb-admin": takes(
        "-u= -P= -S= -s -p? --user= --port= --socket= --silent",
        operands="ping|status|version|processlist|variables|extended-status",
    ),
    "redis-cli valkey-cli keydb-cli": _redis,
    "rabbitmqctl rabbitmq-diagnostics": verbs(
        {_RABBIT: READ},
        "-qs -p= --quiet --silent --vhost=",
        reading="--formatter= --timeout= -t= --online --offline --local --no-table-headers",
        other="changes queues",
    ),
    "kafka-topics.sh kafka-consumer-groups.sh": only(
        r"--(list|describe|topic|group|all-groups|members|offsets|state|verbose|bootstrap-server|under-replicated-partitions|unavailable-partitions)",
        needs="--list|--describe",
    ),
    "nginx openresty": _nginx,
    "apachectl apache2ctl httpd": _apachectl,
    "haproxy": _haproxy,
    "named-checkconf named-checkzone unbound-checkconf": takes("-q", operands=r"/etc/\S+|[\w.-]+"),
    "varnishstat": takes("-1jx -f=", operands=r"(?!)"),
    "sshd": only(r"-[tTV]+|-C", needs=r"-[tTV]+"),
    "postconf": takes("-ndhHmMPlA", operands=r"\w+"),
    "postqueue": only("-[pj]", needs="-[pj]"),
    "certbot": verbs(
        {"certificates": READ}, other="changes certificates", reading="-d= --cert-name="
    ),
    "php-fpm": only("-[tivm]+", needs="-[tivm]+"),
    "pgbench pg_dump mysqldump mongodump pg_ctl pg_basebackup": dangerous(
        "reads out or changes a database"
    ),
    "vault consul nomad": verbs(
        {
            "status version members": _CLUSTER,
            "node job": verbs({"status": _CLUSTER}),
        },
        other="changes the cluster",
    ),
}
