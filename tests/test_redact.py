"""Secrets do not leave: known values in every form, secrets by their looks, whole or in pieces."""

import base64
import json
import random
import time
import uuid
from itertools import pairwise
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import JsonValue

from bot.chat import Role, User
from bot.events import ApprovalRequested, ModelReplied, RunStarted, ToolStarted
from bot.redact import Redactor
from bot.tool import ToolCall, Verdict

PASSWORD = "correct horse+battery/staple?"
KEY = f"-----BEGIN RSA PRIVATE KEY-----\n{'MIIEpAIBAAKCAQEA+/' * 9}\nabc=\n"
LETTERS = "Ab3De6Gh9Jk2Mn5Pq8St1Vw4Yz7" * 4
REDACTOR = Redactor({"admin password": PASSWORD, "short": "abc", "word": "hunter22"})
# Text before, the secret, text after, and the name it goes by.
LOOKS = [
    ("", f"{KEY}-----END RSA PRIVATE KEY-----", "\nok", "private key"),
    ("", KEY.replace("RSA ", "ENCRYPTED "), "", "private key"),
    ("x=", f"eyJ{LETTERS[:20]}.eyJ{LETTERS[:30]}.{LETTERS[:43]}", " ", "jwt"),
    ("", f"xoxb-{LETTERS[:24]}", ".", "slack token"),
    ("", f"xapp-1-A0-{LETTERS[:24]}", " ", "slack token"),
    ("https://hooks.slack.com/", f"services/T0/B0/{LETTERS[:24]}", " ", "slack webhook"),
    ("", f"ghp_{LETTERS[:36]}", ",", "github token"),
    ("", f"github_pat_{LETTERS[:60]}", ",", "github token"),
    ("", f"glpat-{LETTERS[:20]}", ",", "gitlab token"),
    ("id ", "AKIA" + "ABCDEFGH12345678", "\n", "aws key"),
    ("aws_secret_access_key = ", LETTERS[:40], "\n", "value"),
    ("", f"AIza{LETTERS[:35]}", " ", "google key"),
    ("", f"sk_live_{LETTERS[:24]}", " ", "stripe key"),
    ("", f"sk-ant-{LETTERS[:40]}", " ", "api key"),
    ("", f"hvs.{LETTERS[:24]}", " ", "vault token"),
    ("", f"bot_{LETTERS[:8]}_{LETTERS[:32]}", " ", "bot key"),
    ("redis://:", "s3cr:t@7", "@db:6379/0", "password"),
    ("postgresql://ann:", "pw", "@db/app", "password"),
    ("db:5432:app:ann:", "s3cret", "\n", "password"),
    ("Authorization: Bearer ", "opaque-123", "\r\n", "authorization"),
    ("curl -H 'authorization: Basic ", "YW5uOnB3", "' x", "authorization"),
    ("Set-Cookie: ", "sid=abc123; Path=/", "\n", "cookie"),
    ("PGPASSWORD=", "hunter2", " psql", "value"),
    ('{"password": "', "a $b c", '", "user": "ann"}', "value"),
    ("api_key: '", "12345", "'", "value"),
    ("DB_PASS=", "s3cret", "\n", "value"),
    ("mysql --password ", "s3cret", " -e x", "value"),
    ("sshpass -p ", "s3cret", " ssh", "password"),
    ("root:", f"$6$salt${LETTERS[:86]}", ":19000:", "password hash"),
    ("", f"$argon2id$v=19$m=65536,t=3,p=4${LETTERS[:22]}${LETTERS[:43]}", " ", "password hash"),
    ("", f"$2b$12${LETTERS[:53]}", "\n", "password hash"),
]


@pytest.mark.parametrize(("before", "secret", "after", "name"), LOOKS)
def test_secrets_by_their_looks(before: str, secret: str, after: str, name: str) -> None:
    """What is around a secret stays readable: names, hosts, the rest of the line."""
    text = f"ok {before}{secret}{after}"

    assert f"ok {before}‹secret: {name}›{after}" == REDACTOR(text)


@pytest.mark.parametrize(
    "form",
    [
        PASSWORD,
        quote(PASSWORD, safe=""),
        json.dumps(PASSWORD)[1:-1],
        base64.b64encode(PASSWORD.encode()).decode(),
        base64.urlsafe_b64encode(PASSWORD.encode()).decode().rstrip("="),
    ],
)
def test_known_values_in_every_form(form: str) -> None:
    """The exact value of a configured secret goes, also when it is encoded."""
    assert "echo ‹secret: admin password›!" == REDACTOR(f"echo {form}!")


@pytest.mark.parametrize("user", ["a", "ann", "anna", "annabel"])
def test_known_values_inside_encoded_text(user: str) -> None:
    """A value encoded together with a name before it and text after it is still found."""
    encoded = base64.b64encode(f"{user}:{PASSWORD}:end".encode()).decode()

    clean = REDACTOR(encoded)

    assert "‹secret: admin password›" in clean
    left = clean.split("‹secret: admin password›")
    assert len("".join(left)) <= len(f"{user}::end") * 4 / 3 + 4


def test_values_that_are_learned_later() -> None:
    """Secrets made at the first start are known from then on; short values never are."""
    redactor = Redactor({})
    redactor.learn({"jwt secret": "0123456789abcdef", "none": "", "tiny": "12345"})

    assert "‹secret: jwt secret› 12345" == redactor("0123456789abcdef 12345")


@pytest.mark.parametrize(
    "text",
    [
        "token=x;rm -rf /srv",
        "password=$(reboot)",
        'password="$(reboot)"',
        "token=`reboot`",
        "secret=abcd|tee /etc/passwd",
        "curl https://a:b$(reboot)@host",
    ],
)
def test_no_command_hides_behind_a_name(text: str) -> None:
    """What a shell would run stays visible to who approves it."""
    danger = next(word for word in ("rm -rf /srv", "reboot", "tee /etc") if word in text)

    assert danger in REDACTOR(text)


def ordinary(size: int) -> str:
    """Access logs, uuids, hashes, an image, source text: what tools mostly print."""
    seed = random.Random(7)
    lines: list[str] = []
    while sum(map(len, lines)) < size:
        digest = seed.randbytes(20).hex()
        lines += [
            f'10.0.{seed.randrange(256)}.7 - ann [23/Nov/2026:04:54:03 +0000] "GET /token/new?'
            f'page={seed.randrange(999)} HTTP/1.1" 200 {seed.randrange(9999)} '
            f'"https://example.org:8443/a?b=c" "Mozilla/5.0 (X11; Linux x86_64) Gecko/2010"',
            f"{uuid.UUID(bytes=seed.randbytes(16))} commit {digest} Merge branch 'secrets'",
            f"sha256:{seed.randbytes(32).hex()} fe80:1234:beef:cafe::1 2001:db8:5432:1::2",
            f"img: data:image/png;base64,{base64.b64encode(seed.randbytes(150)).decode()}",
            "PWD=/root tokens: 512, max_tokens=4096; password authentication failed for user",
            "pass 12, fail 0; the secret is out; git@github.com:ann/repo.git https://github.com/a",
            "postgres://db/app http://[::1]:80/ task-force disk-sk-1 $1 $2 awk '{print $1$2}'",
            "sshd: Accepted publickey for root from 10.0.0.1 port 22 ssh2: ED25519 SHA256:abc",
        ]
    return "\n".join(lines)


def test_ordinary_text_stays_as_it_is() -> None:
    """A megabyte of logs, hashes and pictures holds no secret, and is not slow to look at."""
    text = ordinary(1_000_000)
    began = time.process_time()

    clean = REDACTOR(text)
    lines = text.count("\n") + 1

    assert clean == text
    assert (time.process_time() - began) / lines < 200e-6  # 40 µs promised; CI machines are slow


def pieces(text: str, cuts: list[int]) -> list[str]:
    places = [0, *sorted(cut % (len(text) + 1) for cut in cuts), len(text)]
    return [text[a:b] for a, b in pairwise(places)]


fragments = st.sampled_from(
    [
        *(f"{before}{secret}{after}" for before, secret, after, _ in LOOKS),
        *(secret[: len(secret) // 2] for _, secret, _, _ in LOOKS),
        *(before for before, *_ in LOOKS),
        *(PASSWORD, PASSWORD[:9], "hunter22", "hunter", "İ", "----", "://", " ", "\n", "eyJ", "x"),
        *("plain words ", "‹secret: value›", "$", "(", '"', "token", "=", "Bearer "),
    ]
)
texts = st.lists(fragments | st.text(max_size=5), max_size=8).map("".join)


@given(texts, st.lists(st.integers(0, 100_000), max_size=12))
@settings(max_examples=400, deadline=None)
def test_a_stream_is_the_whole(text: str, cuts: list[int]) -> None:
    """Wherever a text is cut, what comes out of the stream is what the whole would have become."""
    stream = REDACTOR.stream()

    out = "".join(stream.feed(piece) for piece in pieces(text, cuts)) + stream.flush()

    assert REDACTOR(text) == out


@pytest.mark.parametrize(("before", "secret", "after", "name"), LOOKS)
def test_a_stream_of_single_characters(before: str, secret: str, after: str, name: str) -> None:
    """Even character by character no part of a secret gets out."""
    stream = REDACTOR.stream()

    out = "".join(map(stream.feed, f"ok {before}{secret}{after}")) + stream.flush()

    assert f"ok {before}‹secret: {name}›{after}" == out


def test_a_cut_does_not_make_a_word_begin() -> None:
    """What stands inside a longer word is no token, also when the word comes in two pieces."""
    word = f"xghp_{LETTERS[:36]}!"
    stream = REDACTOR.stream()

    assert REDACTOR(word) == word == stream.feed(word[:1]) + stream.feed(word[1:]) + stream.flush()


@given(texts)
@settings(max_examples=200, deadline=None)
def test_redacting_twice_changes_nothing(text: str) -> None:
    """What was redacted before it was stored is shown as it was stored."""
    once = REDACTOR(text)

    assert once == REDACTOR(once)


def test_ordinary_text_flows_at_once() -> None:
    """Only an end that can still become a secret waits."""
    stream = REDACTOR.stream()

    assert "Look at nginx" == stream.feed("Look at nginx")
    assert ", " == stream.feed(", hun")
    assert "hungry for more!" == stream.feed("gry for more!")
    assert " password" not in stream.feed(" passwor")


def test_arguments_by_name() -> None:
    """A value under a telling name is a secret whatever it looks like; names stay."""
    value: JsonValue = {
        "db_password": "x",
        "n": [1, "hunter22", None],
        "tokens": 5,
        "token": "",
    }

    clean = REDACTOR.redact_json(value)

    assert clean == {
        "db_password": "‹secret: db_password›",
        "n": [1, "‹secret: word›", None],
        "tokens": 5,
        "token": "",
    }


def test_events_as_they_leave() -> None:
    """Texts and arguments are cleaned, ids and names never, and a clean event is the same one."""
    call = ToolCall("hunter22", "execute_command", {"command": "echo hunter22"})
    verdict = Verdict(reasons=("writes hunter22",))
    asked = ApprovalRequested("K7QD2MX", call, verdict, "web1", "root@web1", "hunter22", 1.0)
    clean = ModelReplied("fine", tool_calls=(ToolCall("1", "df", {"a": [1, "b"]}),))

    shown = REDACTOR.presentable(asked)

    assert isinstance(shown, ApprovalRequested)
    assert ("hunter22", "hunter22") == (shown.digest, shown.call.id)
    assert {"command": "echo ‹secret: word›"} == shown.call.args
    assert ("writes ‹secret: word›",) == shown.verdict.reasons
    assert {"command": "echo hunter22"} == asked.call.args
    assert REDACTOR.presentable(clean) is clean
    started = ToolStarted(ToolCall("1", "df"), Verdict())
    assert REDACTOR.presentable(started) is started
    said = RunStarted(User("web", "hunter22"), Role.ADMIN, "my password=hunter22")
    assert "my password=‹secret: word›" == getattr(REDACTOR.presentable(said), "text", "")
