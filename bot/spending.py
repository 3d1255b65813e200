"""What a run may use before a person is asked for more."""

from dataclasses import dataclass

from bot.events import BudgetReached
from bot.ledger import Spent
from bot.run import Run
from bot.usage import Usage


@dataclass(frozen=True, slots=True)
class Budget:
    """Of one run, and of all that a person says more in it; every grant adds the same again."""

    steps: int = 25
    calls: int = 40
    seconds: int = 600
    """Of work; waiting for people does not count."""
    tokens: int = 200_000
    patience: float = 600.0
    """Seconds a question to a person stays open."""

    def reached(self, spent: Spent) -> BudgetReached | None:
        """The first budget that is used up."""
        times = 1 + spent.grants
        if spent.steps >= self.steps * times:
            return BudgetReached("steps", self.steps * times)
        if spent.calls >= self.calls * times:
            return BudgetReached("calls", self.calls * times)
        if spent.seconds >= self.seconds * times:
            return BudgetReached("seconds", self.seconds * times)
        if spent.tokens >= self.tokens * times:
            return BudgetReached("tokens", self.tokens * times)
        return None

    def calls_left(self, spent: Spent) -> int:
        return max(0, self.calls * (1 + spent.grants) - spent.calls)


@dataclass(frozen=True, slots=True)
class DayBudget:
    """Tokens of one day, in UTC; 0 for no limit. A grant adds the same again for its run."""

    usage: Usage
    each: int = 0
    """For one person."""
    all: int = 0

    async def reached(self, run: Run) -> BudgetReached | None:
        """Looked up before every question; those under way at that moment may go over it."""
        times = 1 + run.ledger.spent.days
        if self.each and await self.usage.today(run.user.key) >= self.each * times:
            return BudgetReached("day", self.each * times)
        if self.all and await self.usage.today() >= self.all * times:
            return BudgetReached("day_all", self.all * times)
        return None


@dataclass(frozen=True, slots=True)
class Budgets:
    run: Budget
    day: DayBudget

    async def reached(self, run: Run) -> BudgetReached | None:
        return self.run.reached(run.ledger.spent) or await self.day.reached(run)
