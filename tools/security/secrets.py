"""Files that hold secrets, by their names."""

from fnmatch import fnmatchcase

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
    "/proc/kcore",
)
"""Patterns of a real path, in lower case; ``*`` stands for slashes too."""
OPEN = ("*.pub", ".env.example", ".env.sample", ".env.template", "known_hosts", "ssh_config")
"""Names that match above and are no secrets."""


def is_secret(path: str) -> bool:
    """Whether a real path names something secret. Names only: nothing is read."""
    path = path.lower()
    name = path.rpartition("/")[2]
    if any(fnmatchcase(name, pattern) for pattern in OPEN):
        return False
    by_name = any(fnmatchcase(name, pattern) for pattern in NAMES)
    return by_name or any(fnmatchcase(path, pattern) for pattern in PATHS)
