"""Watching any PyTorch training loop, so that the doctor can read it.

>>> from jaram.interop.torch import watch  # doctest: +SKIP
>>> watcher = watch(model, optimizer)
>>> for epoch in range(epochs):
...     for x, y in loader:
...         ...
...         loss.backward(); optimizer.step(); watcher.step(loss)
...     watcher.epoch(valid_loss=valid_loss, valid_score=accuracy)
>>> findings = jaram.diagnose(watcher)

It takes the vital signs of :mod:`jaram.training.probe` on one minibatch an epoch and otherwise
counts steps, so that watching costs next to nothing. It changes no number of the training.
"""

from __future__ import annotations

import sys
import weakref
from collections.abc import Callable
from types import TracebackType
from typing import Any

import numpy as np

from jaram.doctor.evidence import Curves, Evidence, Floats, Vitals
from jaram.errors import RunError, UsageError
from jaram.messages import text

try:
    import torch
except ImportError as error:
    raise ImportError(text("interop.no_torch")) from error

from jaram.interop.torch_epoch import Epoch, Signs, signs_of, stack
from jaram.interop.torch_layers import Forward, Layer, in_order, layers_of
from jaram.interop.torch_norms import Norms
from jaram.training.probe import VITAL_SIGNS

OPTIMIZERS = {
    "SGD": "sgd",
    "Adam": "adam",
    "AdamW": "adamw",
    "RMSprop": "rmsprop",
    "Adagrad": "adagrad",
    "Lion": "lion",
    "LBFGS": "lbfgs",
}
"""Registered names of PyTorch's optimizers."""

SPACING = 200
"""Steps from one taking of the signs to the next, at least, once the training is long. Taking them
costs two or three steps of a small network, so that watching stays below 3%."""
STALE = 4
"""In a short training the signs are at most this part of it old."""
NEVER = sys.maxsize
_FOLDED = 1024
"""Losses on an accelerator that are kept as single tensors before they are put into one."""


def watch(
    module: torch.nn.Module,
    optimizer: torch.optim.Optimizer,
    *,
    steps_per_epoch: int | None = None,
    score_name: str = "accuracy",
    chance: float | None = None,
) -> Watcher:
    """Begin to watch the training of a module.

    module: what the optimizer trains, called as a whole (``module(x)``). optimizer: the rate is
    that of its first group. steps_per_epoch: the optimizer's steps of an epoch, if they are known;
    else they are those of the epoch before. score_name: ``"accuracy"`` or ``"r2"``. chance: the
    score of the best constant prediction on the validation part, if it is known.

    Raises UsageError if it is given something else.
    """
    return Watcher(module, optimizer, steps_per_epoch, score_name, chance)


class Watcher:
    """What :func:`watch` returns; also a context manager, which closes it.

    The vital signs are of the last minibatch but one of each epoch, since the last may be a small
    remainder; in the first epoch, whose length is not known, of step 1, 8, 64 … Where epochs are
    shorter than ``SPACING`` steps not every epoch has its own; then they are the latest taken.
    Whether a unit is dead is judged on the last ``PROBE_ROWS`` rows that were seen so, over several
    takings if the minibatches are smaller; what the first of them say counts for the epochs before
    too, and it is unknown (NaN) until there are so many.

    Activations are recognised by what the module calls in its ``forward``, as modules and as
    functions. Of a compiled module the signs of the activations are unknown.

    While the signs are taken there is one more copy of the weights.
    """

    def __init__(
        self,
        module: torch.nn.Module,
        optimizer: torch.optim.Optimizer,
        steps_per_epoch: int | None,
        score_name: str,
        chance: float | None,
    ) -> None:
        optimizer = getattr(optimizer, "optimizer", optimizer)  # as accelerate wraps it
        is_right = isinstance(module, torch.nn.Module)
        if not is_right or not isinstance(optimizer, torch.optim.Optimizer):
            kinds = f"{type(module).__name__}, {type(optimizer).__name__}"
            raise UsageError("interop.not_watchable", got=kinds)
        if score_name not in ("accuracy", "r2"):
            raise UsageError("interop.score_name", got=score_name)
        self._module, self._optimizer = module, optimizer
        self._score_name, self._chance = score_name, chance
        self._base_rate = _rate(optimizer.param_groups[0])
        self._rate: Any = optimizer.param_groups[0]["lr"]
        self._expected = steps_per_epoch
        self._done = 0  # steps in this epoch
        self._total = 0  # steps in the epochs before
        self._target = 0  # steps of this epoch after which the signs are to be taken in the next
        self._due = 0  # the same, or fewer
        self._taken_at = 0  # steps until the signs were last taken
        self._batch_size: int | None = None
        self._epochs: list[Epoch] = []
        self._losses: list[Any] = []
        self._folded: list[Any] = []
        self._layers: tuple[Layer, ...] = ()
        self._signs: Signs | None = None
        self._forward: Forward | None = None
        self._norms: Norms | None = None
        self._handles: tuple[Any, ...] = ()
        self._has_waited = False
        self._is_closed = False
        self._begin_epoch()

    # --- what the loop calls --------------------------------------------------------------------

    def step(self, loss: torch.Tensor | float) -> None:
        """Note the loss of a minibatch, after its step; on an accelerator this waits for nothing.

        Raises UsageError if it is neither a tensor nor a number.
        """
        if isinstance(loss, torch.Tensor):
            loss = loss.detach()
            loss = loss if loss.ndim == 0 else loss.mean()
            self._losses.append(loss.item() if loss.is_cpu else loss)
        elif isinstance(loss, int | float | np.number):
            self._losses.append(float(loss))
        else:
            raise UsageError("interop.loss_is_no_number", got=type(loss).__name__)
        self._done += 1
        if self._done == self._due:
            self._arm()
        if len(self._losses) == _FOLDED:
            self._fold()

    def epoch(
        self,
        *,
        train_loss: float | None = None,
        valid_loss: float | None = None,
        train_score: float | None = None,
        valid_score: float | None = None,
    ) -> None:
        """End an epoch.

        train_loss: without it, the mean of the losses of its steps. Scores are accuracies or R².
        """
        given = (train_loss, valid_loss, train_score, valid_score)
        self._epochs.append(self._epoch(*(_number(one) for one in given)))
        self._losses, self._folded = [], []
        self._expected = self._done or self._expected
        self._total += self._done
        self._done = 0
        self._begin_epoch()

    def close(self) -> None:
        """Stop watching; what was seen stays."""
        self._disarm()
        self._due = NEVER
        self._is_closed = True

    def __enter__(self) -> Watcher:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def evidence(self) -> Evidence:
        """What was seen, as the doctor reads it.

        Epochs without a validation loss are left out where others have one. An epoch that has
        begun counts if there is no other.

        Raises RunError if there is no loss.
        """
        epochs = self._epochs or [self._epoch(None, None, None, None)]
        losses = np.concatenate([one.steps for one in epochs])
        if any(one.valid_loss is not None for one in epochs):
            epochs = [one for one in epochs if one.valid_loss is not None]
        train, valid, train_score, valid_score = (
            _column([getattr(one, name) for one in epochs])
            for name in ("mean_loss", "valid_loss", "train_score", "valid_score")
        )
        if train is None and valid is None:
            raise RunError("interop.watched_nothing")
        rates = np.array([float(one.rate) for one in epochs])
        has_score = train_score is not None or valid_score is not None
        read = [one for one in (train, valid, losses) if one is not None]
        has_diverged = not all(np.isfinite(one).all() for one in read)
        return Evidence(
            Curves(
                train_loss=train,
                valid_loss=valid,
                train_score=train_score,
                valid_score=valid_score,
                score_name=self._score_name if has_score else "",
                learning_rate=rates,
                steps=losses if len(losses) else None,
            ),
            vitals=self._vitals(epochs),
            optimizer=optimizer_name(self._optimizer),
            learning_rate=max(self._base_rate, float(rates.max())),
            batch_size=self._batch_size,
            ending="diverged" if has_diverged else "completed" if self._is_closed else None,
            chance=self._chance,
        )

    # --- taking the signs -----------------------------------------------------------------------

    def _begin_epoch(self) -> None:
        if self._is_closed:
            return
        step = 1 if self._expected is None else max(1, self._expected - 1)
        since = self._total + step - self._taken_at
        is_wanted = since >= min(SPACING, self._taken_at / STALE)
        self._target = step - 1 if is_wanted else NEVER
        self._due = self._target
        self._look_earlier()
        if self._due == 0:
            self._arm()

    def _look_earlier(self) -> None:
        """Take the signs more than once an epoch while too few rows have been seen."""
        if self._signs is not None and self._signs.needs_rows:
            self._due = min(self._due, self._done + SPACING)

    def _arm(self) -> None:
        """Make ready to take the signs in the next step of the optimizer."""
        if self._expected is None:
            self._due = 8 * self._due + 7
        elif self._due < self._target:
            self._due = self._target
        else:
            self._due = NEVER
        self._look_earlier()
        if self._forward is not None:  # no step has come since the last time
            return
        self._layers = self._layers or layers_of(self._module)
        self._forward = Forward(self._module, self._layers)
        self._handles = (
            self._optimizer.register_step_pre_hook(_weakly(self._before_step)),
            self._optimizer.register_step_post_hook(_weakly(self._after_step)),
        )

    def _disarm(self) -> None:
        if self._forward is not None:
            self._forward.close()
        for handle in self._handles:
            handle.remove()
        self._forward, self._norms, self._handles, self._has_waited = None, None, (), False

    def _before_step(self, *_: Any) -> None:
        self._norms = Norms(self._layers, self._optimizer)

    def _after_step(self, *_: Any) -> None:
        if self._forward is None or self._norms is None:
            return
        # The loop may tell of a step before the optimizer takes it, which is then not this one.
        if not self._forward.has_seen and not self._has_waited:
            self._has_waited = True
            return
        if norms := self._norms.after():
            taken = [*norms, *self._forward.signs()]
            self._signs = signs_of(taken, self._forward.rows, self._forward.dead(), self._signs)
            self._batch_size = max(self._forward.rows, self._batch_size or 0) or None
            rate = self._optimizer.param_groups[0]["lr"]
            self._rate = rate.clone() if isinstance(rate, torch.Tensor) else rate
            self._taken_at = self._total + self._done + 1
            self._disarm()

    # --- what is kept ---------------------------------------------------------------------------

    def _fold(self) -> None:
        """Put losses that are on an accelerator into one tensor, without waiting for it."""
        if all(isinstance(one, torch.Tensor) for one in self._losses) and self._losses:
            self._folded.append(stack(self._losses))
        else:
            self._folded.append([float(one) for one in self._losses])
        self._losses = []

    def _epoch(
        self,
        train_loss: float | None,
        valid_loss: float | None,
        train_score: float | None,
        valid_score: float | None,
    ) -> Epoch:
        self._fold()
        losses = tuple(self._folded)
        return Epoch(
            train_loss, valid_loss, train_score, valid_score, losses, self._rate, self._signs
        )

    def _vitals(self, epochs: list[Epoch]) -> Vitals | None:
        """The signs of the layers in the order in which the module calls them."""
        count = len(self._layers)
        if not count or all(one.signs is None for one in epochs):
            return None
        order = in_order(self._layers)
        layers = [self._layers[i] for i in order]
        signs = np.stack([one.table(count) for one in epochs])[:, order]
        dead = signs[:, :, VITAL_SIGNS.index("dead")]
        for column in dead.T:  # what was dead on all rows seen so far was so from the first
            known = np.flatnonzero(np.isfinite(column))
            column[: known[0] if len(known) else 0] = column[known[0]] if len(known) else np.nan
        # What is declared but neither called nor reached by a gradient is no part of the network.
        is_used = np.nanmax(signs[:, :, VITAL_SIGNS.index("gradient_norm")], axis=0, initial=0) > 0
        are_called = any(layer.place is not None for layer in layers)
        matrices = tuple(
            place
            for place, layer in enumerate(layers)
            if layer.has_matrix and (layer.place is not None or is_used[place] or not are_called)
        )
        return Vitals(tuple(layer.described() for layer in layers), signs, matrices)


def optimizer_name(optimizer: torch.optim.Optimizer) -> str | None:
    """The registered name of a PyTorch optimizer; None if there is none."""
    group = optimizer.param_groups[0]
    name = OPTIMIZERS.get(type(optimizer).__name__)
    if name == "sgd" and group.get("momentum"):
        return "nesterov" if group.get("nesterov") else "momentum"
    return "amsgrad" if name == "adam" and group.get("amsgrad") else name


def _weakly(method: Callable[..., None]) -> Callable[..., None]:
    """A hook that does not keep its watcher alive, and with it module and optimizer, in a ring."""
    reference = weakref.WeakMethod(method)

    def hook(*args: Any) -> None:
        if (found := reference()) is not None:
            found(*args)

    return hook


def _number(value: Any) -> float | None:
    value = value.detach() if isinstance(value, torch.Tensor) else value
    return None if value is None else float(value)


def _rate(group: dict[str, Any]) -> float:
    return max(float(group["lr"]), float(group.get("initial_lr", 0.0)))


def _column(values: list[float | None]) -> Floats | None:
    """One value an epoch; None if some are not known."""
    known = [value for value in values if value is not None]
    return np.array(known, np.float64) if known and len(known) == len(values) else None
