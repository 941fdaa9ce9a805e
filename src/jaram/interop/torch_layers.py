"""The layers of a PyTorch module, and what one forward pass through them shows."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import torch
from torch.overrides import TorchFunctionMode

_SIZES = ("out_features", "out_channels", "hidden_size", "num_features", "embedding_dim")
_BY_CHANNEL = ("Conv", "BatchNorm", "InstanceNorm", "GroupNorm")
"""Kinds of layers whose units are the second axis of what they give; else the last."""

Taken = tuple[int, str, torch.Tensor]
"""A layer, a vital sign, and a scalar tensor that belongs to it."""

_PREFIXES = ("Parametrized", "NonDynamicallyQuantizable")
"""What PyTorch puts before the name of a layer's kind without changing what it does."""


@dataclass(eq=False)
class Layer:
    """A module that has parameters of its own.

    name: where it is in the module: ``"encoder.0"``. place: its rank among those called in a
    forward pass; None if it was not seen to be called. activation: the function applied to its
    output, ``""`` if there is none.
    """

    name: str
    module: torch.nn.Module
    place: int | None = None
    activation: str = ""

    def parameters(self) -> Iterator[torch.nn.Parameter]:
        """Its own parameters, with those that a parametrization keeps for it."""
        yield from self.module.parameters(recurse=False)
        if (kept := getattr(self.module, "parametrizations", None)) is not None:
            yield from kept.parameters()

    @property
    def has_matrix(self) -> bool:
        """Whether it multiplies what comes in by weights; a table of embeddings does not."""
        is_table = "embedding" in type(self.module).__name__.lower()
        return not is_table and any(one.ndim > 1 for one in self.parameters())

    def is_whole_unit(self, mask: torch.Tensor) -> torch.Tensor:
        """``(units,)``: for which units ``mask``, of the shape of the output, holds everywhere."""
        if mask.ndim > 2 and any(part in type(self.module).__name__ for part in _BY_CHANNEL):
            mask = mask.transpose(1, -1)
        whole: torch.Tensor = mask.reshape(-1, mask.shape[-1]).all(dim=0)
        return whole

    def described(self) -> str:
        """In words: ``"linear 64 relu (encoder.0)"``."""
        sizes = (getattr(self.module, name, None) for name in _SIZES)
        size = next((str(one) for one in sizes if isinstance(one, int)), "")
        kind = str(getattr(self.module, "original_name", type(self.module).__name__))
        for prefix in _PREFIXES:
            kind = kind.removeprefix(prefix)
        words = [kind.lower(), size, self.activation]
        return " ".join([*filter(None, words), *([f"({self.name})"] if self.name else [])])


def layers_of(module: torch.nn.Module) -> tuple[Layer, ...]:
    """The modules inside ``module`` that have parameters; a shared one counts once."""
    found = []
    for name, one in module.named_modules():
        if "parametrizations" in name.split(".") or isinstance(one, torch.nn.PReLU):
            continue
        layer = Layer(_plain(name), one)
        if next(layer.parameters(), None) is not None:
            found.append(layer)
    return tuple(found)


def in_order(layers: tuple[Layer, ...]) -> list[int]:
    """Places of the layers from the input to the output, as they are called; one that is used
    without being called stands behind the one that is declared before it."""
    keys: list[tuple[int, int]] = []
    for index, layer in enumerate(layers):
        before = keys[-1][0] if keys else -1
        keys.append((before if layer.place is None else layer.place, index))
    return sorted(range(len(layers)), key=keys.__getitem__)


def _plain(name: str) -> str:
    """A module's name without the wrappers of compilation and distribution."""
    return ".".join(part for part in name.split(".") if part not in ("_orig_mod", "module"))


# --- activations --------------------------------------------------------------------------------

Test = Callable[[torch.Tensor, dict[str, Any]], torch.Tensor]


@dataclass(frozen=True)
class Activation:
    """What an activation's outputs tell of its slope, as in :mod:`jaram.network.activations`.

    is_dead: where it is 0. is_saturated: where it is below 5% of its largest. settings: names and
    defaults of the arguments after the input.
    """

    is_dead: Test | None = None
    is_saturated: Test | None = None
    settings: dict[str, Any] = field(default_factory=dict)


def _is_flat_elu(y: torch.Tensor, given: dict[str, Any]) -> torch.Tensor:
    alpha = float(given["alpha"])
    return (y < 0) & (y + alpha < 0.05 * max(alpha, 1.0))


_SELU_BOTTOM = 1.0507009873554805 * 1.6732632423543772

_RELU = Activation(is_dead=lambda y, _: y <= 0)
_CLIPPED = Activation(
    is_dead=lambda y, given: (y <= given["min_val"]) | (y >= given["max_val"]),
    settings={"min_val": -1.0, "max_val": 1.0},
)
_NONE = Activation()

ACTIVATIONS: dict[str, Activation] = {
    "relu": _RELU,
    "relu6": Activation(is_dead=lambda y, _: (y <= 0) | (y >= 6)),
    "hardtanh": _CLIPPED,
    "sigmoid": Activation(is_saturated=lambda y, _: y * (1 - y) < 0.05 * 0.25),
    "tanh": Activation(is_saturated=lambda y, _: 1 - y * y < 0.05),
    "elu": Activation(is_saturated=_is_flat_elu, settings={"alpha": 1.0}),
    "selu": Activation(is_saturated=lambda y, _: y + _SELU_BOTTOM < 0.05 * _SELU_BOTTOM),
    "softplus": Activation(
        is_saturated=lambda y, given: -torch.expm1(-given["beta"] * y) < 0.05,
        settings={"beta": 1.0},
    ),
    "leaky_relu": _NONE,
    "prelu": _NONE,
    "gelu": _NONE,
    "silu": _NONE,
    "mish": _NONE,
    "hardswish": _NONE,
    "hardsigmoid": Activation(is_dead=lambda y, _: (y <= 0) | (y >= 1)),
    "softsign": _NONE,
    "softmax": _NONE,
    "log_softmax": _NONE,
    "logsigmoid": _NONE,
}
"""By the name of PyTorch's function, those that work in place without their underscore."""


def _activation(
    name: str, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> tuple[str, Activation, dict[str, Any]] | None:
    """The activation that a call is, under its usual name, with its settings; None if it is
    none."""
    name = name.rstrip("_")
    if name in ("clamp", "clamp_min", "clip"):
        bounds = dict(zip(("min", "max"), args[1:], strict=False)) | kwargs
        low, high = bounds.get("min"), bounds.get("max")
        return ("relu", _RELU, {}) if low == 0 and high is None else None
    found = ACTIVATIONS.get(name)
    if found is None:
        return None
    given = found.settings | dict(zip(found.settings, args[1:], strict=False))
    given |= {key: value for key, value in kwargs.items() if key in given}
    if name == "hardtanh" and (given["min_val"], given["max_val"]) == (0.0, 6.0):
        name = "relu6"
    return name, found, given


# --- one forward pass ---------------------------------------------------------------------------


@dataclass(eq=False)
class _Seen:
    """What a layer gave in the last forward pass: the output of every call, and of the function
    that was applied to the last."""

    outputs: list[torch.Tensor]
    activation: Activation = _NONE
    settings: dict[str, Any] = field(default_factory=dict)


class Forward:
    """Looks on at the forward passes of a module until it is closed, and keeps the last.

    Only passes that keep a graph count, so that a validation in between does not. Outputs are
    looked at when the pass ends and are not kept longer.
    """

    def __init__(self, module: torch.nn.Module, layers: tuple[Layer, ...]) -> None:
        self.rows = 0
        self.has_seen = False
        self._layers = layers
        self._seen: dict[int, _Seen] = {}
        self._layer_of: dict[int, int] = {}
        self._calls: Any = None  # while a pass is going on
        self._signs: list[Taken] = []
        self._dead: list[tuple[int, torch.Tensor]] = []
        self._handles: list[Any] = []
        is_compiled = hasattr(module, "_orig_mod") or getattr(module, "_compiled_call_impl", None)
        if is_compiled or isinstance(module, torch.jit.ScriptModule):
            self.has_seen = True  # all there is to be seen
            return
        self._handles.append(module.register_forward_pre_hook(_Hook(self._begin), with_kwargs=True))
        for index, layer in enumerate(layers):
            hook = _Hook(self._layer_hook(index))
            self._handles.append(layer.module.register_forward_hook(hook))
        self._handles.append(module.register_forward_hook(_Hook(self._end), always_call=True))

    def close(self) -> None:
        """Take the hooks off again."""
        for handle in self._handles:
            handle.remove()
        self._handles = []
        self._stop()

    def signs(self) -> list[Taken]:
        """Mean and deviation of every layer's outputs, and the share of saturated ones."""
        return self._signs

    def dead(self) -> list[tuple[int, torch.Tensor]]:
        """Of each layer whose units can die, ``(units,)``: which had no slope on any row."""
        return self._dead

    # --- hooks ----------------------------------------------------------------------------------

    def _begin(self, module: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        if not torch.is_grad_enabled() or self._calls is not None:
            return
        tensors = (
            one for one in (*args, *kwargs.values()) if isinstance(one, torch.Tensor) and one.ndim
        )
        first = next(tensors, None)
        self.rows = 0 if first is None else len(first)
        self._seen, self._layer_of = {}, {}
        self._calls = _Calls(self._note_call)
        self._calls.__enter__()

    def _layer_hook(self, index: int) -> Callable[..., None]:
        def note(module: Any, args: Any, output: Any) -> None:
            # No method of a tensor is called here: it would pass through _Calls as well.
            while isinstance(output, tuple | list) and output:
                output = output[0]
            if self._calls is None or not isinstance(output, torch.Tensor):
                return
            layer = self._layers[index]
            if layer.place is None:
                layer.place = len(self._seen)
            self._seen.setdefault(index, _Seen([])).outputs.append(output)
            self._layer_of[id(output)] = index

        return note

    def _note_call(self, name: str, args: tuple[Any, ...], kwargs: Any, result: Any) -> None:
        source = args[0] if args else kwargs.get("input")
        index = self._layer_of.get(id(source))
        if index is None or not isinstance(result, torch.Tensor):
            return
        found = _activation(name, args, kwargs)
        if found is not None:
            seen = self._seen[index]
            del self._layer_of[id(source)]
            self._layers[index].activation, seen.activation, seen.settings = found
            seen.outputs = [result if one is source else one for one in seen.outputs]

    def _end(self, module: Any, args: Any, output: Any) -> None:
        if self._calls is None:
            return
        self._stop()
        if output is not None:
            self.has_seen = True
            with torch.no_grad():
                self._seen = {
                    index: seen for index, seen in self._seen.items() if _is_numbers(seen.outputs)
                }
                self._signs = [
                    taken for index, seen in self._seen.items() for taken in self._look(index, seen)
                ]
                self._dead = [
                    (index, self._dead_in(index, seen, is_dead))
                    for index, seen in self._seen.items()
                    if (is_dead := seen.activation.is_dead) is not None
                ]
        self._seen, self._layer_of = {}, {}

    def _stop(self) -> None:
        if self._calls is not None:
            calls, self._calls = self._calls, None
            calls.__exit__(None, None, None)

    def _look(self, index: int, seen: _Seen) -> Iterator[Taken]:
        y = seen.outputs[-1]
        y = y.float() if y.dtype in (torch.float16, torch.bfloat16) else y
        mean = y.mean()
        # Several times faster than torch.std_mean on small tensors.
        deviation = torch.linalg.vector_norm(y - mean) / math.sqrt(max(1, y.numel()))
        yield index, "activation_mean", mean
        yield index, "activation_std", deviation
        if (is_saturated := seen.activation.is_saturated) is not None:
            yield index, "saturated", is_saturated(y, seen.settings).mean(dtype=torch.float32)

    def _dead_in(self, index: int, seen: _Seen, is_dead: Test) -> torch.Tensor:
        layer = self._layers[index]
        found = [layer.is_whole_unit(is_dead(y, seen.settings)) for y in seen.outputs]
        return found[0] if len(found) == 1 else torch.stack(found).all(dim=0)


def _is_numbers(outputs: list[torch.Tensor]) -> bool:
    return all(one.is_floating_point() and one.ndim and one.numel() for one in outputs)


class _Calls(TorchFunctionMode):
    """Tells of every call of a PyTorch function; functions of modules are among them."""

    def __init__(self, note: Callable[..., None]) -> None:
        super().__init__()
        self._note = note

    def __torch_function__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        kwargs = kwargs or {}
        result = func(*args, **kwargs)
        self._note(getattr(func, "__name__", ""), args, kwargs, result)
        return result


class _Hook:
    """A hook that a copied or saved module leaves behind."""

    def __init__(self, function: Callable[..., None]) -> None:
        self._function = function

    def __call__(self, *args: Any) -> None:
        self._function(*args)

    def __reduce__(self) -> tuple[Any, ...]:
        return _Hook, (_pass,)


def _pass(*_: Any) -> None:
    """Nothing."""
