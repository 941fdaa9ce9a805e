"""Memory of one process over 300 trainings."""

from __future__ import annotations

import gc
from pathlib import Path

from common import judged, markdown, note, repeats_asked, section, table

EVERY = 50
SLACK_MIB = 10.0
"""What the last two thirds of the trainings may add; the allocator breathes by a few MiB."""


def resident() -> float:
    """This process's resident memory in MiB."""
    gc.collect()
    status = Path("/proc/self/status").read_text(encoding="ascii")
    line = next(line for line in status.splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1]) / 1024


def trainings(count: int, are_alike: bool) -> list[float]:
    """Resident memory at the start and after every ``EVERY``-th of ``count`` trainings.

    are_alike: whether all share one structure, or each has a width of its own and is compiled anew.
    """
    import jaram as jr

    data = jr.Data(*table(500))
    found = []
    for index in range(count + 1):
        if index % EVERY == 0:
            found.append(resident())
            note(f"{index} trainings: {found[-1]:.0f} MiB")
        width = 16 if are_alike else 16 + index
        rate = 10 ** (-2 - index / count)
        jr.train(
            jr.Recipe(
                network=(jr.Dense(width, "relu"),),
                optimizer=jr.Adam(learning_rate=rate),
                epochs=3,
                batch_size=32,
                seed=index,
            ),
            data,
        )
    return found


if __name__ == "__main__":
    count = repeats_asked(300)
    alike = trainings(count, True)
    other = trainings(count // 3, False)
    section(
        "Memory",
        f"Resident memory in MiB of one process that trains {count} times (500 rows, 3 epochs, "
        f"each with its own learning rate and seed), then {count // 3} times with another width "
        "each, which is compiled anew.",
    )
    head = ["trainings", *(str(i * EVERY) for i in range(len(alike)))]
    rows = [["one structure", *(f"{value:.0f}" for value in alike)]]
    rows.append(["another structure each", *(f"{value:.0f}" for value in other)])
    rows[-1] += [""] * (len(head) - len(rows[-1]))
    print(markdown(head, rows))
    grown = alike[-1] - alike[min(2, len(alike) - 1)]
    print("\n" + judged("growth over the last two thirds", grown, SLACK_MIB, "MiB") + "\n")
