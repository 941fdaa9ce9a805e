"""What the doctor costs: a treatment against the training it treats, and a watched PyTorch loop."""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from common import (
    Entry,
    Target,
    child_environment,
    in_words,
    judged,
    markdown,
    note,
    race,
    repeats_asked,
    report,
    section,
    table,
)
from peers import Torch, Work, torch_loss, torch_network

LIMIT = 10.0
"""Times its one training that a treatment of a small table network may take."""
SICK = {
    "iris, rate far too high": ("iris", "dense 16 relu", "sgd 30.0", 60, {}),
    "penguins, rate far too low": ("penguins", "dense 32 relu", "sgd 0.00001", 60, {}),
    "digits, deep sigmoid layers": (
        "digits",
        "dense 32 sigmoid, dense 32 sigmoid, dense 32 sigmoid, dense 32 sigmoid",
        "sgd 0.05",
        40,
        {},
    ),
    "breast_cancer, inputs not scaled": (
        "breast_cancer",
        "dense 16 tanh",
        "sgd 0.1",
        60,
        {"scale": "none"},
    ),
    "circles, no hidden layer": ("circles", "", "adam 0.01", 60, {}),
}
"""Set, hidden layers, update rule, epochs, more fields of the recipe."""
WORK = Work(table)


class Watched(Torch):
    """The same PyTorch loop with the watcher of :mod:`jaram.interop.torch`."""

    def train(self, epochs: int) -> None:
        import torch

        from jaram.interop.torch import watch

        model, loss = torch_network(self._work, self._x.shape[1]), torch_loss(self._work)
        rule = torch.optim.Adam(model.parameters(), self._work.learning_rate, fused=self._is_fused)
        with watch(model, rule) as watcher:
            for _ in range(epochs):
                for rows in torch.randperm(len(self._x)).split(self._work.batch):
                    rule.zero_grad()
                    value = loss(model(self._x[rows]), self._y[rows])
                    value.backward()
                    rule.step()
                    watcher.step(value)
                watcher.epoch()
        self._model = model


def once(name: str) -> tuple[float, float, float, str]:
    """Seconds of the training, of a look at it, of its treatment, and what came of it."""
    script = f"""
import sys, time
sys.path.insert(0, {str(Path(__file__).parent)!r})
from doctor_cost import SICK
import jaram as jr
of, hidden, optimizer, epochs, more = SICK[{name!r}]
data = jr.load(of)
recipe = jr.Recipe(network=hidden, optimizer=optimizer, epochs=epochs, stop=None, **more)
marks = [time.perf_counter()]
run = jr.train(recipe, data); marks.append(time.perf_counter())
jr.diagnose(run); marks.append(time.perf_counter())
treatment = jr.treat(run, data); marks.append(time.perf_counter())
print(*(b - a for a, b in zip(marks, marks[1:])), sep="|", end="|")
before, after = (one.metrics["valid/accuracy"] for one in (run, treatment.run))
print(f"{{before:.3f}} → {{after:.3f}}")
"""
    with tempfile.TemporaryDirectory() as cache:
        done = subprocess.run(
            [sys.executable, "-c", script],
            env=child_environment(JARAM_CACHE=cache),
            stdout=subprocess.PIPE,
            text=True,
            check=True,
            cwd=cache,
        )
    training, look, treatment, outcome = done.stdout.strip().split("|")
    return float(training), float(look), float(treatment), outcome


def treatments(repeats: int) -> None:
    rows, ratios = [], []
    for name in SICK:
        found = [once(name) for _ in range(repeats)]
        training, look, treatment = (
            statistics.median(one[place] for one in found)  # type: ignore[type-var]
            for place in range(3)
        )
        ratios.append(treatment / training)
        note(f"{name}: {ratios[-1]:.1f} times its training")
        took = [in_words(seconds) for seconds in (training, look, treatment)]
        rows.append([name, *took, f"{ratios[-1]:.1f}", found[-1][3]])
    section(
        "Treatments",
        "Sick trainings of small tables, each in a fresh process with an empty compilation cache: "
        "the training, `jaram.diagnose` and `jaram.treat` with five seeds (trial, pairs, "
        "confirmation on ten fresh seeds, and the treated training). The accuracy is the "
        "validation part's, of the sick and of the treated run.",
    )
    head = ["sick training", "training", "diagnosis", "treatment", "× its training", "accuracy"]
    print(markdown(head, rows))
    print("\n" + judged("median treatment", statistics.median(ratios), LIMIT, "× its training"))
    print()


if __name__ == "__main__":
    treatments(min(3, repeats_asked(3)))
    report(
        "Watching a PyTorch loop",
        "The table and network of the first section in a plain PyTorch loop, with and without "
        "`jaram.interop.torch.watch`.",
        race(
            [Entry("PyTorch", Torch, (WORK,)), Entry("watched", Watched, (WORK,))], repeats_asked(9)
        ),
        [Target("watched", "PyTorch", 1.03, faster=False)],
        against="PyTorch",
        per="an epoch",
    )
