"""A guild to try the bot in: ``python -m tests.fakes.discord --port 8200``.

It prints the conversation and takes what people do, one line each."""

import argparse
import asyncio
import sys

from tests.fakes.discord.interactions import Interaction
from tests.fakes.discord.server import DiscordServer, discord_server
from tests.fakes.discord.shapes import BOT, CHANNEL, GUILD, TOKEN, Shape
from tests.fakes.discord.world import buttons, shown

HELP = """\
hello …            write in the channel, mentioning the bot
> …                write in the newest thread
/ops NAME …        the slash command
click ACTION       click a button of the newest message that has it: approve, deny, stop …
form NAME=VALUE …  send the form that is open
as 1|2|3           be olga, anna or vic"""


class Desk:
    """Somebody at a keyboard."""

    def __init__(self, server: DiscordServer) -> None:
        self._server = server
        self._shown: dict[str, str] = {}
        self._me = "1"
        self._form: Interaction | None = None

    async def watch(self) -> None:
        """Print what is new or changed."""
        while True:
            for message in list(self._server.world.messages.values()):
                text = shown(message)
                if text and self._shown.get(message["id"]) != text:
                    again = " (edited)" if message["id"] in self._shown else ""
                    self._shown[message["id"]] = text
                    print(f"\n— {message['author']['username']}{again}\n{text}\n")
            await asyncio.sleep(0.2)

    async def do(self, line: str) -> None:
        word, _, rest = line.partition(" ")
        match word:
            case "as":
                self._me = rest.strip()
            case "click":
                message = self._newest(rest.strip())
                await self._answered(await self._server.clicks(message, rest.strip(), by=self._me))
            case "form":
                await self._send_form(rest)
            case "/ops":
                name, _, text = rest.partition(" ")
                await self._answered(await self._server.orders(name, text, by=self._me))
            case ">":
                threads = [c for c in self._server.world.channels.values() if c["type"] == 11]
                await self._server.says(rest, by=self._me, channel=threads[-1]["id"])
            case "help" | "":
                print(HELP)
            case _:
                await self._server.says(f"<@{BOT}> {line}", by=self._me, channel=CHANNEL)

    async def _send_form(self, rest: str) -> None:
        assert self._form is not None
        pairs = (each.partition("=") for each in rest.split())
        values = {name: value for name, _, value in pairs}
        await self._answered(await self._server.submits(self._form, values, by=self._me))

    async def _answered(self, made: Interaction) -> None:
        if made.modal:
            self._form = made
            print(f"a form is open: {made.modal['title']}")
        await asyncio.sleep(0.5)
        print(f"(answered in {made.seconds * 1000:.0f} ms) {made.texts}")

    def _newest(self, action: str) -> Shape:
        messages = reversed(list(self._server.world.messages.values()))
        return next(message for message in messages if action in buttons(message))


async def main(port: int) -> None:
    async with discord_server(port) as server:
        for who, name in (("1", "olga"), ("2", "anna"), ("3", "vic")):
            server.world.person(who, name)
        print(
            f"AI_DISCORD_TOKEN={TOKEN} AI_DISCORD_HOME_GUILD={GUILD}"
            f" AI_DISCORD_API_URL={server.url} AI_DISCORD_GATEWAY_URL={server.gateway.url}"
            f" make run\n\n{HELP}"
        )
        desk = Desk(server)
        async with asyncio.TaskGroup() as tasks:
            watching = tasks.create_task(desk.watch())
            while line := await asyncio.to_thread(sys.stdin.readline):
                try:
                    await desk.do(line.strip())
                except (StopIteration, IndexError, KeyError, TimeoutError) as error:
                    print(f"that did not work: {error!r}; is the bot running?")
            watching.cancel()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=8200)
    asyncio.run(main(parser.parse_args().port))
