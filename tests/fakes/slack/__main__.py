"""A workspace to try the bot in: ``python -m tests.fakes.slack --port 8100``.

It prints the conversation and takes what people do, one line each."""

import argparse
import asyncio
import sys
from collections.abc import Callable

from tests.fakes.slack.api import APP_TOKEN, BOT_TOKEN
from tests.fakes.slack.server import SlackServer, slack_server
from tests.fakes.slack.workspace import BOT_USER, Message, buttons, shown

HELP = """\
hello …            write in the channel, mentioning the bot
> …                write in the newest thread
/ops …             the slash command
click ACTION       click a button of the newest card or message: approve, deny, stop …
form NAME=VALUE …  send the form that is open
as U1|U2|U3        be olga (operator), anna (approver) or vic (nobody in particular)"""


class Desk:
    """Somebody at a keyboard."""

    def __init__(self, server: SlackServer, write: Callable[[str], None]) -> None:
        self._server = server
        self._write = write
        self._seen: dict[str, str] = {}
        self._me = "U1"

    async def watch(self) -> None:
        """Print what is new or changed."""
        while True:
            messages = [m for all_ in self._server.workspace.messages.values() for m in all_]
            for message in messages:
                text = shown(message)
                if self._seen.get(message["ts"]) != text:
                    again = " (edited)" if message["ts"] in self._seen else ""
                    self._seen[message["ts"]] = text
                    self._write(f"\n— {message['user']}{again}\n{text}\n")
            while self._server.workspace.ephemeral:
                whisper = self._server.workspace.ephemeral.pop(0)
                self._write(f"\n— only for {whisper['user']}: {whisper['text']}\n")
            await asyncio.sleep(0.2)

    async def do(self, line: str) -> None:
        word, _, rest = line.partition(" ")
        match word:
            case "as":
                self._me = rest.strip()
            case "click":
                await self._click(rest.strip())
            case "form":
                await self._send_form(rest)
            case "/ops":
                self._write(await self._server.orders(rest, by=self._me) or "(no answer)")
            case ">":
                thread = self._newest(lambda m: bool(m.get("thread_ts")))["thread_ts"]
                await self._server.says(rest, by=self._me, thread=thread)
            case "help" | "":
                self._write(HELP)
            case _:
                await self._server.says(f"<@{BOT_USER}> {line}", by=self._me)

    async def _click(self, action: str) -> None:
        name = f"ops_{action}"
        message = self._newest(lambda m: name in buttons(m))
        done = await self._server.clicks(message, name, by=self._me)
        if self._server.workspace.views and action in ("edit", "deny"):
            self._write(f"a form is open: {self._server.workspace.views[-1]['title']['text']}")
        self._write(f"(answered in {done.seconds * 1000:.0f} ms)")

    async def _send_form(self, rest: str) -> None:
        pairs = (each.partition("=") for each in rest.split())
        values = {name: value for name, _, value in pairs}
        view = self._server.workspace.views[-1]
        answer = await self._server.submits(view, values, by=self._me)
        if "view" in answer:
            self._server.workspace.views.append(answer["view"])
        self._write(str(answer or "(closed)"))

    def _newest(self, wanted: Callable[[Message], bool]) -> Message:
        messages = reversed(self._server.workspace.messages["C1"])
        return next(message for message in messages if wanted(message))


async def main(port: int) -> None:
    async with slack_server(port) as server:
        for who, name in (("U1", "olga"), ("U2", "anna"), ("U3", "vic")):
            server.workspace.person(who, name)
        print(
            f"AI_SLACK_BOT_TOKEN={BOT_TOKEN} AI_SLACK_APP_TOKEN={APP_TOKEN}"
            f" AI_SLACK_API_URL={server.url}/api/ make run\n\n{HELP}"
        )
        desk = Desk(server, print)
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
    parser.add_argument("--port", type=int, default=8100)
    asyncio.run(main(parser.parse_args().port))
