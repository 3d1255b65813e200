"""Many people who talk to the bot in many channels of a fake Slack, and what became of it."""

import asyncio
import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from time import monotonic

from bot.agents import Ask
from bot.events import ModelReplied
from tests.fakes.model import says
from tests.fakes.slack.server import SlackServer
from tests.fakes.slack.workspace import Message, shown
from tests.slack_kit import APPROVER, ME, OPERATOR

_NUMBER = re.compile(r"#(\d+)")
_THREADS = 2
"""Conversations in each channel."""


def repeats(ask: Ask) -> ModelReplied:
    """A model that answers with the numbers of the messages it was not told of before."""
    told: set[str] = set()
    asked: list[str] = []
    for message in ask.messages:
        numbers = _NUMBER.findall(message.text)
        if message.role == "assistant":
            told.update(numbers)
        elif message.role == "user":
            asked += numbers
    new = dict.fromkeys(number for number in asked if number not in told)
    return says("Answer to " + " ".join(f"#{number}" for number in new))


@dataclass(slots=True)
class Crowd:
    """*channels*: how many; everybody's messages carry a number, in the order of writing."""

    server: SlackServer
    channels: int = 50
    patience: float = 2.0
    """Seconds until Slack delivers again what was not acknowledged; longer each time. (Really it
    is at once, after a minute and after five.)"""
    said: list[tuple[str, Message]] = field(default_factory=list[tuple[str, Message]])
    """Channel and message."""
    acks: list[float] = field(default_factory=list[float])
    """Seconds until each envelope was acknowledged."""
    again: int = 0
    """How often Slack had to deliver a message again, because it was not acknowledged in time."""

    async def talk(self, rate: float, seconds: float) -> None:
        """*rate* messages a second in all, evenly over the channels; each thread begins with a
        mention, the rest are follow-ups without one."""
        self.server.workspace.joined |= {self._channel(n) for n in range(self.channels)}
        began = monotonic()
        async with asyncio.TaskGroup() as tasks:
            for number in range(int(rate * seconds)):
                await asyncio.sleep(began + number / rate - monotonic())
                channel, message = self._write(number)
                tasks.create_task(self._tell(channel, message))

    async def repeat(self, times: int = 1) -> None:
        """Slack delivers everything again."""
        for retry in range(1, times + 1):
            for start in range(0, len(self.said), 50):
                async with asyncio.TaskGroup() as tasks:
                    for channel, message in self.said[start : start + 50]:
                        tasks.create_task(self._tell(channel, message, retry))

    def answered(self) -> Counter[str]:
        """Number of a message → answers that cover it."""
        return Counter(
            number for channel, _ in self._roots() for text in self._answers(channel)
            for number in _NUMBER.findall(text)
        )  # fmt: skip

    def covered(self) -> bool:
        return len(self.answered()) == len(self.said)

    def orders(self) -> Sequence[list[int]]:
        """Of each thread: the numbers as they were answered."""
        threads: dict[tuple[str, str], list[int]] = defaultdict(list)
        for channel, _ in self._roots():
            for message in self.server.workspace.messages[channel]:
                if message.get("bot_id"):
                    numbers = map(int, _NUMBER.findall(shown(message)))
                    threads[channel, message["thread_ts"]] += numbers
        return list(threads.values())

    def _roots(self) -> Sequence[tuple[str, Message]]:
        return self.said[: self.channels]

    def _answers(self, channel: str) -> Sequence[str]:
        return self.server.workspace.texts(channel)

    async def _tell(self, channel: str, message: Message, retry: int = 0) -> None:
        while True:
            try:
                done = await self.server.tell(message, channel, retry)
            except TimeoutError:
                self.again += 1
                retry += 1
                await asyncio.sleep(self.patience * retry)
            else:
                self.acks += [each.seconds for each in done]
                return

    def _write(self, number: int) -> tuple[str, Message]:
        channel, turn = self._channel(number % self.channels), number // self.channels
        by = (OPERATOR, APPROVER)[turn // _THREADS % 2]
        text, thread = f"question #{number}", ""
        if turn < _THREADS:
            text = f"{ME} {text}"
        else:
            _, root = self.said[number % self.channels + turn % _THREADS * self.channels]
            thread = root["ts"]
        message = self.server.write(text, by=by, channel=channel, thread=thread)
        self.said.append((channel, message))
        return channel, message

    def _channel(self, number: int) -> str:
        return f"C{number + 100}"
