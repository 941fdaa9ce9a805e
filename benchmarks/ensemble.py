"""Ten networks against one: what a team costs, and what it gains."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from common import (
    Target,
    Timed,
    child_environment,
    in_turn,
    in_words,
    markdown,
    note,
    repeats_asked,
    report,
    section,
    table,
    write_table,
)

SIZE = 10
SETS = {"iris": None, "wine": None, "breast_cancer": None, "digits": None, "penguins": "species"}
SPLITS = 5
ENOUGH = 4
ONE, TEAM = "one network", f"a team of {SIZE}"
WARM = ", warm cache"


def once(size: int, source: Path, out: Path, cache: Path) -> float:
    """Seconds from launch to exit of one ``jaram train``."""
    options = {"--target": "y", "--network": "dense 64 relu, dense 32 relu", "--epochs": "10"}
    options |= {"--batch-size": "32", "--out": str(out)} | (
        {"--ensemble": str(size)} if size > 1 else {}
    )
    command = [sys.executable, "-m", "jaram", "train", str(source), "--quiet"]
    command += [word for pair in options.items() for word in pair]
    environment = child_environment(JARAM_CACHE=str(cache))
    environment.pop("JAX_COMPILATION_CACHE_DIR", None)
    started = time.perf_counter()
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)} failed:\n{done.stderr}")
    return time.perf_counter() - started


def cost(repeats: int) -> list[Timed]:
    """Whole trainings of one and of ten, with an empty cache and with a warm one."""
    names = [ONE, TEAM, ONE + WARM, TEAM + WARM]
    seconds: dict[str, list[float]] = {name: [] for name in names}
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        source = folder / "table.csv"
        write_table(source, *table())
        for count in range(2):
            once((1, SIZE)[count], source, folder / f"first{count}", folder / "warm")
        for count, index in enumerate(in_turn(len(names), repeats)):
            name = names[index]
            cache = folder / ("warm" if name.endswith(WARM) else f"cold{count}")
            size = SIZE if name.startswith(TEAM) else 1
            seconds[name].append(once(size, source, folder / f"out{count}", cache))
            note(f"{name}: {in_words(seconds[name][-1])}")
    return [Timed(name, "", taken) for name, taken in seconds.items()]


def gain(name: str) -> dict[str, float]:
    """Log loss on test parts, the mean over splits, of members and of teams of them."""
    import jaram as jr

    losses: dict[str, list[float]] = {}
    for split in range(SPLITS):
        recipe = jr.Recipe(
            network=(jr.Dense(64, "relu"), jr.Dense(32, "relu")),
            optimizer=jr.Adam(learning_rate=0.01),
            penalties=(),
            averaging=None,
            batch_size=32,
            epochs=100,
            stop=jr.EarlyStopping(),
            test=0.3,
            split_seed=split,
        )
        team = jr.Ensemble.trained(recipe, jr.load(name, SETS[name]), size=SIZE)
        for who, value in measured(team).items():
            losses.setdefault(who, []).append(value)
    return {who: float(np.mean(values)) for who, values in losses.items()}


def measured(team: Any) -> dict[str, float]:
    """Log loss on the test part by who answers."""
    import jaram as jr

    soft, valid = team.gain, [member.metrics["valid/log_loss"] for member in team.members]
    return {
        "a member, on average": soft.mean("log_loss"),
        "best by validation": soft.members[int(np.argmin(valid))]["log_loss"],
        "best, seen afterwards": soft.best("log_loss"),
        "team": soft.team["log_loss"],
        "weighted team": jr.Ensemble(team.members, "weighted").gain.team["log_loss"],
        "greedy team": jr.Ensemble.chosen(team.members, SIZE).gain.team["log_loss"],
    }


def compare() -> None:
    """Print the second section."""
    found = {}
    for name in SETS:
        found[name] = gain(name)
        note(f"{name}: {found[name]}")
    people = list(next(iter(found.values())))
    section(
        "What a team gains",
        f"Log loss on the test part (30%) of {SIZE} networks `dense 64 relu, dense 32 relu` from "
        "as many seeds, trained until early stopping without a penalty, and of teams of them: the "
        f"mean over {SPLITS} splits of the data. The best seen afterwards is picked on the test "
        "part itself, as nobody can; the best by validation is who would be taken without a team.",
    )
    rows = [[name, *(f"{losses[who]:.4f}" for who in people)] for name, losses in found.items()]
    print(markdown(["set", *people], rows), "\n")
    for rival in ("best by validation", "best, seen afterwards"):
        won = sum(losses["team"] < losses[rival] for losses in found.values())
        kept = "met" if won >= ENOUGH else "**missed**"
        print(f"- team better than the {rival}: {won} of {len(found)} sets of {ENOUGH}, {kept}")
    print()


if __name__ == "__main__":
    report(
        "What a team costs",
        '`jaram train table.csv --target y --network "dense 64 relu, dense 32 relu" --batch-size '
        f"32 --epochs 10`, without and with `--ensemble {SIZE}`, on the table of the first section "
        "as CSV, from launch to exit: compilation, evaluation, and a report for every member "
        "included. *Warm cache*: the programs were compiled before on this machine.",
        cost(repeats_asked(5)),
        [
            Target(TEAM, ONE, 2.0, faster=False),
            Target(TEAM + WARM, ONE + WARM, 2.0, faster=False),
        ],
        against=ONE,
        per="process",
    )
    compare()
