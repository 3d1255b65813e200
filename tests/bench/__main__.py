"""What this project costs, beside a raw durable loop and the client: ``python -m tests.bench``.

Run it by hand, on a quiet machine: ``--quick`` for a look (a minute), ``--profile`` for where the
CPU goes. Rounds are interleaved, each measurement is a process of its own, figures are medians.
Timings fail nothing; the ratio to the raw loop is what repeats.
"""

import argparse
import json
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from bot.config import load
from tests.bench.plan import Measurement, measurements
from tests.bench.report import Results, report

ROOT = Path(__file__).parents[2]
_ROUNDS = 3
_ENOUGH = {False: 260.0, True: 45.0}
"""Seconds, without and with ``--quick``, after which no other measurement begins."""
_PATIENCE = 60.0
"""Seconds one measurement may take; ten times as long when people in Slack are waited for."""


def main() -> None:
    parser = argparse.ArgumentParser(prog="tests.bench", description="What this project costs.")
    parser.add_argument("--quick", action="store_true", help="one short round")
    parser.add_argument("--rounds", type=int, default=_ROUNDS)
    parser.add_argument("--profile", type=int, nargs="?", const=64, metavar="RUNS",
                        help="where the CPU goes with so many runs at once (64)")  # fmt: skip
    given = parser.parse_args()
    data = load().data_dir.resolve()
    data.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix="bench-", dir=data) as directory, fake_ollama() as url:
        if given.profile:
            options = {"seconds": 5.0, "level": float(given.profile)}
            print(measured(Measurement("project", "profile", options), url, directory)["tables"])
        else:
            rounds = 1 if given.quick else given.rounds
            print(report(_all(url, directory, rounds, quick=given.quick)))


@contextmanager
def fake_ollama() -> Generator[str]:
    """A scripted Ollama in a process of its own; its address."""
    words = [sys.executable, "-m", "tests.fakes.ollama", "--port", "0"]
    with subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout
        port = server.stdout.readline().split()[1]
        try:
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()


def _all(url: str, directory: str, rounds: int, *, quick: bool) -> Results:
    results: Results = defaultdict(list)
    enough = time.monotonic() + _ENOUGH[quick]
    for number in range(1, rounds + 1):
        for measurement in measurements(quick=quick):
            if time.monotonic() > enough:
                print(f"time is up in round {number}", file=sys.stderr)
                return results
            print(f"round {number}: {measurement}", file=sys.stderr)
            found = measured(measurement, url, directory)
            if found:
                results[measurement.contender, measurement.name].append(found)
    return results


def measured(measurement: Measurement, url: str, directory: str) -> dict[str, float]:
    """Measure in a process of its own; nothing when that failed, which it says."""
    with TemporaryDirectory(dir=directory) as own:
        words = [measurement.contender, measurement.scenario, url, own]
        options = json.dumps(measurement.options)
        patience = _PATIENCE * (10 if measurement.contender == "slack" else 1)
        try:
            done = subprocess.run(
                [sys.executable, "-m", "tests.bench.worker", *words, options],
                cwd=ROOT, stdout=subprocess.PIPE, text=True, timeout=patience, check=True,
            )  # fmt: skip
        except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
            print(f"{measurement} did not succeed: {error}", file=sys.stderr)
            return {}
    return json.loads(done.stdout.splitlines()[-1])


if __name__ == "__main__":
    main()
