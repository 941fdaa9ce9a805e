"""Healthy trainings that mistakes are made in: a set, a network, an update rule (bodies.txt)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sets import data_of

import jaram as jr

SCALES = {"mnist": "minmax", "glyphs": "minmax"}
"""Sets that are not standardised: a pixel that is white in one picture of a thousand
would be huge."""


UNDIVIDED = ("xnor4", "xor4", "parity3")
"""Sets without a validation part: what counts there is the score on the rows themselves."""


@dataclass(frozen=True)
class Body:
    """A healthy training."""

    name: str
    set: str
    hidden: str
    optimizer: str
    batch_size: int
    epochs: int

    @property
    def data(self) -> jr.Data:
        return data_of(self.set)

    def recipe(self, seed: int = 0) -> jr.Recipe:
        return jr.Recipe(
            network=self.hidden,
            optimizer=self.optimizer,
            batch_size=self.batch_size,
            epochs=self.epochs,
            stop=None,
            scale=SCALES.get(self.set, "standard"),
            validation=0.0 if self.set in UNDIVIDED else 0.2,
            seed=seed,
        )


def sections(file: str) -> dict[str, list[list[str]]]:
    """Cells of each line of a table beside this file, by the part it stands under."""
    found: dict[str, list[list[str]]] = {}
    for line in (Path(__file__).parent / file).read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            found[line.strip("[]")] = []
        elif line and not line.startswith("#"):
            found[list(found)[-1]].append([cell.strip() for cell in line.split("|")])
    return found


def _body(cells: list[str]) -> Body:
    name, of, hidden, optimizer, batch, epochs = cells
    return Body(name, of, hidden, optimizer, int(batch), int(epochs))


BODIES = {
    part: {cells[0]: _body(cells) for cells in lines}
    for part, lines in sections("bodies.txt").items()
}
