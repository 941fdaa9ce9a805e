"""Optimizers as specifications; the update rules are Optax's.

Gradient descent is batch, stochastic or mini-batch by the recipe's batch size. In the formulas
``g`` is the gradient, ``w`` a parameter, and every operation is elementwise.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Annotated, Any, ClassVar

import jax.numpy as jnp
import optax
from jax import Array

from jaram.objective.penalties import weight_mask
from jaram.spec import Count, NonNegative, Positive, Share, parser, spec

Rate = float | Array | Callable[[Any], Any]
"""A learning rate (a traced scalar in a training), or a function of the number of steps done."""


class Optimizer(ABC):
    """An update rule."""

    learning_rate: float
    """Every optimizer has one; the schedule multiplies it."""
    uses_linesearch: ClassVar[bool] = False
    """Whether ``update`` needs ``value``, ``grad`` and ``value_fn`` of the whole training part."""

    @abstractmethod
    def transform(self, learning_rate: Rate) -> optax.GradientTransformationExtraArgs:
        """The rule as an Optax transform at ``learning_rate`` (schedule applied), not the field's.

        ``update(gradients, state, params, value=, grad=, value_fn=)`` gives what to add to the
        parameters; the three keywords may be left out unless ``uses_linesearch``.
        """


OptimizerField = Annotated[Optimizer | None, parser("optimizer")]


@spec(family="optimizer", name="sgd", aliases=("gradient_descent",))
class SGD(Optimizer):
    """Gradient descent: w -= learning_rate · v with v = momentum · v + g.

    momentum: 0 is plain gradient descent. (A knob: the velocity is carried even at 0.)
    nesterov: step along g + momentum · v instead.
    """

    learning_rate: Positive = 0.01
    momentum: Share = 0.0
    nesterov: bool = False

    def transform(self, learning_rate: Rate) -> optax.GradientTransformationExtraArgs:
        return _descend(optax.trace(self.momentum, self.nesterov), learning_rate)


@spec(family="optimizer", name="momentum")
class Momentum(Optimizer):
    """w -= learning_rate · v with v = momentum · v + g (Polyak, 1964)."""

    learning_rate: Positive = 0.01
    momentum: Share = 0.9

    def transform(self, learning_rate: Rate) -> optax.GradientTransformationExtraArgs:
        return _descend(optax.trace(self.momentum), learning_rate)


@spec(family="optimizer", name="nesterov")
class Nesterov(Optimizer):
    """w -= learning_rate · (g + momentum · v) with v = momentum · v + g (Sutskever, 2013)."""

    learning_rate: Positive = 0.01
    momentum: Share = 0.9

    def transform(self, learning_rate: Rate) -> optax.GradientTransformationExtraArgs:
        return _descend(optax.trace(self.momentum, nesterov=True), learning_rate)


@spec(family="optimizer", name="adagrad")
class AdaGrad(Optimizer):
    """w -= learning_rate · g / sqrt(s + epsilon) with s = s + g² (Duchi et al., 2011).

    initial: what s starts from; a larger one shortens the first steps.
    epsilon: stands under the root (PyTorch adds its epsilon outside).
    """

    learning_rate: Positive = 0.01
    initial: NonNegative = 0.0
    epsilon: NonNegative = 1e-10

    def transform(self, learning_rate: Rate) -> optax.GradientTransformationExtraArgs:
        return _descend(optax.scale_by_rss(self.initial, self.epsilon), learning_rate)


@spec(family="optimizer", name="rmsprop")
class RMSProp(Optimizer):
    """w -= learning_rate · v, v = momentum · v + g / (sqrt(s) + epsilon), s = decay · s + (1 -
    decay) g².

    (Tieleman & Hinton, 2012.)
    """

    learning_rate: Positive = 0.001
    decay: Share = 0.9
    momentum: Share = 0.0
    epsilon: Positive = 1e-8

    def transform(self, learning_rate: Rate) -> optax.GradientTransformationExtraArgs:
        scaled = optax.scale_by_rms(self.decay, self.epsilon, eps_in_sqrt=False)
        return _descend(optax.chain(scaled, optax.trace(self.momentum)), learning_rate)


@spec(family="optimizer", name="adam")
class Adam(Optimizer):
    """w -= learning_rate · m̂ / (sqrt(v̂) + epsilon) (Kingma & Ba, 2015).

    m = beta1 · m + (1 - beta1) g and v = beta2 · v + (1 - beta2) g²; the hats divide by 1 -
    beta1^t and 1 - beta2^t at step t = 1, 2, ...
    """

    learning_rate: Positive = 0.001
    beta1: Share = 0.9
    beta2: Share = 0.999
    epsilon: Positive = 1e-8

    def transform(self, learning_rate: Rate) -> optax.GradientTransformationExtraArgs:
        return _descend(optax.scale_by_adam(self.beta1, self.beta2, self.epsilon), learning_rate)


@spec(family="optimizer", name="adamw")
class AdamW(Optimizer):
    """Adam, and w -= learning_rate · weight_decay · w beside it (Loshchilov & Hutter, 2019).

    The decay acts on arrays named ``weight`` only, like every penalty; PyTorch's shrinks biases
    too.
    """

    learning_rate: Positive = 0.001
    weight_decay: NonNegative = 0.01
    beta1: Share = 0.9
    beta2: Share = 0.999
    epsilon: Positive = 1e-8

    def transform(self, learning_rate: Rate) -> optax.GradientTransformationExtraArgs:
        adam = optax.scale_by_adam(self.beta1, self.beta2, self.epsilon)
        decay = optax.add_decayed_weights(self.weight_decay, weight_mask)
        return _descend(optax.chain(adam, decay), learning_rate)


@spec(family="optimizer", name="amsgrad")
class AMSGrad(Optimizer):
    """Adam with the largest v so far in the place of v (Reddi et al., 2018).

    The maximum is taken before v is corrected for its start, as in PyTorch and Keras: the
    correction is largest at the first step, which would otherwise rule the step size ever after.
    Epsilon is added before the correction, as in Keras.
    """

    learning_rate: Positive = 0.001
    beta1: Share = 0.9
    beta2: Share = 0.999
    epsilon: Positive = 1e-8

    def transform(self, learning_rate: Rate) -> optax.GradientTransformationExtraArgs:
        uncorrected = optax.scale_by_amsgrad(
            self.beta1, self.beta2, self.epsilon, bias_correction_nu=False
        )
        correct = optax.scale_by_schedule(lambda done: jnp.sqrt(1 - self.beta2 ** (done + 1)))
        return _descend(optax.chain(uncorrected, correct), learning_rate)


@spec(family="optimizer", name="lion")
class Lion(Optimizer):
    """w -= learning_rate · (sign(beta1 · m + (1 - beta1) g) + weight_decay · w) (Chen et al.,
    2023).

    After the step m = beta2 · m + (1 - beta2) g. Every step has the same size, so the rate wants
    to be three to ten times smaller than Adam's. The decay acts on arrays named ``weight`` only.
    """

    learning_rate: Positive = 1e-4
    weight_decay: NonNegative = 0.0
    beta1: Share = 0.9
    beta2: Share = 0.99

    def transform(self, learning_rate: Rate) -> optax.GradientTransformationExtraArgs:
        lion = optax.scale_by_lion(self.beta1, self.beta2)
        decay = optax.add_decayed_weights(self.weight_decay, weight_mask)
        return _descend(optax.chain(lion, decay), learning_rate)


@spec(family="optimizer", name="lbfgs", aliases=("l_bfgs",))
class LBFGS(Optimizer):
    """Limited-memory BFGS with a line search (Liu & Nocedal, 1989), for the full batch.

    learning_rate: the step that the line search tries first; 1 is the quasi-Newton step.
    memory_size: how many past steps stand for the curvature.
    """

    learning_rate: Positive = 1.0
    memory_size: Count = 10

    uses_linesearch: ClassVar[bool] = True

    def transform(self, learning_rate: Rate) -> optax.GradientTransformationExtraArgs:
        search = optax.scale_by_zoom_linesearch(
            max_linesearch_steps=20, initial_guess_strategy="one"
        )
        return optax.chain(_descend(optax.scale_by_lbfgs(self.memory_size), learning_rate), search)


def _descend(
    direction: optax.GradientTransformation, learning_rate: Rate
) -> optax.GradientTransformationExtraArgs:
    """Steps of -learning_rate · direction."""
    # Public functions of Optax, which its front door does not mark as exported.
    scaled = optax.scale_by_learning_rate(learning_rate)  # type: ignore[attr-defined]
    return optax.with_extra_args_support(optax.chain(direction, scaled))  # type: ignore[attr-defined]
