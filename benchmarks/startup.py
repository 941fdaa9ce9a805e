"""How long it takes until ``jaram`` answers."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

from common import Timed, child_environment, in_turn, judged, repeats_asked, report

COMMANDS = {
    "jaram --help": [str(Path(sys.executable).parent / "jaram"), "--help"],
    "import jaram": [sys.executable, "-c", "import jaram"],
    "bare Python": [sys.executable, "-c", "pass"],
    "import torch": [sys.executable, "-c", "import torch"],
    "import sklearn.neural_network": [sys.executable, "-c", "import sklearn.neural_network"],
    "import jax": [sys.executable, "-c", "import jax"],
}
LIMITS = {"jaram --help": 0.25, "import jaram": 0.15}


def once(command: list[str]) -> float:
    started = time.perf_counter()
    subprocess.run(command, stdout=subprocess.DEVNULL, env=child_environment(), check=True)
    return time.perf_counter() - started


def measure(repeats: int) -> list[Timed]:
    names = list(COMMANDS)
    seconds: dict[str, list[float]] = {name: [] for name in names}
    for index in in_turn(len(names), 1):
        once(COMMANDS[names[index]])
    for index in in_turn(len(names), repeats):
        seconds[names[index]].append(once(COMMANDS[names[index]]))
    return [Timed(name, "", taken) for name, taken in seconds.items()]


if __name__ == "__main__":
    found = measure(repeats_asked(9))
    report("Start", "Whole processes, from launch to exit.", found, per="process")
    for timed in found:
        if timed.name in LIMITS:
            print(judged(timed.name, timed.median, LIMITS[timed.name], "s"))
    print()
