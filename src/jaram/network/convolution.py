"""Convolutions over series ``(steps, channels)`` and pictures ``(height, width, channels)``."""

from __future__ import annotations

import math
from typing import Annotated, Literal

import jax.numpy as jnp
import numpy as np
import pydantic
from jax import Array

from jaram.errors import RecipeError
from jaram.network.activations import ActivationField, Identity, activation_params
from jaram.network.initializers import InitializerField, weights_for
from jaram.network.kernels.convolution import convolve, convolve_transposed
from jaram.network.kernels.windows import Window
from jaram.network.layer import Context, Layer, Params, Shape, State
from jaram.network.windowed import (
    Padding,
    Sizes,
    check_kernel,
    each_axis,
    mask_under,
    only_real,
    output_sizes,
    spatial_axes,
    window_of,
)
from jaram.spec import Count, spec


@spec(family="layer", name="conv", aliases=("convolution", "conv1d", "conv2d"))
class Conv(Layer):
    """``activation(convolution of x with weight + bias)``, in one or two dimensions.

    It is the cross-correlation that networks call convolution: the kernel is not turned around.

    filters: channels of the output. kernel: the window's size, one number for all axes or one an
        axis. stride: how far the window moves. dilation: distance between its places.
    padding: ``"same"``, ``"valid"``, ``"causal"`` (series) or how many zeros on either side.
    groups: the channels are parted into so many groups that do not see each other.
    init: how ``weight`` ``(*kernel, channels / groups, filters)`` is drawn; None takes what suits
        the activation.

    Padded steps of a series change no number of the real ones, whatever they hold.
    """

    filters: Count
    kernel: Sizes = 3
    activation: ActivationField = Identity()
    stride: Sizes = 1
    padding: Padding = "same"
    dilation: Sizes = 1
    groups: Count = 1
    init: InitializerField = None
    bias: bool = True

    def _window(self, axes: int) -> Window:
        return window_of(self, axes, self.kernel, self.stride, self.padding, self.dilation)

    def output_shape(self, input_shape: Shape) -> Shape:
        axes = spatial_axes(self, input_shape)
        channels = input_shape[-1]
        if channels % self.groups or self.filters % self.groups:
            raise RecipeError(
                "network.groups_do_not_fit",
                groups=self.groups,
                channels=channels,
                filters=self.filters,
            )
        window = self._window(axes)
        sizes = output_sizes(self, window, input_shape[:-1])
        check_kernel(self, window, input_shape[:-1])
        return (*sizes, self.filters)

    def initial_params(self, rng: np.random.Generator, input_shape: Shape) -> Params:
        size = each_axis(self, self.kernel, spatial_axes(self, input_shape))
        seen, channels = math.prod(size), input_shape[-1] // self.groups
        fans = seen * channels, seen * self.filters // self.groups
        weight = weights_for(self.init, self.activation).draw(
            rng, (*size, channels, self.filters), *fans
        )
        params: Params = {"weight": weight}
        if self.bias:
            params["bias"] = np.zeros(self.filters, np.float32)
        return params | activation_params(self.activation, self.output_shape(input_shape))

    def apply(
        self, params: Params, state: State, x: Array, context: Context
    ) -> tuple[Array, State]:
        window = self._window(x.ndim - 2)
        z = convolve(only_real(x, context.mask), params["weight"], window, self.groups)
        z = z + params["bias"] if self.bias else z
        return self.activation(z, params.get("activation", {})), state

    def output_mask(self, mask: Array | None) -> Array | None:
        return mask_under(self._window(1), mask)

    def operations(self, input_shape: Shape) -> int:
        size = each_axis(self, self.kernel, len(input_shape) - 1)
        a_number = math.prod(size) * input_shape[-1] // self.groups
        return math.prod(self.output_shape(input_shape)) * a_number


@spec(family="layer", name="depthwise_conv")
class DepthwiseConv(Layer):
    """Each channel convolved by itself, with ``multiplier`` kernels.

    With a 1×1 convolution behind it, it is a separable convolution (Chollet, 2017). Fields as in
    :class:`Conv`; ``weight`` ``(*kernel, 1, channels * multiplier)``, the kernels of one channel
    beside each other.
    """

    kernel: Sizes = 3
    activation: ActivationField = Identity()
    multiplier: Count = 1
    stride: Sizes = 1
    padding: Padding = "same"
    dilation: Sizes = 1
    init: InitializerField = None
    bias: bool = True

    def _window(self, axes: int) -> Window:
        return window_of(self, axes, self.kernel, self.stride, self.padding, self.dilation)

    def output_shape(self, input_shape: Shape) -> Shape:
        window = self._window(spatial_axes(self, input_shape))
        channels = input_shape[-1] * self.multiplier
        sizes = output_sizes(self, window, input_shape[:-1])
        check_kernel(self, window, input_shape[:-1])
        return (*sizes, channels)

    def initial_params(self, rng: np.random.Generator, input_shape: Shape) -> Params:
        size = each_axis(self, self.kernel, spatial_axes(self, input_shape))
        channels, seen = input_shape[-1] * self.multiplier, math.prod(size)
        weight = weights_for(self.init, self.activation).draw(
            rng, (*size, 1, channels), seen, seen * self.multiplier
        )
        params: Params = {"weight": weight}
        if self.bias:
            params["bias"] = np.zeros(channels, np.float32)
        return params | activation_params(self.activation, self.output_shape(input_shape))

    def apply(
        self, params: Params, state: State, x: Array, context: Context
    ) -> tuple[Array, State]:
        window = self._window(x.ndim - 2)
        z = convolve(only_real(x, context.mask), params["weight"], window, x.shape[-1])
        z = z + params["bias"] if self.bias else z
        return self.activation(z, params.get("activation", {})), state

    def output_mask(self, mask: Array | None) -> Array | None:
        return mask_under(self._window(1), mask)

    def operations(self, input_shape: Shape) -> int:
        size = each_axis(self, self.kernel, len(input_shape) - 1)
        return math.prod(self.output_shape(input_shape)) * math.prod(size)


@spec(family="layer", name="conv_transpose", aliases=("deconvolution",))
class ConvTranspose(Layer):
    """The transpose of a convolution: each input place adds its kernel to the output.

    With a stride it enlarges (Zeiler et al., 2010; generators of pictures). ``"same"`` padding
    gives ``size * stride``, a number p ``(size - 1) * stride + kernel - 2 p``, ``"valid"`` as p =
    0.

    ``weight`` ``(*kernel, filters, channels)``: that of the convolution it transposes.
    """

    filters: Count
    kernel: Sizes = 3
    activation: ActivationField = Identity()
    stride: Sizes = 1
    padding: Literal["same", "valid"] | Annotated[int, pydantic.Field(ge=0, strict=True)] = "same"
    init: InitializerField = None
    bias: bool = True

    def _window(self, axes: int) -> Window:
        window = window_of(self, axes, self.kernel, self.stride, "valid")
        if self.padding == "valid":
            return window
        if not isinstance(self.padding, str):
            return window._replace(padding=((self.padding, self.padding),) * axes)
        over = [max(0, size - step) for size, step in zip(window.size, window.strides, strict=True)]
        return window._replace(padding=tuple((one // 2, one - one // 2) for one in over))

    def _sizes(self, window: Window, sizes: tuple[int, ...]) -> tuple[int, ...]:
        if self.padding == "same":
            return tuple(size * step for size, step in zip(sizes, window.strides, strict=True))
        return tuple(
            (size - 1) * step + reach - before - after
            for size, step, reach, (before, after) in zip(
                sizes, window.strides, window.reach, window.padding, strict=True
            )
        )

    def output_shape(self, input_shape: Shape) -> Shape:
        window = self._window(spatial_axes(self, input_shape))
        found = self._sizes(window, input_shape[:-1])
        if min(found) < 1:
            raise RecipeError(
                "network.padding_too_large", padding=self.padding, sizes=input_shape[:-1]
            )
        return (*found, self.filters)

    def initial_params(self, rng: np.random.Generator, input_shape: Shape) -> Params:
        size = each_axis(self, self.kernel, spatial_axes(self, input_shape))
        seen, channels = math.prod(size), input_shape[-1]
        # Drawn with the units last, as every initializer has it.
        weight = weights_for(self.init, self.activation).draw(
            rng, (*size, channels, self.filters), seen * channels, seen * self.filters
        )
        params: Params = {"weight": np.ascontiguousarray(weight.swapaxes(-1, -2))}
        if self.bias:
            params["bias"] = np.zeros(self.filters, np.float32)
        return params | activation_params(self.activation, self.output_shape(input_shape))

    def apply(
        self, params: Params, state: State, x: Array, context: Context
    ) -> tuple[Array, State]:
        window = self._window(x.ndim - 2)
        sizes = self._sizes(window, x.shape[1:-1])
        z = convolve_transposed(only_real(x, context.mask), params["weight"], window, sizes)
        z = z + params["bias"] if self.bias else z
        return self.activation(z, params.get("activation", {})), state

    def output_mask(self, mask: Array | None) -> Array | None:
        if mask is None:
            return None
        window = self._window(1)
        (stride,), (count,) = window.strides, self._sizes(window, mask.shape[1:])
        extra = count - mask.shape[1] * stride
        # What it would make of the real steps alone: their strides, and what hangs over the end.
        lengths = mask.sum(1) * stride + jnp.where(mask.any(1), extra, 0)
        return jnp.arange(count) < lengths[:, None]

    def operations(self, input_shape: Shape) -> int:
        size = each_axis(self, self.kernel, len(input_shape) - 1)
        return math.prod(input_shape) * math.prod(size) * self.filters
