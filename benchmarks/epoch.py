"""Time of an epoch of a small network on a small table, one model: Jaram and everybody else."""

from __future__ import annotations

from common import JUDGED_AFTER, Entry, Target, race, repeats_asked, report, table
from peers import (
    BareScan,
    Jaram,
    Keras,
    Lightning,
    ScikitLearn,
    Skorch,
    Torch,
    TorchLoader,
    Work,
)

WORK = Work(table)
SHORT, LONG = {"short": 12, "long": 62}, {"short": 400, "long": 500}
ENTRIES = [
    Entry("Jaram", Jaram, (WORK,), **LONG),
    Entry("Jaram, short training", Jaram, (WORK,), **SHORT),
    Entry("Jaram, default split", Jaram, (WORK, 0.2), **LONG),
    Entry("bare JAX scan", BareScan, (WORK,), **LONG),
    Entry("PyTorch loop", Torch, (WORK,)),
    Entry("PyTorch loop, DataLoader", TorchLoader, (WORK,)),
    Entry("scikit-learn", ScikitLearn, (WORK,)),
    Entry("skorch", Skorch, (WORK,)),
    Entry("Lightning", Lightning, (WORK,)),
    Entry("Keras on JAX", Keras, (WORK,)),
]
TARGETS = [
    Target("Jaram", "PyTorch loop", 10),
    Target("Jaram, short training", "PyTorch loop", 10),
    Target("Jaram", "scikit-learn", 6),
    Target("Jaram", "bare JAX scan", 1.1, faster=False),
]

if __name__ == "__main__":
    report(
        "One epoch of a small table",
        "10,000 rows × 20 columns, two classes, network 20-64-32-1 with ReLU, Adam, minibatches "
        "of 32. Seconds an epoch after compilation. Jaram as delivered: it also evaluates every "
        "epoch, takes vital signs, keeps history and the best weights; the rivals only train. "
        "A training that is expected to last under 2 s (here below 280 epochs) is compiled quickly "
        "rather than well: that is the short training. "
        "With the default split Jaram trains on 8,000 rows and evaluates 2,000 more each epoch. "
        f"The accuracy is that on the training rows after {JUDGED_AFTER} epochs.",
        race(ENTRIES, repeats_asked(7)),
        TARGETS,
        against="Jaram",
        per="an epoch",
    )
