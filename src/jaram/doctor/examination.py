"""Examinations: measurements on a recipe that cost a compilation, made when a rule asks for them.

A training is deterministic, so what it did can be looked at again: at its first weights, and at the
step where its numbers broke.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from numpy.typing import NDArray

from jaram.data.task import Task
from jaram.recipe import Recipe
from jaram.training import engine, planning, supervised
from jaram.training.epochs import run_epochs
from jaram.training.group import Group
from jaram.training.layout import Plan
from jaram.training.order import epoch_order, probe_rows
from jaram.training.probe import VITAL_SIGNS, vital_signs
from jaram.training.programs import make_room
from jaram.training.state import Advance, MemberState
from jaram.training.supervised import Batch, Progress

if TYPE_CHECKING:
    from jaram.data.prepare import Part, Prepared

MOST_REPLAYED_STEPS = 20_000
"""A divergence later than this is not replayed: it would take seconds to know the layer."""
FEW_ROWS = 16
"""Rows that any network with as many weights can learn by heart."""
FEW_ROWS_STEPS = 1000
"""Steps it is given for them, as in TheDeepChecker (Ben Braiek & Khomh, 2023)."""


@dataclass(frozen=True, eq=False)
class FirstLook:
    """A training before its first step, on the rows of the probe.

    signs: ``(layers, len(VITAL_SIGNS))``. signal: ``(layers,)``, how far the outputs of a layer
    move from row to row: the root mean over its units of their variance over the rows. loss: at the
    first weights. blank_loss: of the network whose outputs before the last activation are all 0
    (ln K for K classes; the mean square of the target).
    """

    signs: NDArray[np.float32]
    signal: NDArray[np.float32]
    loss: float
    blank_loss: float

    def __getitem__(self, sign: str) -> NDArray[np.float64]:
        """``(layers,)`` of one of :data:`jaram.training.probe.VITAL_SIGNS`."""
        return self.signs[:, VITAL_SIGNS.index(sign)].astype(np.float64)


@dataclass(frozen=True)
class Breakdown:
    """Where a training's numbers broke.

    step, epoch: the first step, and its epoch, that met or made a number that is not finite; both
    1-based. layer: place (from 0) of the layer where it began. where: in its ``"outputs"``, in the
    ``"gradient"`` that reached it, in its ``"weights"`` after the update, or in the ``"loss"`` of
    outputs that are finite but too large (then it is the last layer).
    """

    step: int
    epoch: int
    layer: int
    where: str


@dataclass(frozen=True, eq=False)
class Examination:
    """What can be measured of a completed recipe on its data, each thing once and when asked for.

    Each costs a compilation (about half a second on a CPU, less from the cache on disk).
    """

    recipe: Recipe
    prepared: Prepared

    @cached_property
    def initial(self) -> FirstLook:
        """Vital signs, signal and loss at the first weights."""
        plan = planning.plan_for(self._group, most_devices=1)
        knobs, state = engine.initial(self._group, plan)
        batch = engine.watched_for(self._group, plan).probe
        make_room(_first_look)
        found = _first_look(
            _only(knobs), _only(state), batch, self._progress(), task=self.prepared.task
        )
        signs, signal, loss, blank = (np.asarray(part) for part in found)
        return FirstLook(signs, signal, float(loss), float(blank))

    @cached_property
    def broken_at(self) -> Breakdown | None:
        """Where the training diverges, found by going through it again.

        None if it does not, or not within ``MOST_REPLAYED_STEPS``, or if the examples are streamed:
        they would all have to be in memory. It takes as long as the training
        took until then. The epochs before the last are the engine's, to the bit where the recipe
        was trained alone.
        """
        if self.prepared.memory is not None:
            return None
        group, plan = self._group, self._plan
        knobs, state = engine.initial(group, plan)
        arrays = engine.arrays_for(group, plan)
        most = min(group.epochs, max(1, MOST_REPLAYED_STEPS // group.steps))
        done = 0

        def after(state: MemberState, count: int) -> MemberState:
            orders = np.zeros((plan.capacity, group.steps, group.batch_size), np.int32)
            for index in range(count):
                orders[index] = self._order(done + index)
            total = np.int32(group.epochs)
            return run_epochs(plan, knobs, state, arrays, orders, np.int32(count), total).state

        while done < most:
            count = min(plan.capacity, most - done)
            reached = after(state, count)
            if bool(np.asarray(reached.is_diverged)[0]):
                sound = int(np.asarray(reached.epoch)[0]) - 1 - done
                state = after(state, sound) if sound else state
                order = self._order(done + sound)
                train = jax.tree.map(np.asarray, arrays.train)
                return self._within(_only(knobs), _only(state), train, order)
            if bool(np.asarray(reached.is_stopped)[0]):
                return None
            state, done = reached, done + count
        return None

    @cached_property
    def few_rows_score(self) -> float:
        """Accuracy or R² on ``FEW_ROWS`` training rows after up to ``FEW_ROWS_STEPS`` steps on them
        alone.

        A recipe that can't learn even these has an illness of its own, whatever the data.
        """
        train = self.prepared.train
        part = _part(train, probe_rows(len(train.x), FEW_ROWS))
        prepared = dataclasses.replace(self.prepared, train=part, valid=None, test=None)
        recipe = dataclasses.replace(
            self.recipe, batch_size="full", epochs=FEW_ROWS_STEPS, stop=None, averaging=None
        )
        return _best_training_score(Group((recipe,), prepared), enough=1.0)

    def roomier_score(self, enough: float) -> float | None:
        """Training accuracy or R² that the same training reaches at its best with wider hidden
        layers (the remedy ``widen``); it is left at ``enough``. None if no layer can be widened.

        It takes about as long as the training took.
        """
        return self._score_with("widen", enough)

    def longer_score(self, enough: float) -> float | None:
        """The same of the training with three times the epochs (the remedy ``more_epochs``)."""
        return self._score_with("more_epochs", enough)

    def _score_with(self, remedy: str, enough: float) -> float | None:
        from jaram.doctor.remedies.registry import all_remedies

        found = all_remedies()[remedy].prescriptions(self.recipe, self.prepared)
        if not found:
            return None
        prepared = dataclasses.replace(self.prepared, test=None)
        return _best_training_score(Group((found[0].recipe,), prepared), enough)

    @cached_property
    def _group(self) -> Group:
        return Group((self.recipe,), self.prepared)

    @cached_property
    def _plan(self) -> Plan:
        return planning.plan_for(self._group)

    def _order(self, epoch: int) -> NDArray[np.int32]:
        recipe, examples = self.recipe, len(self.prepared.train.x)
        batch = self._group.batch_size
        return epoch_order(examples, batch, recipe.order_seed, epoch, recipe.shuffle)

    def _progress(self, step: Any = 0) -> Progress:
        total = jnp.int32(self._group.epochs * self._group.steps)
        return Progress(jnp.int32(step), total, jnp.int32(self._group.steps))

    def _within(
        self, knobs: Recipe, state: MemberState, train: Batch, order: NDArray[np.int32]
    ) -> Breakdown | None:
        """The step of this epoch that breaks, and the layer."""
        task = self.prepared.task
        make_room(_until_broken)
        state, index = _until_broken(knobs, state, train, order, self._progress(), task=task)
        if int(index) >= len(order):
            return None
        rows = jax.tree.map(lambda array: array[order[int(index)]], train)
        make_room(_finite_parts)
        found = _finite_parts(knobs, state, rows, self._progress(state.step), task=task)
        outputs, gradients, weights = (np.asarray(part) for part in found)
        step = int(state.step)
        told = partial(Breakdown, step + 1, step // len(order) + 1)
        if not outputs.all():
            return told(int(np.argmin(outputs)), "outputs")
        if not gradients.all():  # the gradient comes from above: the last broken layer was first
            return told(int(np.flatnonzero(~gradients)[-1]), "gradient")
        if not weights.all():
            return told(int(np.argmin(weights)), "weights")
        return told(len(outputs) - 1, "loss")


def _best_training_score(group: Group, enough: float) -> float:
    """The best epoch's accuracy or R² on the training rows, until one reaches ``enough``."""
    from jaram.objective.monitors import monitors

    plan = planning.plan_for(group, takes_vitals=False)
    knobs, state = engine.initial(group, plan)
    names = monitors(group.prepared.task)
    wanted = next(name for name in ("accuracy", "label_accuracy", "r2") if name in names)

    def best(advance: Advance) -> float:
        scores = advance.records.metrics[0, : advance.epochs, 0, names.index(wanted)]
        return float(np.nanmax(np.append(scores, -np.inf)))

    calls = engine.advance(group, plan, knobs, state, 0, lambda advance: best(advance) >= enough)
    return max(best(advance) for advance in calls)


def _part(part: Part, rows: NDArray[np.int32]) -> Part:
    weight = None if part.weight is None else part.weight[rows]
    return dataclasses.replace(
        part, x=part.x[rows], y=part.y[rows], weight=weight, rows=part.rows[rows]
    )


def _only(tree: Any) -> Any:
    """The first member out of a population, as NumPy arrays, which are on no device."""
    return jax.tree.map(lambda leaf: np.asarray(leaf)[0], tree)


@partial(jax.jit, static_argnames="task")
def _first_look(
    recipe: Recipe, state: MemberState, batch: Batch, progress: Progress, *, task: Task
) -> tuple[Array, ...]:
    found = supervised.gradient(recipe, task, state, batch, supervised.step_key(recipe, state.step))
    signal = jnp.stack(
        [jnp.sqrt(jnp.mean(jnp.var(y.reshape(len(y), -1), axis=0))) for y in found.outputs]
    )
    assert recipe.network is not None
    _, activation = supervised.to_logits(recipe.network, state.params)
    zeros = jnp.zeros_like(found.outputs[-1])
    blank = supervised.per_example_loss(recipe, task, zeros, activation, batch.y)
    return (
        vital_signs(recipe, task, state, batch, progress),
        signal,
        found.loss,
        supervised.mean_loss(blank, batch.weight),
    )


def _is_finite(tree: Any) -> Array:
    """Whether all numbers of all arrays are."""
    return jnp.stack([jnp.isfinite(leaf).all() for leaf in jax.tree.leaves(tree)]).all()


@partial(jax.jit, static_argnames="task")
def _until_broken(
    recipe: Recipe,
    state: MemberState,
    train: Batch,
    order: Array,
    progress: Progress,
    *,
    task: Task,
) -> tuple[MemberState, Array]:
    """The state before the first step whose loss, or whose weights after it, are not finite; and
    its place in ``order`` ``(steps, batch)``, or how many steps there are."""

    def goes_on(carry: tuple[Array, MemberState, Array]) -> Array:
        index, _, is_broken = carry
        return (index < len(order)) & ~is_broken

    def body(carry: tuple[Array, MemberState, Array]) -> tuple[Array, MemberState, Array]:
        index, before, _ = carry
        batch = jax.tree.map(lambda array: array[order[index]], train)
        now = progress._replace(step=before.step)
        after, loss = supervised.step(recipe, task, before, batch, now)
        is_broken = ~(jnp.isfinite(loss) & _is_finite(after.params))
        kept = jax.tree.map(lambda old, new: jnp.where(is_broken, old, new), before, after)
        return index + ~is_broken, kept, is_broken

    index, reached, _ = jax.lax.while_loop(goes_on, body, (jnp.int32(0), state, jnp.bool_(False)))
    return reached, index


@partial(jax.jit, static_argnames="task")
def _finite_parts(
    recipe: Recipe, state: MemberState, batch: Batch, progress: Progress, *, task: Task
) -> tuple[Array, ...]:
    """Of each layer, whether its outputs, its gradient and its next weights are finite
    ``(layers,)``."""
    found = supervised.gradient(recipe, task, state, batch, supervised.step_key(recipe, state.step))
    after, _ = supervised.step(recipe, task, state, batch, progress)
    layers = range(len(found.outputs))
    yes = jnp.bool_(True)

    def each(trees: Any) -> Array:
        finite = [_is_finite(trees[i]) if jax.tree.leaves(trees[i]) else yes for i in layers]
        return jnp.stack(finite)

    return each(found.outputs), each(found.gradients), each(after.params)
