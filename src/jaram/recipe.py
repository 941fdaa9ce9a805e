"""The recipe: everything that defines a training, as one value.

A recipe is a specification like its parts, so its floats and its seed are knobs: recipes of equal
structure stack into a population (:mod:`jaram.training`). What a recipe leaves at None is chosen
from the data by :func:`jaram.defaults.complete`.
"""

from __future__ import annotations

import tomllib
import typing
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Literal

import pydantic
import tomli_w
from pydantic import BeforeValidator

from jaram.augmentation import Augmentation
from jaram.begin import TrainedLayers
from jaram.errors import RecipeError
from jaram.network.layer import Layer, LayersField
from jaram.network.ready import READY
from jaram.objective.losses import Loss
from jaram.objective.penalties import Penalty
from jaram.objective.stopping import EarlyStopping
from jaram.optimizer.averaging import Averaging
from jaram.optimizer.clipping import Clipping
from jaram.optimizer.optimizers import Optimizer
from jaram.optimizer.schedules import Schedule
from jaram.spec import (
    STATIC,
    Count,
    NonNegative,
    Seed,
    describe,
    parse,
    parser,
    spec,
)
from jaram.toml_position import position

Auto = Literal["auto"]


def _unless_auto(family: str) -> BeforeValidator:
    return BeforeValidator(lambda value: value if value == "auto" else parse(family, value))


def _network(value: object) -> object:
    """A network from layers, from their tables, or from words with commas between layers, of which
    one may name a whole network (:data:`jaram.network.ready.READY`)."""
    if not isinstance(value, str):
        return value
    if value.strip() == "none":
        return None
    parts = (READY[part]() if part in READY else (part,) for part in split_words(value))
    return tuple(layer for part in parts for layer in part)


def split_words(line: str) -> list[str]:
    """``"dense 64 relu, dropout 0.2"`` at its commas, but not at those inside brackets."""
    parts, depth = [""], 0
    for letter in line:
        depth += (letter in "([") - (letter in ")]")
        if letter == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += letter
    return [part.strip() for part in parts if part.strip()]


def _augment(value: object) -> object:
    """Augmentations from their specifications, tables, or words with commas between them."""
    if value in ("auto", "none"):
        return "auto" if value == "auto" else ()
    parts = split_words(value) if isinstance(value, str) else value
    return tuple(parse("augmentation", one) for one in typing.cast("Iterable[object]", parts))


StaticShare = Annotated[float, STATIC, pydantic.Field(ge=0.0, lt=1.0)]
Epochs = Annotated[int, pydantic.Field(ge=1, le=10_000_000, strict=True)]
ClassWeight = tuple[tuple[str, Annotated[float, STATIC, pydantic.Field(ge=0.0)]], ...]


def _class_weight(value: object) -> object:
    if isinstance(value, dict):
        return tuple((str(label), weight) for label, weight in value.items())
    return None if value == "none" else value


@spec(family="recipe", name="recipe")
class Recipe:
    """Everything that defines a training.

    network: the layers, without the output layer unless ``output`` is None. None: chosen.
    output: the last layer; ``"auto"`` infers it from the target; None says that ``network`` holds
        it.
    loss: what is minimised; None infers it from the target and the output.
    optimizer, schedule, clip: the update rule, the factor on its learning rate over time, the limit
    on
        its gradients.
    penalties: what is added to the loss or done to the weights (L1, L2, max-norm); None: none,
    unless the
        network is chosen too.
    averaging: weights averaged over steps, used for evaluation and prediction; ``"auto"``: none,
    unless
        the network is chosen too.
    layer_rates: one factor on the updates of each layer, output layer included; empty: all 1.
    augment: random changes of the pictures that are trained on (:mod:`jaram.augmentation`);
        ``"auto"``: none, unless the network is chosen too.
    batch_size: examples a step; ``"full"`` takes the whole training part. None: chosen.
    epochs: passes over the training part at most. None: chosen.
    stop: early stopping; ``"auto"`` chooses its patience; None trains all epochs.
    shuffle: whether each epoch takes the examples in a new order.
    scale, categories, scale_target: preparation of inputs and target (:mod:`jaram.data`).
    class_weight: ``"balanced"``, or a table label → weight.
    validation, test: shares of the rows set aside, if the data does not bring these parts itself.
    split, split_seed: how they are drawn. order_seed: the order of minibatches, which members
    share.
    seed: a knob: initial weights and everything random inside the network.
    bootstrap: a knob: the seed of as many training rows drawn with replacement; a row counts in the
        loss as often as it was drawn. None: every row once.
    begin: the trained network whose first layers ``network`` begins with; None: all weights are
        drawn.
    """

    network: Annotated[LayersField | None, BeforeValidator(_network)] = None
    output: Annotated[Auto | Layer | None, _unless_auto("layer")] = "auto"
    loss: Annotated[Loss | None, parser("loss")] = None
    optimizer: Annotated[Optimizer | None, parser("optimizer")] = None
    schedule: Annotated[Schedule | None, parser("schedule")] = None
    clip: Annotated[Clipping | None, parser("clipping")] = None
    penalties: Annotated[
        tuple[Annotated[Penalty, parser("penalty")], ...] | None,
        BeforeValidator(lambda v: None if v == "none" else v),
    ] = None
    averaging: Annotated[Auto | Averaging | None, _unless_auto("averaging")] = "auto"
    layer_rates: tuple[NonNegative, ...] = ()
    augment: Annotated[Auto | tuple[Augmentation, ...], BeforeValidator(_augment)] = "auto"
    batch_size: Annotated[
        Count | Literal["full"] | None, BeforeValidator(lambda v: None if v == "none" else v)
    ] = None
    epochs: Annotated[Epochs | None, BeforeValidator(lambda v: None if v == "none" else v)] = None
    stop: Annotated[Auto | EarlyStopping | None, _unless_auto("stopping")] = "auto"
    shuffle: bool = True
    scale: Literal["standard", "minmax", "robust", "none"] = "standard"
    scale_target: bool = True
    categories: Literal["onehot", "embed"] = "onehot"
    class_weight: Annotated[
        Literal["balanced"] | ClassWeight | None, BeforeValidator(_class_weight)
    ] = None
    validation: StaticShare = 0.2
    test: StaticShare = 0.0
    split: Literal["auto", "stratified", "random", "group", "time", "ordered"] = "auto"
    split_seed: Annotated[int, pydantic.Field(ge=0)] = 0
    order_seed: Annotated[int, pydantic.Field(ge=0)] = 0
    seed: Seed = 0
    bootstrap: Seed | None = None
    begin: Annotated[TrainedLayers | None, parser("begin")] = None

    def to_toml(self) -> str:
        """The recipe as TOML; fields at their default are left out."""
        table = describe(self)
        del table["type"]
        return tomli_w.dumps({"recipe": table})

    @staticmethod
    def from_toml(source: str, where: str = "recipe") -> Recipe:
        """The recipe that :meth:`to_toml` or a person wrote.

        ``where`` names the source in errors. Raises :class:`~jaram.errors.RecipeError` for text
        that is not TOML or does not describe a recipe, with line and column.
        """
        try:
            table = tomllib.loads(source)
        except tomllib.TOMLDecodeError as error:
            raise RecipeError("recipe.not_toml", where=where, detail=str(error)) from None
        fields = table.get("recipe", table)
        if not isinstance(fields, dict):
            raise RecipeError("recipe.not_a_table", where=where)
        try:
            return Recipe(**fields)
        except RecipeError as error:
            if (place := position(source, error)) is not None:
                where = f"{where}:{place[0]}:{place[1]}"
            raise RecipeError("recipe.in_file", where=where, problem=str(error)) from None

    @staticmethod
    def read(path: str | Path) -> Recipe:
        """The recipe in a TOML file; raises RecipeError naming the file."""
        return Recipe.from_toml(text_of(path), str(path))


def text_of(path: str | Path) -> str:
    """The text of a recipe file; raises RecipeError naming a file that can't be read."""
    try:
        return Path(path).read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        detail = getattr(error, "strerror", None) or "not UTF-8 text"
        raise RecipeError("recipe.unreadable", where=str(path), detail=detail) from None
