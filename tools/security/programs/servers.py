"""Databases, queues and web servers."""

import re
from collections.abc import Iterator, Mapping

from tools.security.finding import Finding, change, danger
from tools.security.invocation import Invocation, Judge
from tools.security.tables import READ, dangerous, only, reads, verbs

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
    ("ACL", "LIST"),
    ("PUBSUB", "CHANNELS"),
    ("MODULE", "LIST"),
}


def _redis(call: Invocation) -> Iterator[Finding]:
    found = call.options(
        "-3cnx -h= -p= -a= -n= -u= -r= -i= -s= --raw --no-raw --no-auth-warning --user= --pass= --csv --json --tls --bigkeys --stat --latency --memkeys --hotkeys --scan --pattern= --cacert= --eval=",
        stop=True,
    )
    words = [w.text.upper() for w in found.operands]
    if found.unknown or found.has("--eval", "-x"):
        yield danger("redis-cli is given what is not known")
    if not words and not found.has("--bigkeys", "--memkeys", "--hotkeys", "--scan"):
        yield danger("redis-cli waits for commands")
        return
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
        from tools.security.finding import change

        yield change("nginx -s reload")
    else:
        yield danger("nginx starts or stops")


def _apachectl(call: Invocation) -> Iterator[Finding]:

    texts = call.texts
    if texts[:1] in (
        ("configtest",),
        ("-t",),
        ("-S",),
        ("-M",),
        ("-v",),
        ("-V",),
        ("status",),
        ("fullstatus",),
        ("-l",),
        ("-D",),
    ):
        return
    yield (
        change(f"{call.name} {texts[0]}")
        if texts[:1] == ("graceful",)
        else danger(f"{call.name} starts or stops")
    )


PROGRAMS: Mapping[str, Judge] = {
    "psql mysql mariadb sqlite3 mongo mongosh clickhouse-client cqlsh influx": _sql,
    "pg_isready pg_lsclusters pg_controldata": READ,
    "mysqladmin mariadb-admin": verbs(
        {"ping status version processlist variables extended-status": READ},
        "-h= -u= -P= -S= -p? -i= --host= --user= --port= --socket= --silent -s",
        other="changes the server",
    ),
    "redis-cli valkey-cli keydb-cli": _redis,
    "rabbitmqctl rabbitmq-diagnostics": verbs(
        {
            "status list_queues list_exchanges list_connections list_channels list_consumers list_bindings list_vhosts list_users list_permissions cluster_status environment node_health_check ping report check_running alarms memory_breakdown check_port_connectivity listeners": READ
        },
        "-qnp= -n= --quiet --silent",
        other="changes queues",
    ),
    "kafka-topics.sh kafka-consumer-groups.sh": reads("--create --delete --alter --reset-offsets"),
    "nginx openresty": _nginx,
    "apachectl apache2ctl httpd": _apachectl,
    "haproxy": only(r"-c|-v+|-V|-f|-q", needs=r"-c|-v+"),
    "named-checkconf named-checkzone unbound-checkconf varnishstat": READ,
    "sshd": only(r"-[tTV]+|-C", needs=r"-[tTV]+"),
    "postconf": reads("-e -X -#"),
    "postqueue": reads("-f -i= -s="),
    "certbot": verbs({"certificates": READ}, other="changes certificates"),
    "php-fpm": only("-[tivm]+"),
    "pgbench pg_dump mysqldump mongodump pg_restore pg_ctl pg_basebackup": dangerous(
        "reads out or changes a database"
    ),
    "vault consul nomad": verbs(
        {"status version": READ, "members": READ, "node job": verbs({"status": READ})},
        other="changes the cluster",
    ),
}
