"""Files that hold secrets, by their names."""

import re
from fnmatch import translate
from functools import cache

NAMES = (
    ".env",
    ".env.*",
    "*.env",
    "*.pem",
    "*.key",
    "*.p12",
    "*.pfx",
    "*.jks",
    "*.keytab",
    "*.kdbx",
    "*.ovpn",
    "id_rsa*",
    "id_dsa*",
    "id_ecdsa*",
    "id_ed25519*",
    "ssh_host_*",
    "shadow",
    "shadow-",
    "gshadow",
    "gshadow-",
    "credentials",
    "credentials.*",
    ".credentials*",
    "secrets.*",
    ".netrc",
    ".pgpass",
    ".my.cnf",
    ".htpasswd",
    ".git-credentials",
    ".npmrc",
    ".pypirc",
    ".vault-token",
    "kubeconfig",
    ".*_history",
    ".curlrc",
    ".wgetrc",
    "*msmtprc",
    "*fetchmailrc",
    "*.private",
    "*.tfvars",
    "*.tfstate",
    "*.priv",
    "token",
    "*token.txt",
    "node-token",
    "passwords*",
    "*vault_pass*",
    "deploy_key*",
    "client_secret*",
    "service?account*.json",
    "serviceaccount*.json",
    "logins.json",
    "krb5cc_*",
    "cifs-credentials",
    "gitlab.rb",
    "grafana.ini",
    "grafana.db",
    "clients.conf",
    "hostapd.conf",
)
"""Patterns of a file's name, in lower case."""
PATHS = (
    "*/.ssh/*",
    "*/.aws/*",
    "*/.gnupg/*",
    "*/.kube/*",
    "*/.docker/config.json",
    "*/.config/gcloud/*",
    "/etc/ssl/private/*",
    "/run/secrets/*",
    "/var/run/secrets/*",
    "/proc/*/environ",
    "/proc/*/mem",
    "/run/credentials/*",
    "/etc/credstore*",
    "/var/lib/systemd/credential.secret",
    "/var/lib/docker/containers/*.json",
    "/var/lib/docker/swarm/*",
    "/var/lib/rancher/k3s/server/*",
    "/var/lib/etcd/*",
    "/var/lib/mysql/*/*",
    "/var/lib/postgresql/*/base/*",
    "/var/lib/postgresql/*/global/*",
    "/etc/exim4/passwd*",
    "/etc/apt/auth.conf*",
    "/etc/gitlab-runner/*",
    "/etc/cloudflared/*",
    "/etc/zabbix/*server.conf",
    "/boot/grub*/user.cfg",
    "/proc/kcore",
)
"""Patterns of a real path, in lower case; ``*`` stands for slashes too."""
OPEN = ("*.pub", ".env.example", ".env.sample", ".env.template", "known_hosts", "ssh_config")
"""Names that match above and are no secrets."""


@cache
def matching(patterns: tuple[str, ...]) -> re.Pattern[str]:
    """One expression for many globs, in which ``*`` stands for slashes too."""
    return re.compile("|".join(map(translate, patterns)))


def is_secret(path: str) -> bool:
    """Whether a real path names something secret. Names only: nothing is read."""
    path = path.lower()
    name = path.rpartition("/")[2]
    if matching(OPEN).match(name):
        return False
    return bool(matching(NAMES).match(name) or matching(PATHS).match(path))
