"""Places of a file system that are kept, and what they mean."""

TREES = [
    "/bin",
    "/boot",
    "/dev",
    "/etc",
    "/lib",
    "/lib32",
    "/lib64",
    "/libx32",
    "/proc",
    "/sbin",
    "/sys",
    "/usr/bin",
    "/usr/sbin",
    "/usr/lib",
    "/usr/lib64",
    "/usr/include",
    "/usr/share",
    "/usr/libexec",
    "/usr/local/bin",
    "/usr/local/sbin",
    "/usr/local/lib",
    "/var/lib/dpkg",
    "/var/lib/rpm",
    "/var/lib/mysql",
    "/var/lib/postgresql",
    "/var/lib/systemd",
    "/var/log/audit",
    "/var/log/journal",
    "/root/.ssh",
    "~/.ssh",
    "/var/lib/etcd",
    "/var/lib/kubelet",
]
"""Nothing in them is deleted, moved or re-owned as a whole."""
ROOTS = [
    "/",
    "/usr",
    "/usr/local",
    "/home",
    "/root",
    "/opt",
    "/srv",
    "/var",
    "/var/lib",
    "/var/log",
    "/var/spool",
    "/var/mail",
    "/var/www",
    "/var/backups",
    "/var/cache",
    "/run",
    "/mnt",
    "/media",
    "~",
]
"""They themselves are kept; what lies deeper may go with a person's word."""
CHILDREN = ("/home", "/var/lib")
"""Their entries are kept as well."""
VITAL = [
    "/etc/passwd*",
    "/etc/shadow*",
    "/etc/group*",
    "/etc/gshadow*",
    "/etc/sudoers",
    "/etc/sudoers.d/*",
    "/etc/pam.d/*",
    "/etc/pam.conf",
    "/etc/ssh/sshd_config",
    "/etc/ssh/sshd_config.d/*",
    "/etc/ssh/ssh_host_*",
    "/etc/fstab",
    "/etc/ld.so.preload",
    "/etc/ld.so.conf*",
    "/boot/*",
    "/etc/crypttab",
    "/etc/nsswitch.conf",
    "*/authorized_keys*",
    "*/.ssh/rc",
    "/proc/sysrq-trigger",
    "/proc/sys/kernel/core_pattern",
    "/proc/sys/kernel/modprobe",
    "/sys/kernel/*",
    "/sys/fs/cgroup/*release_agent",
    "/etc/security/*",
    "/etc/init.d/ssh*",
    "/etc/inittab",
    "/var/run/docker.sock",
    "/run/docker.sock",
    "/proc/*/mem",
    "/dev/mem",
    "/dev/kmem",
    "/etc/audit/*",
    "/etc/doas.conf",
    "/lib/systemd/*",
    "/usr/lib/systemd/*",
    "/bin/*",
    "/sbin/*",
    "/usr/bin/*",
    "/usr/sbin/*",
    "/lib/*",
    "/lib64/*",
    "/usr/lib/*",
]
"""Who writes there owns the host, or loses it."""
AUDIT = [
    "/var/log/audit*",
    "/var/log/auth.log*",
    "/var/log/secure*",
    "/var/log/wtmp*",
    "/var/log/btmp*",
    "/var/log/lastlog*",
    "/var/log/faillog*",
    "/var/run/utmp",
    "/run/utmp",
    "/var/log/journal*",
    "*/.bash_history",
    "*/.zsh_history",
    "/var/log/sudo*",
    "/var/log/tallylog",
]
DEVICES = [
    "/dev/sd*",
    "/dev/hd*",
    "/dev/vd*",
    "/dev/xvd*",
    "/dev/nvme*",
    "/dev/mmcblk*",
    "/dev/dm-*",
    "/dev/mapper/*",
    "/dev/md*",
    "/dev/disk/*",
    "/dev/loop*",
    "/dev/sr*",
    "/dev/mem",
    "/dev/kmem",
    "/dev/port",
    "/dev/zd*",
    "/dev/nbd*",
    "/dev/vg*",
    "/dev/ram*",
]
HARMLESS = frozenset(
    {"/dev/null", "/dev/stdout", "/dev/stderr", "/dev/tty", "/dev/zero", "/dev/full", "-"}
)
SECRET_PLACES = tuple(
    """
    /etc/shadow* /etc/gshadow* */.ssh/id_* */.ssh */.aws */.gnupg */.kube /proc/*/environ
    /etc/ssl/private* */.config/gh/* */.vnc/* *.pem /etc/sudoers* */.local/share/keyrings/*
    /var/run/secrets* /run/secrets* /etc/kubernetes/admin.conf /etc/kubernetes/pki*
    */.docker/config.json /var/lib/kubelet/pki* */wp-config.php */terraform.tfstate*
    /proc/*/fd/* /etc/security/opasswd* /var/backups/*shadow* /etc/*secrets* /etc/*/*-secrets*
    /etc/wireguard/* */sasl_passwd* */rclone.conf */.s3cfg */.boto */.m2/settings*.xml
    */.azure/* *.erlang.cookie *.keytab /etc/netplan/*wifi* */wpa_supplicant*.conf
    /etc/NetworkManager/system-connections/* /var/lib/cloud/*user-data*
    /var/lib/cloud/instances/* /run/cloud-init/instance-data-sensitive* /etc/ppp/*-secrets
    /etc/mysql/debian.cnf */k3s.yaml */.terraformrc */.terraform.d/* */.config/doctl/*
    */.password-store/* */smbpasswd /var/lib/samba/private/* */.config/rclone/* */.config/op/*
    */.config/heroku/* */.credentials/* /etc/openvpn/*.key /var/lib/php/sessions/*
    /etc/ansible/vault* */.cargo/credentials* */.gem/credentials */.composer/auth.json
    */.config/composer/auth.json */.config/hub */.smbcredentials
    """.split()
)
SAMPLES = (
    "/etc/shadow", "/etc/gshadow", "/root/.ssh/id_rsa", "~/.ssh/id_rsa", "/home/a/.ssh/id_rsa",
    "~/.ssh/id_ed25519", "/root/.ssh/id_ed25519", "/proc/1/environ", "/etc/ssl/private/a.key",
    "~/.netrc", "/root/.netrc", "/home/a/.netrc", "~/.aws/credentials",
    "/root/.aws/credentials", "/home/a/.aws/credentials",
)  # fmt: skip
