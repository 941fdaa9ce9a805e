"""Gradient clipping: a bound on what one minibatch can do."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Annotated

import optax

from jaram.spec import Positive, parser, spec


class Clipping(ABC):
    """A bound on the gradient, applied before the optimizer."""

    @abstractmethod
    def transform(self) -> optax.GradientTransformationExtraArgs:
        """The bound as an Optax transform; it has no state."""


ClippingField = Annotated[Clipping | None, parser("clipping")]


@spec(family="clipping", name="clip_norm", aliases=("norm",))
class ClipNorm(Clipping):
    """The gradient of all parameters together is shortened to Euclidean norm ``limit`` if it is
    longer.

    Its direction stays (Pascanu et al., 2013).
    """

    limit: Positive = 1.0

    def transform(self) -> optax.GradientTransformationExtraArgs:
        return _with_extra_args(optax.clip_by_global_norm(self.limit))


@spec(family="clipping", name="clip_value", aliases=("value",))
class ClipValue(Clipping):
    """Each entry of the gradient is kept in [-limit, limit]; the direction may change."""

    limit: Positive = 1.0

    def transform(self) -> optax.GradientTransformationExtraArgs:
        return _with_extra_args(optax.clip(self.limit))


def _with_extra_args(
    transform: optax.GradientTransformation,
) -> optax.GradientTransformationExtraArgs:
    # A public function of Optax, which its front door does not mark as exported.
    return optax.with_extra_args_support(transform)  # type: ignore[attr-defined]
