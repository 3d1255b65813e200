"""``python -m bot users …`` and ``python -m bot keys …``, also while the bot runs."""

import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from getpass import getpass

from adapters.web.accounts import Accounts, spelled
from adapters.web.keys import Keys
from bot.chat import Role
from bot.events import Noted
from bot.journal import ProcessLog
from bot.ports import Refused, Store

_ROLES = [str(role) for role in Role if role is not Role.NOBODY]
Verb = Callable[[Namespace], Awaitable[str]]


class _Notes:
    """What is done on the command line belongs into the audit trail too."""

    def __init__(self, store: Store) -> None:
        self._process = ProcessLog(store, lambda: None)

    async def __call__(self, what: str, text: str) -> None:
        await self._process.note(Noted(what, "command line", text))


class UsersCommand:
    def __init__(self, store: Store) -> None:
        self._accounts = Accounts(store)
        self._notes = _Notes(store)

    async def __call__(self, words: Sequence[str]) -> int:
        parser = ArgumentParser("python -m bot users", description="People who may log in.")
        verbs = parser.add_subparsers(required=True)
        add = verbs.add_parser("add", help="let somebody log in")
        add.set_defaults(verb=self._add)
        add.add_argument("name", type=spelled)
        add.add_argument("--role", choices=_ROLES, required=True)
        add.add_argument("--password-stdin", action="store_true", help="one line on stdin")
        verbs.add_parser("list", help="who there is").set_defaults(verb=self._list)
        password = verbs.add_parser("password", help="set a new password; ends their logins")
        password.set_defaults(verb=self._password)
        password.add_argument("name", type=spelled)
        password.add_argument("--password-stdin", action="store_true", help="one line on stdin")
        role = verbs.add_parser("role", help="change a role; ends their logins and keys")
        role.set_defaults(verb=self._role)
        role.add_argument("name", type=spelled)
        role.add_argument("role", choices=_ROLES)
        remove = verbs.add_parser("remove", help="remove somebody, their logins and keys")
        remove.set_defaults(verb=self._remove)
        remove.add_argument("name", type=spelled)
        return await _run(parser, words)

    async def _add(self, given: Namespace) -> str:
        await self._accounts.add(given.name, _password(given), Role(given.role))
        await self._notes("user added", f"{given.name} as {given.role}")
        return f"{given.name} can log in as {given.role}"

    async def _list(self, _given: Namespace) -> str:
        accounts = await self._accounts.list()
        return _table(
            ["NAME", "ROLE", "SINCE"], [[a.name, a.role, _day(a.created)] for a in accounts]
        )

    async def _password(self, given: Namespace) -> str:
        await self._accounts.set_password(given.name, _password(given))
        await self._notes("password changed", given.name)
        return f"{given.name} has a new password; logins and keys until now are void"

    async def _role(self, given: Namespace) -> str:
        before = await self._accounts.set_role(given.name, Role(given.role))
        await self._notes("role changed", f"{given.name} from {before} to {given.role}")
        return f"{given.name} is {given.role} now, was {before}; logins and keys until now are void"

    async def _remove(self, given: Namespace) -> str:
        await self._accounts.remove(given.name)
        await self._notes("user removed", given.name)
        return f"{given.name} is removed, with all logins and keys"


class KeysCommand:
    def __init__(self, store: Store) -> None:
        self._keys = Keys(store)
        self._notes = _Notes(store)

    async def __call__(self, words: Sequence[str]) -> int:
        parser = ArgumentParser("python -m bot keys", description="Keys for programs.")
        verbs = parser.add_subparsers(required=True)
        add = verbs.add_parser("add", help="make a key; it is shown once")
        add.set_defaults(verb=self._add)
        add.add_argument("owner", type=spelled)
        add.add_argument("--role", choices=_ROLES, required=True, help="the most it may do")
        add.add_argument("--label", required=True, help="what it is for")
        add.add_argument("--days", type=int, help="how long it is valid, 1 to 3650")
        verbs.add_parser("list", help="which there are").set_defaults(verb=self._list)
        revoke = verbs.add_parser("revoke", help="end a key")
        revoke.set_defaults(verb=self._revoke)
        revoke.add_argument("id")
        return await _run(parser, words)

    async def _add(self, given: Namespace) -> str:
        key = await self._keys.add(given.owner, Role(given.role), given.label, given.days)
        await self._notes("key added", f"{given.label} of {given.owner}, at most {given.role}")
        return key

    async def _list(self, _given: Namespace) -> str:
        head = ["ID", "OWNER", "ROLE", "LABEL", "EXPIRES", "USED"]
        return _table(
            head,
            [
                [k.id, k.owner, k.role, k.label, _day(k.expires), _day(k.used)]
                for k in await self._keys.list()
            ],
        )

    async def _revoke(self, given: Namespace) -> str:
        await self._keys.revoke(given.id)
        await self._notes("key revoked", given.id)
        return f"{given.id} is revoked"


async def _run(parser: ArgumentParser, words: Sequence[str]) -> int:
    try:
        given = parser.parse_args(words)
    except SystemExit as end:  # argparse has said what is wrong
        return int(end.code or 0)
    try:
        said = await given.verb(given)
    except Refused as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write(f"{said}\n")
    return 0


def _password(given: Namespace) -> str:
    if given.password_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    if not sys.stdin.isatty():
        raise Refused("there is no terminal to ask for the password; use --password-stdin")
    password = getpass(f"Password for {given.name} (15 characters or more are best): ")
    if getpass("Once more: ") != password:
        raise Refused("the two are not the same")
    return password


def _table(head: list[str], rows: list[list[str]]) -> str:
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
    lines = (zip(row, widths, strict=True) for row in [head, *rows])
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in line).rstrip() for line in lines
    )


def _day(seconds: float | None) -> str:
    return "never" if seconds is None else datetime.fromtimestamp(seconds, UTC).date().isoformat()
