"""What the rules read, computed once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from jaram.doctor.preflight.statistics import spread_rows
from jaram.network.activations import ActivationFunction, Identity
from jaram.network.frozen import bare
from jaram.network.layer import Layer, Shape
from jaram.network.network import shapes as network_shapes
from jaram.spec import name_of

if TYPE_CHECKING:
    from jaram.data.data import Data
    from jaram.data.kinds import Column
    from jaram.data.prepare import Part, Prepared
    from jaram.data.task import Task
    from jaram.recipe import Recipe

SAMPLE = 5_000
"""Rows that a costly rule looks at. A share is then known to ±1.4 points at worst, and the leak
rule's 1% of wrong rows to ±0.3 points."""

PASSES_ON = frozenset(
    {"dropout", "gaussian_noise", "flatten", "reshape", "batch_norm", "activation", "avg_pool"}
)
"""Layers, by name, that leave a linear network linear (an activation layer: if its function is the
identity)."""


@dataclass(frozen=True)
class Facts:
    """A completed recipe, the prepared data and the data it came from, with what follows from
    them."""

    recipe: Recipe
    prepared: Prepared
    data: Data

    @cached_property
    def task(self) -> Task:
        return self.prepared.task

    @cached_property
    def train(self) -> Part:
        return self.prepared.train

    @cached_property
    def valid(self) -> Part | None:
        part = self.prepared.valid
        return part if part is not None and len(part.y) else None

    @cached_property
    def is_classification(self) -> bool:
        """Whether every example has exactly one class."""
        return self.task.kind in ("binary", "multiclass")

    @cached_property
    def classes(self) -> int:
        """Classes of a classification; 0 otherwise."""
        return len(self.task.classes) if self.is_classification else 0

    @cached_property
    def layers(self) -> tuple[Layer, ...]:
        """The whole network with its output layer, sequences inside it opened up."""
        whole = tuple(self.recipe.network or ())
        if isinstance(self.recipe.output, Layer):
            whole = (*whole, self.recipe.output)
        return _opened(whole)

    @cached_property
    def shapes(self) -> tuple[Shape, ...]:
        """The shape of one example before the first layer and after each.

        Raises RecipeError naming the layer that can't take what the one before it gives.
        """
        return network_shapes(self.layers, self.prepared.input_shape)

    @cached_property
    def outputs(self) -> int:
        """Numbers that the network gives for one example, or for one of its steps if each has an
        answer."""
        return int(self.shapes[-1][-1] if self.task.has_steps else np.prod(self.shapes[-1]))

    @cached_property
    def output_activation(self) -> ActivationFunction:
        """The last function that the outputs go through."""
        for layer in reversed(self.layers):
            if name_of(layer) in ("dropout", "gaussian_noise", "flatten", "reshape"):
                continue
            return activation_of(layer) or Identity()
        return Identity()

    @cached_property
    def sample(self) -> NDArray[np.int64]:
        """Row numbers within the training part, at most SAMPLE of them."""
        return spread_rows(len(self.train.y), SAMPLE)

    @cached_property
    def sample_x(self) -> NDArray[np.float64]:
        """The sampled prepared inputs as one row of numbers each, ``(rows, columns)``."""
        x = self.train.x[self.sample]
        return x.reshape(len(x), -1).astype(float)

    @cached_property
    def numeric_columns(self) -> NDArray[np.int64]:
        """Columns of the prepared inputs that are quantities, not codes of an embedding."""
        width = self.sample_x.shape[1]
        codes = {int(column) for column, _ in self.prepared.preparation.embedded}
        is_text = self.prepared.preparation.kind == "text"
        if is_text or (self.layers and name_of(self.layers[0]) == "embedding"):
            codes = set(range(width))
        return np.array([j for j in range(width) if j not in codes], dtype=np.int64)

    def column_name(self, j: int) -> str:
        """The name of column ``j`` of the prepared inputs."""
        names = self.prepared.feature_names
        return str(names[j]) if names is not None and j < len(names) else f"#{j + 1}"

    @cached_property
    def is_like_an_image(self) -> bool:
        """Whether the inputs are pixels, steps or tokens: grids, text, or many columns on one
        common scale.

        Most pixels share their lowest value (the background) and a tenth of them reach the same
        highest one. 49 is a picture of 7×7; tables with that many columns on one scale are one-hot
        codes or images.
        """
        if len(self.prepared.input_shape) > 1 or self.prepared.preparation.kind == "text":
            return True
        x = self.raw
        if x is None or x.shape[1] < 49:
            return False
        lowest, highest = x.min(axis=0), x.max(axis=0)
        return bool(
            np.mean(lowest == lowest.min()) > 0.75 and np.mean(highest == highest.max()) > 0.1
        )

    @cached_property
    def raw(self) -> NDArray[np.float64] | None:
        """Sampled rows of an array's columns before preparation ``(rows, columns)``; None for a
        table."""
        if self.data.x is None:
            return None
        rows = spread_rows(len(self.data.x), SAMPLE)
        return self.data.x[rows].reshape(len(rows), -1).astype(float)

    @property
    def rows(self) -> int:
        """Rows of the data before it was divided."""
        return len(self.data.y)

    @property
    def input_columns(self) -> tuple[Column, ...]:
        """The columns of the table that was given; empty for arrays."""
        return self.data.columns

    def raw_numbers(self) -> Iterator[tuple[str, NDArray[Any]]]:
        """Name and values ``(n,)`` of each number column before preparation, without copying them.

        Columns of a large table whose memory the preparation took over are left out, rather than
        read again.
        """
        x = self.data.x
        if x is not None and x.ndim == 2:
            for j in range(x.shape[1]):
                yield self.data.feature_names[j], x[:, j]
        elif self.data.table is not None:
            table = self.data.table
            for column in self._features("number"):
                if column.name in table.frame.columns and not column.missing:
                    values = table.frame.get_column(column.name)
                    if values.dtype.is_numeric():
                        yield column.name, values.to_numpy()

    def raw_categories(self) -> Iterator[tuple[str, NDArray[np.int64]]]:
        """Name and level codes of each category column, at the sampled training rows."""
        table = self.data.table
        if table is None:
            return
        rows = self.train.rows[self.sample]
        for column in self._features("category"):
            if column.name in table.frame.columns:
                values = table.frame.get_column(column.name)[rows]
                yield column.name, values.rank("dense").fill_null(0).to_numpy().astype(np.int64)

    def _features(self, kind: str) -> Iterator[Column]:
        for column in self.input_columns:
            if column.kind == kind and column.role == "feature":
                yield column

    @cached_property
    def leak_columns(self) -> tuple[list[str], NDArray[np.float64]]:
        """Names and values ``(rows, columns)`` of what could give the target away, at the sampled
        rows.

        The prepared quantities, and the codes of categories, which one-hot columns show one level
        at a time only.
        """
        names = [self.column_name(int(j)) for j in self.numeric_columns]
        columns = [self.sample_x[:, self.numeric_columns]]
        for name, codes in self.raw_categories():
            names.append(name)
            columns.append(codes[:, None].astype(float))
        return names, np.hstack(columns)


def activation_of(layer: Layer) -> ActivationFunction | None:
    """The function a layer ends with, or None for a layer without one."""
    found = getattr(layer, "activation", None)
    return found if isinstance(found, ActivationFunction) else None


def _opened(layers: tuple[Layer, ...]) -> tuple[Layer, ...]:
    opened: list[Layer] = []
    for layer in map(bare, layers):
        inner = getattr(layer, "layers", None)
        is_sequence = name_of(layer) == "sequential" and isinstance(inner, tuple)
        opened.extend(_opened(inner) if is_sequence and inner else (layer,))
    return tuple(opened)
