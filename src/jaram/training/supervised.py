"""The supervised step: one minibatch, one update, for one member."""

from __future__ import annotations

from typing import Any, NamedTuple, cast

import jax
import jax.numpy as jnp
import optax
from jax import Array

from jaram.augmentation import Augmentation, augmented, partners
from jaram.data.task import Task
from jaram.network.activations import ActivationFunction, Identity
from jaram.network.layer import Context
from jaram.network.network import Network, NetworkParams, NetworkState, apply_each
from jaram.network.sharing import mean
from jaram.objective.steps import example_losses
from jaram.objective.targets import encode
from jaram.optimizer.averaging import Averaging
from jaram.recipe import Recipe
from jaram.spec import with_fields
from jaram.training.state import MemberState

AUGMENTED = 2**31
"""What the augmentations' key is told apart by from those of the layers."""


class Batch(NamedTuple):
    """Examples: x ``(batch, *input_shape)``, y as in a Part, weight ``(batch,)`` or None for all
    1."""

    x: Array
    y: Array
    weight: Array | None


class Progress(NamedTuple):
    """Where the training is: int32 scalars."""

    step: Array
    total_steps: Array
    steps_per_epoch: Array


def to_logits(network: Network, params: NetworkParams) -> tuple[Network, ActivationFunction]:
    """The network up to its last activation, and that activation.

    A loss that pairs with the activation is computed on these logits, which is exact where the
    activation saturates. An activation with parameters of its own stays in the network.
    """
    last = network[-1]
    activation = getattr(last, "activation", None)
    if not isinstance(activation, ActivationFunction) or "activation" in params[-1]:
        return network, Identity()
    return (*network[:-1], with_fields(last, activation=Identity())), activation


class Forward(NamedTuple):
    """One pass forward.

    outputs: of each layer ``(batch, ...)``, the last before the output activation. z: that last,
    ``(batch, outputs)``, or ``(batch, steps, outputs)`` of a task with steps. state: the next
    network state.
    """

    outputs: list[Array]
    activation: ActivationFunction
    state: NetworkState

    @property
    def z(self) -> Array:
        return self.outputs[-1]


def forward(
    recipe: Recipe, params: NetworkParams, state: NetworkState, x: Array, context: Context
) -> Forward:
    """The network's outputs for ``x`` ``(batch, *input_shape)``."""
    assert recipe.network is not None
    network, activation = to_logits(recipe.network, params)
    outputs, next_state = apply_each(network, params, state, x, context)
    return Forward(outputs, activation, next_state)


def per_example_loss(
    recipe: Recipe, task: Task, z: Array, activation: ActivationFunction, y: Array
) -> Array:
    """Loss of each example ``(batch,)``, without penalties and weights."""
    assert recipe.loss is not None
    target = encode(y, task, z.shape[-1])
    if task.has_steps:
        return example_losses(recipe.loss, z, activation, target, y)
    return recipe.loss(z, activation, target)


def mean_loss(losses: Array, weight: Array | None) -> Array:
    """Mean over the minibatch; example weights average to 1 over the training part."""
    return jnp.mean(losses if weight is None else losses * weight)


def transform(recipe: Recipe, learning_rate: Array) -> optax.GradientTransformationExtraArgs:
    """The update rule at this learning rate, gradients clipped first if the recipe says so."""
    assert recipe.optimizer is not None
    rule = recipe.optimizer.transform(learning_rate)
    if recipe.clip is None:
        return rule
    return optax.chain(recipe.clip.transform(), rule)


def learning_rate(recipe: Recipe, plateau: Any, progress: Progress) -> Array:
    """The optimizer's rate times the schedule's factor at this step."""
    assert recipe.optimizer is not None
    rate = jnp.asarray(recipe.optimizer.learning_rate, jnp.float32)
    if recipe.schedule is not None:
        rate = rate * recipe.schedule.factor(*progress)
    if plateau is not None:
        rate = rate * plateau.factor
    return rate


def step_key(recipe: Recipe, step: Array) -> Array:
    """The random key of one step of one member: a pure function of its seed and the step."""
    return jax.random.fold_in(jax.random.key(recipe.seed), step)


def bootstrapped(recipe: Recipe, train: Batch) -> Batch:
    """The training part with each example's weight times how often the recipe's bootstrap drew it;
    itself without a bootstrap.

    In expectation over the minibatches the gradient is that of the rows drawn (Breiman, 1996),
    while all members of a population share the examples and their order.
    """
    if recipe.bootstrap is None:
        return train
    rows = len(train.y)
    drawn = jax.random.randint(jax.random.key(recipe.bootstrap), (rows,), 0, rows)
    times = jnp.zeros(rows, jnp.float32).at[drawn].add(1.0)
    weight = times if train.weight is None else times * train.weight
    return train._replace(weight=weight / jnp.mean(weight))


class Gradient(NamedTuple):
    """What one pass forward and backward gives.

    loss: without penalties; objective: with them. outputs: of each layer, activations included.
    """

    loss: Array
    objective: Array
    gradients: NetworkParams
    network_state: NetworkState
    outputs: list[Array]


def gradient(
    recipe: Recipe, task: Task, state: MemberState, batch: Batch, key: Array, shares: int = 1
) -> Gradient:
    """One pass over a minibatch in training mode.

    Where several devices share it (:mod:`jaram.network.sharing`), ``batch`` and the outputs are
    this device's part; all else is that of the whole.
    """

    x, own = batch.x, None
    if recipe.augment:  # with a key beside those of the layers, which are numbered from 0
        changes = cast("tuple[Augmentation, ...]", recipe.augment)
        x, own = augmented(changes, jax.random.fold_in(key, AUGMENTED), x, shares)

    def objective(
        params: NetworkParams,
    ) -> tuple[Array, tuple[Array, NetworkState, list[Array]]]:
        context = Context(training=True, key=key, shares=shares)
        passed = forward(recipe, params, state.network_state, x, context)
        losses = per_example_loss(recipe, task, passed.z, passed.activation, batch.y)
        if own is not None:
            others = partners(batch.y, shares)
            mixed = per_example_loss(recipe, task, passed.z, passed.activation, others)
            losses = own * losses + (1 - own) * mixed
        loss = mean_loss(losses, batch.weight)
        penalty = sum((p.loss_term(params) for p in recipe.penalties or ()), jnp.float32(0))
        outputs = [*passed.outputs[:-1], passed.activation(passed.z, {})]
        return loss + penalty, (loss, passed.state, outputs)

    passed = jax.value_and_grad(objective, has_aux=True)(state.params)
    (value, (loss, next_state, outputs)), gradients = passed
    loss, value, gradients = mean((loss, value, gradients), shares)
    return Gradient(loss, value, gradients, next_state, outputs)


def updates(
    recipe: Recipe,
    task: Task,
    state: MemberState,
    batch: Batch,
    key: Array,
    found: Gradient,
    rate: Array,
    shares: int = 1,
) -> tuple[NetworkParams, Any]:
    """What the update rule would add to the parameters, and its next state."""

    def found_at(params: NetworkParams) -> Gradient:
        return gradient(recipe, task, state._replace(params=params), batch, key, shares)

    # For rules that search along a line. Its derivative is the gradient of the whole minibatch,
    # which differentiating the mean over its parts would not give: a part's own came back.
    @jax.custom_vjp
    def value_at(params: NetworkParams) -> Array:
        return found_at(params).objective

    def forward_at(params: NetworkParams) -> tuple[Array, NetworkParams]:
        found = found_at(params)
        return found.objective, found.gradients

    def backward_at(gradients: NetworkParams, cotangent: Array) -> tuple[NetworkParams]:
        return (jax.tree.map(lambda one: cotangent * one, gradients),)

    value_at.defvjp(forward_at, backward_at)

    # Optax types its trees as anything an array tree may be; here they are like the parameters.
    changes: Any
    changes, optimizer_state = transform(recipe, rate).update(
        found.gradients,
        state.optimizer_state,
        state.params,
        value=found.objective,
        grad=found.gradients,
        value_fn=value_at,
    )
    if recipe.layer_rates:
        changes = tuple(
            jax.tree.map(lambda change, by=factor: change * by, layer)
            for layer, factor in zip(changes, recipe.layer_rates, strict=True)
        )
    return changes, optimizer_state


def constrained(recipe: Recipe, params: NetworkParams, rate: Array) -> NetworkParams:
    """Parameters after the update rule, decayed and projected as the penalties say."""
    for penalty in recipe.penalties or ():
        params = penalty.project(penalty.decay(params, rate))
    return params


def step(
    recipe: Recipe,
    task: Task,
    state: MemberState,
    batch: Batch,
    progress: Progress,
    shares: int = 1,
) -> tuple[MemberState, Array]:
    """One update of one member; also the minibatch's loss before it.

    shares: how many devices share the minibatch, of which ``batch`` is this one's part.
    """
    key = step_key(recipe, state.step)
    found = gradient(recipe, task, state, batch, key, shares)
    rate = learning_rate(recipe, state.plateau, progress)
    changes, optimizer_state = updates(recipe, task, state, batch, key, found, rate, shares)
    updated: Any = optax.apply_updates(state.params, changes)
    params = constrained(recipe, updated, rate)
    average = state.average
    if isinstance(recipe.averaging, Averaging):
        average = recipe.averaging.update(average, params, state.step, progress.total_steps)
    next_state = state._replace(
        params=params,
        network_state=found.network_state,
        optimizer_state=optimizer_state,
        average=average,
        step=state.step + 1,
    )
    return next_state, found.loss
