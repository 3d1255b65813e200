"""Where a routine change ends and a danger begins: what autonomous mode goes by."""

import pytest

from bot.resources import Roots
from bot.tool import Level, Risk, Trust
from tools.security import Policy

POLICY = Policy(roots=Roots(write=("/srv/app",), never=("/var/lib/bot",)))
CHANGES = """systemctl restart nginx|systemctl reload nginx|sudo systemctl try-restart 'php*-fpm'
systemctl start nginx|systemctl enable nginx|systemctl daemon-reload|service nginx restart
docker restart web|docker start web|docker compose restart web|docker compose up -d
docker pull nginx:1.29|kubectl rollout restart deploy/api|git pull --ff-only|git -C /srv/app fetch
apt-get update|apk update|echo x > /srv/app/f|tee /srv/app/f|touch /srv/app/f|mkdir -p /srv/app/a/b
cp /etc/hosts /srv/app/h|sed -i s/a/b/ /srv/app/f|cd /srv/app && touch x|nginx -s reload
kill -HUP 4242|pkill -HUP gunicorn|resolvectl flush-caches|supervisorctl restart app
chmod 640 /srv/app/f"""
DANGERS = """systemctl stop nginx|systemctl disable nginx|systemctl mask nginx|reboot
shutdown -r now|rm /srv/app/f|docker rm web|docker stop web|docker system prune -f
docker compose down|kill -9 4242
apt-get install -y jq|apt-get upgrade -y|pip install x|useradd deploy|iptables -A INPUT -j ACCEPT
mount /dev/sdb1 /mnt|psql -c 'UPDATE x SET y=1'|ssh web2 df -h|/opt/vendor/tool|echo x > /etc/motd
touch /srv/apple|cp /etc/hosts /srv/app/../h|python3 -c 'print(1)'|git push|git reset --hard HEAD~1
kubectl delete pod x|kubectl scale --replicas=0 deploy/x|crontab -r|truncate -s 0 /var/log/x.log"""
READINGS = [
    ("cat /srv/app/.env", True),
    ("cat /etc/shadow", True),
    ("curl -s https://example.com/", False),
]


def _each(text: str) -> list[str]:
    return [command for line in text.splitlines() for command in line.split("|")]


@pytest.mark.parametrize("command", _each(CHANGES))
def test_routine_changes(command: str) -> None:
    """Restartable, reversible, or below a directory that may be written."""
    verdict = POLICY.judge(command)

    assert (Level.ASK, Risk.CHANGE) == (verdict.level, verdict.risk), verdict.reasons


@pytest.mark.parametrize("command", _each(DANGERS))
def test_dangers(command: str) -> None:
    """Loss, outage, reach beyond the host, and what is not understood."""
    verdict = POLICY.judge(command)

    assert (Level.ASK, Risk.DANGER) == (verdict.level, verdict.risk), verdict.reasons


@pytest.mark.parametrize(("command", "secret"), READINGS)
def test_readings_that_ask(command: str, secret: bool) -> None:  # noqa: FBT001 - a case's field
    """Secrets and other hosts are only read, but a person says so."""
    verdict = POLICY.judge(command)

    assert (Level.ASK, Risk.READ) == (verdict.level, verdict.risk)
    assert (secret, not secret) == (verdict.secret, verdict.egress)


@pytest.mark.parametrize(
    "command",
    ["cat /var/lib/bot/orchestrator.db", "cd /var/lib && ls bot", "echo > /var/lib/bot/x"],
)
def test_what_is_the_bots_own_is_denied(command: str) -> None:
    """Its database and secrets are touched by no command."""
    assert Level.DENY is POLICY.judge(command).level


def test_the_worst_command_decides_and_every_reason_is_told() -> None:
    """A pipeline of a reading, a change and a danger is a danger with two reasons."""
    verdict = POLICY.judge("df -h; systemctl restart nginx; rm /srv/app/f")

    assert Risk.DANGER is verdict.risk
    assert 2 == len(verdict.reasons)
    assert ("df -h", "systemctl restart nginx", "rm /srv/app/f") == verdict.commands


def test_a_reason_says_where_it_was_found() -> None:
    """From the inside out: what starts it, and what starts that."""
    verdict = POLICY.judge("timeout 5 bash -c 'find /etc | xargs rm -rf'")

    assert "(xargs ← bash ← timeout)" in verdict.reasons[0]


@pytest.mark.parametrize("command", ["df -h; free -m", "ss -tln", "pgrep nginx", "date +%F"])
def test_fixed_forms_are_the_systems_words(command: str) -> None:
    """Nobody outside chooses a word of such output, so that it costs no autonomy."""
    assert Trust.SYSTEM == POLICY.judge(command).trust


@pytest.mark.parametrize(
    "command",
    ["ps aux", "ss -tlnp", "ss --tcp --processes", "netstat -tulpen", "pgrep -a nginx",
     "pgrep --list-name x", "echo /srv/app/*", 'echo "$(</srv/app/f)"', "wc -l [a-z]*",
     "date --file /srv/app/f", "df -h; ss -tp", "docker ps", "systemctl status nginx"],
)  # fmt: skip
def test_names_that_others_chose_are_not(command: str) -> None:
    """Processes, files and containers are called what whoever made them liked."""
    assert Trust.EXTERNAL == POLICY.judge(command).trust
