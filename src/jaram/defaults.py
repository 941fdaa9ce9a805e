"""Sensible defaults: what a recipe does not say, chosen from the data, with the reason."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

import numpy as np

from jaram.augmentation import Augmentation, RandomRotation, RandomShift, RandomZoom
from jaram.data.prepare import Prepared
from jaram.data.task import Task
from jaram.data.windows import Forecast
from jaram.errors import RecipeError
from jaram.messages import Language, text
from jaram.network.activation import Activation
from jaram.network.activations import GELU, ActivationFunction, ReLU
from jaram.network.anchoring import Anchored
from jaram.network.composition import Sequential
from jaram.network.convolution import Conv
from jaram.network.dense import Dense
from jaram.network.embedding import EmbedCategories, Embedding
from jaram.network.frozen import bare
from jaram.network.layer import Layer, Shape
from jaram.network.masking import Masking
from jaram.network.network import Network, shapes
from jaram.network.ngrams import NGramEmbedding
from jaram.network.normalization import BatchNorm
from jaram.network.pooling import GlobalAvgPool, MaxPool
from jaram.network.ready import char_lm, series_cnn, tagger
from jaram.network.regularization import Dropout, GaussianNoise
from jaram.network.shape import Flatten
from jaram.objective.losses import Loss
from jaram.objective.monitors import default_monitor, monitors
from jaram.objective.penalties import L2
from jaram.objective.stopping import EarlyStopping
from jaram.objective.table import default_loss, default_output
from jaram.optimizer.averaging import ExponentialAverage
from jaram.optimizer.clipping import ClipNorm
from jaram.optimizer.optimizers import Adam
from jaram.recipe import Recipe
from jaram.spec import name_of, registered, words
from jaram.training.beginning import beginning_told, kept_rates, with_beginning


@dataclasses.dataclass(frozen=True)
class Choice:
    """Something that was not said and was chosen: which field, what, and why (a key of the
    catalogue)."""

    field: str
    value: str
    key: str
    values: dict[str, Any]

    def reason(self, lang: Language | None = None) -> str:
        """Why, in one sentence."""
        return text(self.key, lang=lang, **self.values)

    def to_json(self) -> dict[str, Any]:
        return dataclasses.asdict(self)

    @classmethod
    def from_json(cls, table: dict[str, Any]) -> Choice:
        return cls(
            str(table["field"]), str(table["value"]), str(table["key"]), dict(table["values"])
        )


def complete(recipe: Recipe, prepared: Prepared) -> tuple[Recipe, tuple[Choice, ...]]:
    """The recipe with everything said: ``network`` whole, ``output`` None, and what was chosen.

    Raises RecipeError for a network that can't take the data's examples, for a monitor that the
    task does not have, and for layer rates that are not as many as the layers.
    """
    examples, task, loss = len(prepared.train.x), prepared.task, recipe.loss
    choices: list[Choice] = []

    def choose(field: str, value: Any, key: str, **values: Any) -> Any:
        shown = ", ".join(map(words, value)) if isinstance(value, tuple) else words(value)
        choices.append(Choice(field, shown, f"recipe.{key}", values))
        return value

    changes: dict[str, Any] = {}
    hidden, given_output = with_beginning(recipe, prepared), recipe.output
    kind = prepared.preparation.kind
    if hidden is None:
        anchored = anchored_network(prepared) if given_output == "auto" else None
        given_output = None if anchored else given_output
        hidden = choose(
            "network",
            anchored or default_hidden(prepared),
            "chose_network_trend" if anchored else _network_reason(prepared),
            examples=examples,
            inputs=prepared.input_shape[-1] - prepared.preparation.is_padded,
        )
    hidden = (*first_layers(hidden, prepared), *hidden)
    if recipe.augment == "auto":
        changes["augment"] = ()
        if recipe.network is None and kind == "pictures":
            changes["augment"] = choose("augment", default_augmentations(), "chose_augment")
    elif recipe.augment and len(prepared.input_shape) != 3:
        raise RecipeError(
            "network.not_picture",
            augmentation=words(recipe.augment[0]),
            shape=prepared.input_shape,
        )
    if given_output is None:
        network = hidden
        if loss is None:
            loss = choose(
                "loss", _loss_for(network, prepared), "chose_loss_by_output", task=task.kind
            )
    else:
        output = given_output
        if not isinstance(output, Layer):
            flat = hidden if task.has_steps else _flattened(hidden, prepared.input_shape)
            output = default_output(task, loss)
            choices.append(
                Choice("output", words(output), "recipe.chose_output", {"task": task.kind})
            )
            hidden = flat
        network = (*hidden, output)
        if loss is None:
            loss = choose("loss", default_loss(task.kind), "chose_loss", task=task.kind)
    changes |= {"network": network, "output": None, "loss": loss}
    if recipe.begin is not None and prepared.origin is not None:
        begin = dataclasses.replace(recipe.begin, weights=prepared.origin.fingerprint)
        changes["begin"] = begin
        told = beginning_told(begin, network)
        choices.append(Choice("begin", begin.run or "trained_layers", "recipe.began", told))
        if not recipe.layer_rates and told["kept"]:
            rates = kept_rates(begin, network)
            changes["layer_rates"] = choose("layer_rates", rates, "chose_layer_rates")
    # Somebody's own network is trained as it stands.
    is_plain = recipe.network is not None or recipe.begin is not None
    if recipe.optimizer is None:
        optimizer = Adam(default_rate(recipe, prepared))
        changes["optimizer"] = choose("optimizer", optimizer, "chose_optimizer")
    if recipe.penalties is None:
        changes["penalties"] = ()
        # What comes rarely, Adam would forget; and what is right for rows drowns small steps.
        if not is_plain and kind != "text" and not task.has_steps:
            penalty = L2(penalty_strength(prepared))
            changes["penalties"] = (choose("penalties", penalty, "chose_penalty"),)
    if recipe.clip is None and not is_plain and task.has_steps:
        changes["clip"] = choose("clip", ClipNorm(1.0), "chose_clip")
    if recipe.averaging == "auto":
        changes["averaging"] = None
        if not is_plain:
            average = ExponentialAverage(0.99)
            changes["averaging"] = choose("averaging", average, "chose_averaging")
    if recipe.batch_size is None:
        size = default_batch_size(examples)
        changes["batch_size"] = choose("batch_size", size, "chose_batch_size", examples=examples)
    batch: Any = changes.get("batch_size", recipe.batch_size)
    if recipe.epochs is None:
        steps = 1 if batch == "full" else -(-examples // int(batch))
        changes["epochs"] = choose("epochs", default_epochs(steps), "chose_epochs", steps=steps)
    if recipe.stop == "auto":
        epochs: Any = changes.get("epochs", recipe.epochs)
        patience = max(10, epochs // 5)
        stop = EarlyStopping(patience, default_monitor(task, loss))  # type: ignore[arg-type]
        has_valid = prepared.valid is not None and len(prepared.valid.x) > 0
        changes["stop"] = (
            choose("stop", stop, "chose_stop", patience=patience) if has_valid else None
        )
    completed = dataclasses.replace(recipe, **changes)
    _require_agreement(completed, prepared.task)
    return completed, tuple(choices)


def default_rate(recipe: Recipe, prepared: Prepared) -> float:
    """Adam's learning rate: larger where a new head has to keep up with layers that know much, and
    where most rows of an embedding come rarely."""
    if recipe.begin is not None:
        return 1e-2
    if recipe.network is not None:
        return 1e-3
    if prepared.task.kind == "language":
        return 5e-3
    return 3e-3 if prepared.preparation.kind == "text" else 2e-3


def _require_agreement(completed: Recipe, task: Task) -> None:
    """Raise RecipeError where one field asks for what the others do not have."""
    stop, layers = completed.stop, len(completed.network or ())
    if isinstance(stop, EarlyStopping) and stop.monitor not in monitors(task):
        raise RecipeError(
            "recipe.no_such_monitor",
            monitor=stop.monitor,
            task=task.kind,
            known=", ".join(monitors(task)),
        )
    if completed.layer_rates and len(completed.layer_rates) != layers:
        raise RecipeError(
            "recipe.layer_rates",
            got=len(completed.layer_rates),
            layers=layers,
            network=", ".join(words(layer) for layer in completed.network or ()),
        )


def _network_reason(prepared: Prepared) -> str:
    """The key of why :func:`default_hidden` is what it is."""
    kind = prepared.preparation.kind
    if prepared.task.kind == "regression" and isinstance(prepared.preparation.intake, Forecast):
        return "chose_network_forecast"
    if prepared.task.has_steps:
        return f"chose_network_{prepared.task.kind}"
    return "chose_network" if kind == "table" else f"chose_network_{kind}"


def default_hidden(prepared: Prepared) -> Network:
    """The network for what an example is: a row of a table, a picture, a series or a text."""
    if prepared.task.kind == "regression" and isinstance(prepared.preparation.intake, Forecast):
        return forecast_network()
    if prepared.task.has_steps:
        return char_lm() if prepared.task.kind == "language" else tagger()
    by_kind = {"table": table_network, "pictures": picture_network, "text": text_network}
    kind = prepared.preparation.kind
    return series_cnn() if kind == "series" else by_kind[kind](prepared)


def table_network(prepared: Prepared) -> Network:
    """Noise on the inputs, then two hidden layers of GELU; wider where examples can fix more
    weights.

    Of the nets, rates and penalties tried by 10-fold on iris, wine, breast_cancer, digits and
    diabetes (benchmarks/defaults.py), this was the one simple choice that was near the best on
    each.
    """
    width = 64 if len(prepared.train.x) < 5000 else 128
    hidden = (Dense(width, GELU()), Dense(width // 2, GELU()))
    noise = input_noise(len(prepared.train.x))
    is_flat = len(prepared.input_shape) == 1
    return (GaussianNoise(noise), *hidden) if noise and is_flat else hidden


SMALLEST_PICTURE = 4
"""Pooling halves a picture while it is larger than this."""


def picture_network(prepared: Prepared) -> Network:
    """Pairs of 3×3 convolutions with batch normalisation between poolings, twice as many filters
    after each, then a dense layer with dropout; pictures above 64 pixels start with a stride.

    Where there are more than 16 × 16 places half as many filters do a quarter of the work.
    """
    side = min(prepared.input_shape[:2])
    filters = 16 if 16 < side <= 64 else 32
    layers: list[Layer] = []
    if side > 64:
        layers += [Conv(filters, 7, stride=4, bias=False), BatchNorm(), Activation(ReLU())]
        side = -(-side // 4)
    while side > SMALLEST_PICTURE and filters <= 128:
        for _ in range(2):
            layers += [Conv(filters, 3, bias=False), BatchNorm(), Activation(ReLU())]
        layers.append(MaxPool(2))
        side, filters = side // 2, 2 * filters
    return (*layers, Dropout(0.25), Flatten(), Dense(128, ReLU()), Dropout(0.5))


MOST_BUCKETS = 1 << 18
LEAST_UNITS, MOST_UNITS = 8, 32


def text_network(prepared: Prepared) -> Network:
    """The mean of the vectors of all runs of one to three units, of up to six letters of Hangul
    (fastText, Joulin et al., 2017): as wide as there are classes, from 8 to 32.

    On three tenths of 20,000 Korean film reviews, each foretold from the other 18,000, it was right
    on 83.8% by characters, as often as a logistic regression over tf-idf of the same runs, on 83.3%
    by letters, and on 84.3% by the mean of both; on 5,000 of other films on 83.0%. Vectors of 32
    units in half as many buckets came to 83.5%, convolutions above those of runs of two (Kim,
    2014) to 82.1%. On the 1,200 reviews that ship with Jaram narrow and wide were right on 74% (six
    divisions of the rows).
    """
    text = prepared.preparation.text
    assert text is not None
    # There are no more runs of one length than units.
    seen = int(np.count_nonzero(prepared.train.x[:]))
    buckets = min(MOST_BUCKETS, 1 << max(8, math.ceil(math.log2(seen))))
    units = min(MOST_UNITS, max(LEAST_UNITS, len(prepared.task.classes)))
    longest = 6 if text.vocabulary.kind == "jamo" else 3
    runs = NGramEmbedding(text.vocabulary.size, units, buckets, longest)
    return (runs, GlobalAvgPool(), Dropout(0.3))


def forecast_network() -> Network:
    """One hidden layer over the whole window: with a few hundred windows no recurrent network does
    better."""
    return (Flatten(), Dense(64, GELU()))


TREND = 0.5
"""From this share of a series that a straight line explains on, its forecasts are anchored."""


def anchored_network(prepared: Prepared) -> Network | None:
    """The forecast network, output layer included, anchored at the last season or value; None
    unless the series has a trend.

    What comes then lies outside what was trained on: a network that sees the level foretold the air
    passengers with twice the error. Where a level comes back (temperatures, sunspots) it is worth
    knowing, and the anchored network was worse by 2 to 10 percent. The answers must be scaled
    as the windows are, and the windows lie in memory.
    """
    preparation, task = prepared.preparation, prepared.task
    intake = preparation.intake
    windows = prepared.train.x
    if not isinstance(intake, Forecast) or task.kind != "regression":
        return None
    if not isinstance(windows, np.ndarray):
        return None
    channel = intake.channels.index(intake.target)
    scaling = {(preparation.center[channel], preparation.scale[channel])}
    coding = preparation.coding
    if set(zip(coding.center, coding.scale, strict=True)) != scaling:
        return None
    if intake.trend(windows[np.argsort(prepared.train.rows)]) < TREND:
        return None
    inside = Sequential((*forecast_network(), default_output(task)))
    season = intake.nearer_season(windows, prepared.train.y)
    return (Anchored(inside, season, channel),)


def default_augmentations() -> tuple[Augmentation, ...]:
    """Small changes that leave every kind of picture what it is: no flips, since a digit or a
    letter would become another."""
    return (RandomShift(0.08), RandomRotation(10.0), RandomZoom(0.1))


def first_layers(hidden: Network, prepared: Prepared) -> Network:
    """What must stand before somebody's layers for such inputs, if it does not: embeddings of
    categories or of a text's units, and the mask of padded series."""
    preparation = prepared.preparation
    if preparation.embedded and not _has(hidden, "embed_categories"):
        return (EmbedCategories(preparation.embedded),)
    reads_text = _has(hidden, "embedding") or _has(hidden, "ngram_embedding")
    if preparation.text is not None and not reads_text:
        size = preparation.text.vocabulary.size
        return (Embedding(size, EMBEDDED_UNITS, mask_zero=True),)
    if preparation.tokens is not None and not _has(hidden, "embedding"):
        return (Embedding(preparation.tokens.size, EMBEDDED_UNITS),)
    if preparation.is_padded and not _has(hidden, "masking"):
        return (Masking(),)
    return ()


EMBEDDED_UNITS = 64


def input_noise(examples: int) -> float:
    """Deviation of the noise on standardised inputs: less with more examples, 0 from 54,000 on."""
    noise = 0.3 * min(1.0, (1500 / examples) ** 0.5)
    return round(noise, 3) if noise >= 0.05 else 0.0


def penalty_strength(prepared: Prepared) -> float:
    """L2 as a Gaussian prior on each weight: its strength falls as 1 / examples.

    A regression's squared error in units of the target's variance is worth about two
    log-likelihoods. Series have a tenth of it: behind batch normalisation the size of a weight
    changes no output (van Laarhoven, 2017), so that most of the penalty only held back the learning
    of short sets (29 training series of ArrowHead: 55% right at full strength, 73% at a tenth).
    """
    prior = 10.0 if prepared.task.kind == "regression" else 5.0
    preparation = prepared.preparation
    if preparation.kind == "series" and not isinstance(preparation.intake, Forecast):
        prior /= 10
    return float(f"{min(0.1, prior / len(prepared.train.x)):.2g}")


def default_batch_size(examples: int) -> int:
    """A power of two that makes about a hundred steps an epoch, between 16 and 512 examples."""
    return min(examples, 512, max(16, 1 << max(0, round(math.log2(examples / 100)))))


def default_epochs(steps_per_epoch: int) -> int:
    """Enough for about 5,000 steps, between 20 and 200 epochs; early stopping cuts it short."""
    return int(min(200, max(20, 5000 // steps_per_epoch)))


def _flattened(hidden: Network, input_shape: Shape) -> Network:
    """The hidden layers, with a Flatten where the output layer would meet more than one axis."""
    if len(shapes(hidden, input_shape)[-1]) <= 1:
        return hidden
    return (*hidden, Flatten())


def _loss_for(network: Network, prepared: Prepared) -> Loss:
    """The task's loss that pairs with the network's own output activation, else the task's
    default."""
    activation = getattr(network[-1], "activation", None) if network else None
    default = default_loss(prepared.task.kind)
    if isinstance(activation, ActivationFunction) and name_of(activation) != default.pairs_with:
        for loss in registered("loss").values():
            if (
                prepared.task.kind in loss.tasks  # type: ignore[attr-defined]
                and loss.pairs_with == name_of(activation)  # type: ignore[attr-defined]
            ):
                return loss()  # type: ignore[no-any-return]
        if name_of(activation) == "softmax" and prepared.task.kind == "binary":
            return default_loss("multiclass")
    return default


def _has(network: Network, name: str) -> bool:
    """Whether a layer of this name is in the network, not looking into layers made of layers."""
    return any(name_of(bare(layer)) == name for layer in network)
