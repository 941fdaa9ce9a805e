"""Augmentation: pictures changed at random while a network trains on them.

Each is a specification whose floats are knobs. They run inside the compiled program, with random
numbers of each member's own seed and step, on pictures ``(batch, height, width, channels)`` as they
were prepared; validation and prediction see the pictures as they are.

Augmentations that move pixels follow one another as affine maps and are sampled once, bilinearly;
what comes from outside takes the value of the nearest edge.
"""

from __future__ import annotations

from abc import ABC
from collections.abc import Sequence
from functools import partial
from typing import Annotated, NamedTuple

import jax
import jax.numpy as jnp
import pydantic
from jax import Array

from jaram.network.sharing import drawn, neighbours, own_part
from jaram.spec import NonNegative, Positive, Share, spec

Probability = Annotated[float, pydantic.Field(ge=0.0, le=1.0)]


class Augmentation(ABC):  # noqa: B024 -- each augmentation has one of three effects
    """One random change of pictures; the effects that it does not have do nothing."""

    def matrix(self, key: Array, batch: int, shares: int = 1) -> Array | None:
        """Where pixels come from: ``(batch, 2, 3)`` from output places (row, column, 1), in units
        of half the picture around its centre, to input places; None if it moves nothing."""
        return None

    def changed(self, key: Array, x: Array, shares: int = 1) -> Array:
        """The pictures with other values."""
        return x

    def mixed(self, key: Array, x: Array, shares: int = 1) -> tuple[Array, Array] | None:
        """Pictures mixed with those of :func:`partners`, and how much of each is its own
        ``(batch,)``; None if nothing is mixed."""
        return None


def _between(key: Array, batch: int, most: Array | float, shares: int) -> Array:
    """Evenly drawn from -most to most, ``(batch,)``."""
    draw = partial(jax.random.uniform, key, minval=-1.0, maxval=1.0)
    return drawn(draw, (batch,), shares) * most


def _beta(key: Array, batch: int, alpha: Array | float, shares: int) -> Array:
    """Drawn from Beta(alpha, alpha), ``(batch,)``."""
    return drawn(partial(jax.random.beta, key, alpha, alpha), (batch,), shares)


def _affine(rows: list[list[Array | float]], batch: int) -> Array:
    entries = [
        [jnp.broadcast_to(jnp.asarray(one, jnp.float32), (batch,)) for one in row] for row in rows
    ]
    return jnp.stack([jnp.stack(row, -1) for row in entries], -2)


@spec(family="augmentation", name="random_flip", aliases=("flip",))
class RandomFlip(Augmentation):
    """Left becomes right, with this probability."""

    probability: Probability = 0.5

    def matrix(self, key: Array, batch: int, shares: int = 1) -> Array:
        is_flipped = drawn(partial(jax.random.bernoulli, key, self.probability), (batch,), shares)
        side = jnp.where(is_flipped, -1.0, 1.0)
        return _affine([[1.0, 0.0, 0.0], [0.0, side, 0.0]], batch)


@spec(family="augmentation", name="random_shift", aliases=("shift", "random_crop", "crop"))
class RandomShift(Augmentation):
    """Moved up, down and sideways by up to ``most`` of the height and width: the same as padding
    with the edge and cropping anywhere."""

    most: Share = 0.1

    def matrix(self, key: Array, batch: int, shares: int = 1) -> Array:
        most = 2 * self.most
        down, right = (_between(one, batch, most, shares) for one in jax.random.split(key))
        return _affine([[1.0, 0.0, down], [0.0, 1.0, right]], batch)


@spec(family="augmentation", name="random_rotation", aliases=("rotate", "rotation"))
class RandomRotation(Augmentation):
    """Turned around the centre by up to ``degrees`` to either side. (A picture that is not square
    is turned as if it were.)"""

    degrees: NonNegative = 10.0

    def matrix(self, key: Array, batch: int, shares: int = 1) -> Array:
        angle = _between(key, batch, jnp.deg2rad(self.degrees), shares)
        cos, sin = jnp.cos(angle), jnp.sin(angle)
        return _affine([[cos, -sin, 0.0], [sin, cos, 0.0]], batch)


@spec(family="augmentation", name="random_zoom", aliases=("zoom",))
class RandomZoom(Augmentation):
    """Larger or smaller by a factor of up to 1 + ``most``, evenly on a logarithmic scale."""

    most: NonNegative = 0.1

    def matrix(self, key: Array, batch: int, shares: int = 1) -> Array:
        factor = jnp.exp(_between(key, batch, jnp.log1p(self.most), shares))
        return _affine([[factor, 0.0, 0.0], [0.0, factor, 0.0]], batch)


@spec(family="augmentation", name="random_brightness", aliases=("brightness",))
class RandomBrightness(Augmentation):
    """Up to ``most`` added to all values of a picture, in deviations of the training part."""

    most: NonNegative = 0.2

    def changed(self, key: Array, x: Array, shares: int = 1) -> Array:
        return x + _between(key, len(x), self.most, shares)[:, None, None, None]


@spec(family="augmentation", name="random_contrast", aliases=("contrast",))
class RandomContrast(Augmentation):
    """Values drawn to or away from the picture's mean by a factor of up to 1 + ``most``, evenly on
    a logarithmic scale."""

    most: NonNegative = 0.2

    def changed(self, key: Array, x: Array, shares: int = 1) -> Array:
        drawn_factor = jnp.exp(_between(key, len(x), jnp.log1p(self.most), shares))
        factor = drawn_factor[:, None, None, None]
        mean = x.mean((1, 2, 3), keepdims=True)
        return mean + (x - mean) * factor


@spec(family="augmentation", name="random_noise", aliases=("noise",))
class RandomNoise(Augmentation):
    """N(0, stddev²) added to every value, in deviations of the training part."""

    stddev: NonNegative = 0.1

    def changed(self, key: Array, x: Array, shares: int = 1) -> Array:
        draw = partial(jax.random.normal, key, dtype=x.dtype)
        return x + self.stddev * drawn(draw, x.shape, shares)


@spec(family="augmentation", name="cutout")
class Cutout(Augmentation):
    """A square of this share of the height and width becomes 0, the training part's mean (DeVries &
    Taylor, 2017). Its centre may lie anywhere, so that it may hang over the edge."""

    size: Share = 0.3

    def changed(self, key: Array, x: Array, shares: int = 1) -> Array:
        is_inside = _square(key, x, jnp.full(len(x), self.size), shares)
        return jnp.where(is_inside[..., None], jnp.zeros_like(x), x)


def _square(key: Array, x: Array, side: Array, shares: int) -> Array:
    """Which pixels ``(batch, height, width)`` lie in a square around a random centre; side: share
    of the height and width ``(batch,)``."""
    whole = jax.random.uniform(key, (2, len(x) * shares, 1))
    centre = own_part(whole.swapaxes(0, 1), shares)
    near = []
    for axis, size in enumerate(x.shape[1:3]):
        place = (jnp.arange(size) + 0.5) / size
        near.append(jnp.abs(place - centre[:, axis]) < side[:, None] / 2)
    return near[0][:, :, None] & near[1][:, None, :]


@spec(family="augmentation", name="mixup")
class Mixup(Augmentation):
    """Each picture and its answer mixed with another's, the share drawn from Beta(alpha, alpha)
    (Zhang et al., 2018)."""

    alpha: Positive = 0.2

    def mixed(self, key: Array, x: Array, shares: int = 1) -> tuple[Array, Array]:
        own = _beta(key, len(x), self.alpha, shares)
        own = jnp.maximum(own, 1 - own)  # which of the two is "its own" makes no difference
        share = own[:, None, None, None]
        return share * x + (1 - share) * partners(x, shares), own


@spec(family="augmentation", name="cutmix")
class CutMix(Augmentation):
    """A square of each picture replaced by another picture's, the answers mixed by area (Yun et
    al., 2019). The area's share is drawn from Beta(alpha, alpha)."""

    alpha: Positive = 1.0

    def mixed(self, key: Array, x: Array, shares: int = 1) -> tuple[Array, Array]:
        size_key, place_key = jax.random.split(key)
        kept = _beta(size_key, len(x), self.alpha, shares)
        is_inside = _square(place_key, x, jnp.sqrt(1 - kept), shares)
        own = 1 - is_inside.mean((1, 2), dtype=x.dtype)
        return jnp.where(is_inside[..., None], partners(x, shares), x), own


def partners(values: Array, shares: int = 1) -> Array:
    """What each example of a minibatch is mixed with: the next one's. Minibatches are shuffled."""
    return neighbours(values, shares)


class Augmented(NamedTuple):
    """A changed minibatch; own: how much of each answer is its own ``(batch,)``, the rest being its
    partner's; None if nothing was mixed."""

    x: Array
    own: Array | None


def augmented(
    augmentations: Sequence[Augmentation], key: Array, x: Array, shares: int = 1
) -> Augmented:
    """Pictures ``(batch, height, width, channels)`` changed by all of ``augmentations``, in their
    order; they may be this device's part of a minibatch (:mod:`jaram.network.sharing`). Of several
    that mix, the shares multiply as if only the last partner's answer counted beside the own; so
    take one."""
    own: Array | None = None
    moved: Array | None = None
    for place, one in enumerate(augmentations):
        one_key = jax.random.fold_in(key, place)
        matrix = one.matrix(one_key, len(x), shares)
        if matrix is not None:
            moved = matrix if moved is None else composed(moved, matrix)
            continue
        if moved is not None:
            x, moved = sampled(x, moved), None
        x = one.changed(one_key, x, shares)
        mixture = one.mixed(one_key, x, shares)
        if mixture is not None:
            x, share = mixture
            own = share if own is None else own * share
    return Augmented(x if moved is None else sampled(x, moved), own)


def composed(first: Array, second: Array) -> Array:
    """The affine map ``(batch, 2, 3)`` that goes through ``first``, then ``second``."""
    linear = jnp.einsum("bij,bjk->bik", second[..., :2], first[..., :2])
    offset = jnp.einsum("bij,bj->bi", second[..., :2], first[..., 2]) + second[..., 2]
    return jnp.concatenate([linear, offset[..., None]], axis=-1)


def sampled(x: Array, matrix: Array) -> Array:
    """Pictures whose pixels come from where ``matrix`` ``(batch, 2, 3)`` says, bilinearly."""
    batch, height, width, channels = x.shape
    half = jnp.array([height / 2, width / 2])
    rows = (jnp.arange(height) + 0.5) / half[0] - 1
    columns = (jnp.arange(width) + 0.5) / half[1] - 1
    places = jnp.stack(jnp.meshgrid(rows, columns, indexing="ij"))  # (2, height, width)
    from_ = jnp.einsum("bij,jhw->bihw", matrix[..., :2], places) + matrix[..., 2, None, None]
    row, column = ((from_[:, axis] + 1) * half[axis] - 0.5 for axis in range(2))
    row = jnp.clip(row, 0, height - 1).reshape(batch, -1)
    column = jnp.clip(column, 0, width - 1).reshape(batch, -1)
    top, left = jnp.floor(row), jnp.floor(column)
    down, right = (row - top)[..., None], (column - left)[..., None]
    flat = x.reshape(batch, height * width, channels)

    def at(y: Array, z: Array) -> Array:
        index = jnp.minimum(y, height - 1) * width + jnp.minimum(z, width - 1)
        return jnp.take_along_axis(flat, index.astype(jnp.int32)[..., None], axis=1)

    above = at(top, left) * (1 - right) + at(top, left + 1) * right
    below = at(top + 1, left) * (1 - right) + at(top + 1, left + 1) * right
    return (above * (1 - down) + below * down).reshape(x.shape)
