"""The run: a trained network with the evidence of its training."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from jaram.data.data import Data
from jaram.data.preparation import Preparation
from jaram.data.prepare import Part, Prepared
from jaram.data.streamed import Streamed
from jaram.data.task import Task
from jaram.defaults import Choice
from jaram.doctor.finding import Finding
from jaram.errors import DataError, RunError, UsageError
from jaram.network.network import NetworkParams, NetworkState
from jaram.objective.metrics import evaluate
from jaram.recipe import Recipe
from jaram.runs.chronicle import Chronicle
from jaram.training.engine import Ending
from jaram.training.order import probe_rows

if TYPE_CHECKING:
    import polars

    from jaram.doctor.diagnosis import Diagnosis
    from jaram.insight.intervals import Interval
    from jaram.training.outputs import Answers
    from jaram.training.through_time import ThroughTime

AnswersOf = Callable[[str], "Answers"]
"""Answers for the prepared part of a name: :meth:`Run.answers_of`, or one that remembers them."""

MOST_TRAIN_ROWS = 100_000
"""Enough to know an accuracy to ±0.3 points; millions would cost as much as an epoch."""


@dataclass(frozen=True, eq=False, repr=False)
class Run:
    """What training a recipe on data gave.

    recipe: completed, as trained. choices: what was not said and was chosen, with the reasons.
    result: how the training ended. best_epoch: 1-based, the epoch whose weights ``params`` and
        ``network_state`` are; 0 if no epoch was finite.
    findings: what the pre-flight saw. seconds: wall time of the training.
    summary: facts about the data, as in ``data.json``. prepared: the data itself, if the run was
    trained
        in this process. saved_metrics, saved_through_time, saved_diagnosis: of a run that has a
        folder.
    """

    recipe: Recipe
    choices: tuple[Choice, ...]
    task: Task
    preparation: Preparation
    summary: dict[str, Any]
    chronicle: Chronicle
    params: NetworkParams
    network_state: NetworkState
    best_epoch: int
    result: Ending
    findings: tuple[Finding, ...]
    seconds: float
    input_shape: tuple[int, ...]
    folder: Path | None = None
    prepared: Prepared | None = None
    saved_metrics: dict[str, float] | None = None
    saved_through_time: tuple[ThroughTime, ...] | None = None
    saved_diagnosis: Diagnosis | None = None

    def __repr__(self) -> str:
        shown = ", ".join(f"{name}={value:.4g}" for name, value in list(self.metrics.items())[:3])
        return f"Run({self.result}, best epoch {self.best_epoch}, {shown})"

    @cached_property
    def metrics(self) -> dict[str, float]:
        """Metrics of the best epoch's weights, by part and name: ``"valid/accuracy"``.

        Evaluation mode (no dropout), the target's own unit. Each part is evaluated whole, but for a
        training part of more than ``MOST_TRAIN_ROWS`` rows: of that a fixed sample.
        """
        if self.saved_metrics is not None or self.prepared is None:
            return dict(self.saved_metrics or {})
        return self.metrics_from(self.answers_of)

    def metrics_from(self, answers_of: AnswersOf) -> dict[str, float]:
        """The same, measured now from the answers that ``answers_of`` gives."""
        return {
            f"{name}/{metric}": value
            for name, part in self.parts.items()
            for metric, value in self._metrics_of(part, answers_of(name)).items()
        }

    @cached_property
    def diagnosis(self) -> Diagnosis:
        """What is wrong with the training, as far as it is seen without compiling anything more;
        :func:`jaram.diagnose` looks closer."""
        if self.saved_diagnosis is not None:
            return self.saved_diagnosis
        from jaram.doctor.diagnosis import diagnose_at_once

        return diagnose_at_once(self)

    @cached_property
    def parts(self) -> dict[str, Part]:
        """The prepared parts that have rows, by name, as they are measured: of a training part of
        more than ``MOST_TRAIN_ROWS`` rows a sample. None of a run opened from its folder."""
        return {} if self.prepared is None else measured_parts(self.prepared)

    @cached_property
    def history(self) -> polars.DataFrame:
        """One row per epoch: epoch, seconds, learning_rate, and the metrics of each part, NaN where
        the training diverged.

        ``train/…`` is measured after the epoch in evaluation mode, on a fixed sample of the
        training part if that is large; so is ``valid/…`` if it has more than 131,072 rows.
        """
        import polars

        frame = polars.DataFrame(self.chronicle.columns)
        return frame.with_columns(polars.col("epoch").cast(polars.Int64))

    @cached_property
    def vitals(self) -> polars.DataFrame:
        """One row per epoch and layer: the vital signs of
        :data:`jaram.training.probe.VITAL_SIGNS`."""
        import polars

        rows = self.chronicle.vital_rows(self.layer_names)
        return polars.DataFrame(rows, infer_schema_length=None)

    @cached_property
    def through_time(self) -> polars.DataFrame:
        """How much the loss hears of each step that a recurrent layer reads: one row per such layer
        (place ``layer``, from 0, and ``name``) and step, ``steps_back`` steps before the last.

        ``first`` and ``best``: the norm of the gradient by what enters the layer at that step, at
        the first weights and at those of the best epoch
        (:func:`jaram.training.through_time.gradient_through_time`). Without rows where nothing is
        recurrent.

        Raises RunError where it has not been measured and the data is not at hand.
        """
        import polars

        from jaram.insight.through_time import rows

        schema = {
            "layer": polars.Int64,
            "name": polars.String,
            "steps_back": polars.Int64,
            "first": polars.Float64,
            "best": polars.Float64,
        }
        return polars.DataFrame(rows(self.measure_through_time(), self.layer_names), schema)

    @property
    def knows_through_time(self) -> bool:
        """Whether it is told without measuring: from the folder, or because nothing recurs."""
        from jaram.training.through_time import recurrent_places

        has_layers = bool(recurrent_places(self.recipe.network or ()))
        return self.saved_through_time is not None or not has_layers

    def measure_through_time(self) -> tuple[ThroughTime, ...]:
        """The same as arrays: what the folder holds, or measured now on the run's data."""
        if self.knows_through_time:
            return self.saved_through_time or ()
        from jaram.training.through_time import through_time

        if self.prepared is None:
            raise RunError("runs.no_through_time", path=str(self.folder))
        return through_time(self.recipe, self.prepared, self.params, self.network_state)

    @property
    def steps(self) -> NDArray[np.float32]:
        """The loss of every step's minibatch, without penalties, before the step."""
        return self.chronicle.steps

    @property
    def layer_names(self) -> tuple[str, ...]:
        """Each layer in words."""
        from jaram.spec import words

        return tuple(words(layer) for layer in self.recipe.network or ())

    def logits(self, x: Any) -> NDArray[np.float32]:
        """Outputs before the output activation ``(examples, outputs)``; ``x`` as in
        :meth:`predict`."""
        return np.asarray(self.examine(self._inputs(x)).logits)

    def predict(self, x: Any, samples: int | None = None) -> NDArray[Any]:
        """Predictions for new examples: class labels, 0/1 labels, or numbers in the target's unit.

        ``x`` is an array, a frame, a Data, or a file's path, with the columns of the training data.
        Shape ``(examples,)``, or ``(examples, outputs)`` for several targets or labels; of a task
        with steps class numbers ``(examples, steps)``.
        samples: as in :meth:`predict_proba`.
        """
        if samples is not None:
            told = self._sampled(x, samples)
            if self.task.has_classes or self.task.has_steps:
                told = told.argmax(axis=-1)
            elif self.task.kind == "multilabel":
                told = told > 0.5
            return self._decoded(told)
        return self._decoded(self.examine(self._inputs(x)).answer)

    def predict_proba(self, x: Any, samples: int | None = None) -> NDArray[np.float32]:
        """Probabilities ``(examples, classes)`` (``(examples, labels)`` for multi-label,
        ``(examples, steps, classes)`` for a class at every step).

        samples: so many times with other units dropped, and the mean of what comes out: the network
            as an ensemble of the networks that dropout trained (Gal and Ghahramani, 2016). None
            drops nothing.

        Raises RunError for a regression, and for samples of a network without dropout.
        """
        if self.task.kind == "regression":
            raise RunError("runs.no_probabilities")
        if samples is not None:
            return self._sampled(x, samples)
        if self.task.has_steps:
            from jaram.training.outputs import step_probabilities

            x = self._inputs(x)
            return step_probabilities(self.recipe, self.params, self.network_state, x, self.task)
        return np.asarray(self.examine(self._inputs(x)).probability)

    def evaluate(self, data: Any) -> dict[str, float]:
        """Metrics on other data that has the target: a Data, ``(x, y)``, or what ``load`` takes."""
        data = read_examples(self.preparation, data)
        x, y = self.preparation.transform(data), self.preparation.transform_target(data.y)
        part = Part(x=x, y=y, weight=None, rows=np.arange(len(x)))
        return self._metrics_of(part, self.examine(x, y))

    def features(self, x: Any, layer: int | None = None) -> NDArray[np.float32]:
        """What a layer makes of new examples, as numbers for other tools:
        ``(examples, *output_shape)``.

        ``x`` as in :meth:`predict`. layer: its number from 1, as ``jaram show`` lists them; None
        takes the last before the head, whose outputs the answers are made from. Evaluation mode.

        Raises UsageError for a layer that is not there.
        """
        from jaram.insight.features import features
        from jaram.runs.fine_tuning import head_place

        network = self.recipe.network or ()
        place = head_place(network, self) if layer is None else layer
        if layer is None and not place:
            raise UsageError("runs.nothing_before_head")
        if isinstance(place, bool) or not isinstance(place, int) or not 0 < place <= len(network):
            raise UsageError("runs.bad_layer", value=layer, most=len(network))
        inside = slice(0, place)
        inputs = self._inputs(x)
        if not len(inputs):
            raise DataError("data.no_rows")
        return features(network[inside], self.params[inside], self.network_state[inside], inputs)

    @cached_property
    def interval(self) -> Interval | None:
        """The interval around each forecast, from the errors on the validation part: the truth lies
        within ``predict(x) ± interval.half_widths`` in ``interval.share`` of the cases or so. None
        for a run that makes no forecasts, or was validated on too few."""
        from jaram.insight.forecasts import interval_of

        return interval_of(self)

    def save(self, folder: str | Path) -> Run:
        """Write the run to a new folder, report included; returns the run with its ``folder``.

        Raises RunError if the folder exists and is not empty, or can't be written.
        """
        from jaram.runs.store import save

        return save(self, Path(folder))

    def examine(self, x: NDArray[Any] | Streamed, y: NDArray[Any] | None = None) -> Answers:
        """Answers for prepared inputs, and losses against prepared targets."""
        from jaram.training.outputs import answers

        return answers(self.recipe, self.params, self.network_state, x, self.task, y)

    def answers_of(self, part: str) -> Answers:
        """Answers for one of :attr:`parts`."""
        rows = self.parts[part]
        return self.examine(rows.x, rows.y)

    def _inputs(self, x: Any) -> NDArray[Any]:
        return self.preparation.transform(read_inputs(self.preparation, x))

    def _sampled(self, x: Any, samples: int) -> NDArray[Any]:
        """The mean answer of ``samples`` networks with dropout."""
        from jaram.network.regularization import has_dropout
        from jaram.training.outputs import sampled_answers

        if not isinstance(samples, int) or samples < 1:
            raise UsageError("runs.bad_samples", value=samples)
        if not has_dropout(self.recipe.network):
            raise RunError("runs.no_dropout")
        prepared = self._inputs(x)
        return sampled_answers(
            self.recipe, self.params, self.network_state, prepared, self.task, samples
        )

    def _decoded(self, answer: NDArray[Any]) -> NDArray[Any]:
        decoded = self.preparation.inverse_target(answer)
        return decoded[:, 0] if decoded.ndim == 2 and decoded.shape[1] == 1 else decoded

    def _metrics_of(self, part: Part, found: Answers) -> dict[str, float]:
        """Metrics of the answers for a prepared part, the loss among them."""
        if self.task.kind == "regression":
            truth, given = self._decoded(part.y), self._decoded(found.answer)
        else:
            truth, given = part.y, found.probability
        weight = part.weight if part.weight is not None and part.weight.any() else None
        if self.task.has_steps:  # every step counts once, whatever the length of its example
            steps = (truth >= 0).sum(axis=1)
            weight = steps if weight is None else steps * weight
        metrics = {"loss": float(np.average(found.loss, weights=weight))}
        answer = found.answer if self.task.has_steps else None
        return metrics | evaluate(self.task, truth, given, answer=answer)


def read_inputs(preparation: Preparation, x: Any) -> Any:
    """Inputs that ``preparation`` takes: ``x`` itself, or what the file, folder or built-in set of
    that name holds, which needs no answers."""
    from jaram.data.new_examples import inputs_for

    return inputs_for(preparation, x)


def read_examples(preparation: Preparation, data: Any) -> Data:
    """Examples with the target that ``preparation`` knows; ``data`` as in :meth:`Run.evaluate`."""
    if isinstance(data, tuple) and len(data) == 2:
        return Data(data[0], data[1], task=preparation.task)
    from jaram.data.new_examples import examples_for

    return examples_for(preparation, data)


def measured_parts(prepared: Prepared) -> dict[str, Part]:
    """The parts that have rows, by name; of a large training part a sample."""
    found = {
        "valid": prepared.valid,
        "train": _sample(prepared.train),
        "test": prepared.test,
    }
    return {name: part for name, part in found.items() if part is not None and len(part.x)}


def _sample(part: Part) -> Part:
    """The part, or ``MOST_TRAIN_ROWS`` of its rows drawn once and for all."""
    rows = probe_rows(len(part.x), MOST_TRAIN_ROWS)
    return part if len(rows) == len(part.x) else part.take(rows)
