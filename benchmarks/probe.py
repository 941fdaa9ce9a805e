"""What the vital signs cost."""

from __future__ import annotations

from common import Entry, Target, race, repeats_asked, report, table
from peers import Jaram, Work

WORK = Work(table)
ENTRIES = [
    Entry("with vital signs", Jaram, (WORK, 0.2, (), True), 400, 700),
    Entry("without", Jaram, (WORK, 0.2, (), False), 400, 700),
    Entry("with vital signs, short training", Jaram, (WORK, 0.2, (), True), 10, 110),
    Entry("without, short training", Jaram, (WORK, 0.2, (), False), 10, 110),
]

if __name__ == "__main__":
    report(
        "Vital signs",
        "The table and network of the first section with the default split, with and without the "
        "probe that takes vital signs of every layer once an epoch.",
        race(ENTRIES, repeats_asked(15)),
        [
            Target("with vital signs", "without", 1.03, faster=False),
            Target(
                "with vital signs, short training", "without, short training", 1.03, faster=False
            ),
        ],
        against="without",
        per="an epoch",
    )
