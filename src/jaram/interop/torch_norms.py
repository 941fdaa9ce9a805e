"""How large the gradients, the parameters and the change of each layer are in one step."""

from __future__ import annotations

from collections.abc import Iterator

import torch

from jaram.interop.torch_layers import Layer, Taken


class Norms:
    """Made before a step of the optimizer, and asked after it.

    A parameter that the optimizer does not have does not change; one that no gradient reaches has
    one of zero. Parameters that are frozen do not count.
    """

    def __init__(self, layers: tuple[Layer, ...], optimizer: torch.optim.Optimizer) -> None:
        self._optimizer = optimizer
        self._trained = [
            (index, one)
            for index, layer in enumerate(layers)
            for one in layer.parameters()
            if one.requires_grad
        ]
        moved = {id(one) for group in optimizer.param_groups for one in group["params"]}
        with torch.no_grad():
            self._before = [one.clone() if id(one) in moved else None for _, one in self._trained]
            self._gradients = list(self._read_gradients())

    def after(self) -> list[Taken]:
        """The norm of each array's gradient, of itself before the step and of its change; nothing
        if no gradient has come.

        Only operations that wait for no accelerator; layers are put together from their arrays
        later.
        """
        with torch.no_grad():
            # An optimizer that is given a closure has no gradients before its step.
            gradients = self._gradients or list(self._read_gradients())
            return [*gradients, *self._read_weights()] if gradients else []

    def _read_gradients(self) -> Iterator[Taken]:
        scale = getattr(self._optimizer, "grad_scale", None)  # of mixed precision, if fused
        for layer, one in self._trained:
            if one.grad is not None:
                size = _norm(one.grad)
                yield layer, "gradient_norm", size if scale is None else size / scale

    def _read_weights(self) -> Iterator[Taken]:
        for (layer, one), before in zip(self._trained, self._before, strict=True):
            yield layer, "weight_norm", _norm(one if before is None else before)
            if before is not None:
                yield layer, "update_ratio", _norm(one - before)


def _norm(tensor: torch.Tensor) -> torch.Tensor:
    if tensor.is_sparse:
        tensor = tensor.coalesce().values()
    if tensor.dtype in (torch.float16, torch.bfloat16):  # whose squares overflow
        tensor = tensor.float()
    size: torch.Tensor = torch.linalg.vector_norm(tensor)
    return size
