"""The web adapter: a page, REST and a WebSocket, with its own accounts and keys."""

from adapters.web import own_secrets
from adapters.web.cli import KeysCommand, UsersCommand
from adapters.web.server import WebServer
from bot.config import Settings
from bot.ports import Part, Store


def create(settings: Settings, store: Store) -> Part:
    """Raises BadSettings. Makes the JWT secret in the data directory when there is none."""
    own = own_secrets.load(settings)
    return Part(
        services=(WebServer(settings, store, own),),
        cli={"users": UsersCommand(store), "keys": KeysCommand(store)},
        secrets={"jwt secret": own.jwt, "admin password": own.admin},
    )
