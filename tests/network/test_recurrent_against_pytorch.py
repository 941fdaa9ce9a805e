"""Recurrent layers against PyTorch, and the fast way against one step after another."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaram.network.layer import Context
from jaram.spec import parse

torch = pytest.importorskip("torch")

TOLERANCE = {"rtol": 1e-8, "atol": 1e-9}
GATES = {"rnn": 1, "lstm": 4, "gru": 3}


def params_of(module: Any, suffix: str = "") -> Any:
    """PyTorch's parameters of one direction as ours; of a GRU the candidate's second bias is kept
    apart, because it is added before the reset."""
    state = {name: value.detach().numpy() for name, value in module.named_parameters()}
    return from_arrays(state, suffix, isinstance(module, torch.nn.GRU))


def gradients_of(module: Any, suffix: str = "") -> Any:
    state = {name: value.grad.numpy() for name, value in module.named_parameters()}
    return from_arrays(state, suffix, isinstance(module, torch.nn.GRU), halves=True)


def from_arrays(state: Any, suffix: str, is_gru: bool, halves: bool = False) -> Any:
    first, second = state[f"bias_ih_l0{suffix}"], state[f"bias_hh_l0{suffix}"]
    found: dict[str, Any] = {
        "input": {"weight": state[f"weight_ih_l0{suffix}"].T},
        "recurrent": {"weight": state[f"weight_hh_l0{suffix}"].T},
    }
    together = first if halves else first + second
    if is_gru:
        units = len(first) // 3
        found["recurrent"]["bias"] = second[2 * units :]
        together = np.concatenate([together[: 2 * units], first[2 * units :]])
    return found | {"bias": together}


@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize("words", ["rnn {} tanh", "rnn {} relu", "lstm {}", "gru {}"])
def test_values_and_gradients(words: str, seed: int) -> None:
    rng = np.random.default_rng(seed)
    batch, steps, features, units = (int(n) for n in rng.integers(2, 6, 4))
    layer = parse("layer", words.format(units) + " return_sequences=true")
    kind = words.split()[0]
    more = {"nonlinearity": words.split()[-1]} if kind == "rnn" else {}
    module = getattr(torch.nn, kind.upper())(features, units, batch_first=True, **more).double()
    x, direction = rng.standard_normal((batch, steps, features)), None
    given = torch.tensor(x, requires_grad=True)
    expected = module(given)[0]
    direction = rng.standard_normal(expected.shape)
    expected.backward(torch.tensor(direction))
    with jax.enable_x64(True):
        params = jax.tree.map(jnp.asarray, params_of(module))
        y, pull = jax.vjp(lambda p, x: layer.apply(p, {}, x, Context())[0], params, jnp.asarray(x))
        found, found_x = pull(jnp.asarray(direction))
    np.testing.assert_allclose(y, expected.detach().numpy(), **TOLERANCE)
    np.testing.assert_allclose(found_x, given.grad.numpy(), **TOLERANCE)
    jax.tree.map(
        lambda a, b: np.testing.assert_allclose(a, b, **TOLERANCE), found, gradients_of(module)
    )


@pytest.mark.parametrize("kind", ["rnn", "lstm", "gru"])
def test_both_directions(kind: str) -> None:
    rng = np.random.default_rng(3)
    module = getattr(torch.nn, kind.upper())(2, 3, batch_first=True, bidirectional=True).double()
    x = rng.standard_normal((4, 5, 2))
    expected, last = module(torch.tensor(x))
    with jax.enable_x64(True):
        params = jax.tree.map(
            jnp.asarray, {"forward": params_of(module), "backward": params_of(module, "_reverse")}
        )
        every = parse("layer", f"bidirectional ({kind} 3 return_sequences=true)")
        found = every.apply(params, {}, jnp.asarray(x), Context())[0]
        np.testing.assert_allclose(found, expected.detach().numpy(), **TOLERANCE)
        states = (last[0] if kind == "lstm" else last).detach().numpy()
        found = parse("layer", f"bi ({kind} 3)").apply(params, {}, jnp.asarray(x), Context())[0]
        np.testing.assert_allclose(found, np.concatenate(states, axis=-1), **TOLERANCE)
        for merge, combined in (
            ("sum", states[0] + states[1]),
            ("mean", (states[0] + states[1]) / 2),
            ("multiply", states[0] * states[1]),
        ):
            layer = parse("layer", f"bi ({kind} 3) {merge}")
            found = layer.apply(params, {}, jnp.asarray(x), Context())[0]
            np.testing.assert_allclose(found, combined, **TOLERANCE)


def test_unequal_lengths_as_packed_sequences() -> None:
    rng = np.random.default_rng(4)
    lengths = [5, 2, 4]
    x = rng.standard_normal((3, 5, 2))
    mask = np.arange(5) < np.array(lengths)[:, None]
    module = torch.nn.LSTM(2, 3, batch_first=True, bidirectional=True).double()
    packed = torch.nn.utils.rnn.pack_padded_sequence(
        torch.tensor(x), lengths, batch_first=True, enforce_sorted=False
    )
    _, (last, _) = module(packed)
    with jax.enable_x64(True):
        params = jax.tree.map(
            jnp.asarray, {"forward": params_of(module), "backward": params_of(module, "_reverse")}
        )
        found, _ = parse("layer", "bi (lstm 3)").apply(
            params, {}, jnp.asarray(x), Context(mask=jnp.asarray(mask))
        )
    expected = np.concatenate(last.detach().numpy(), axis=-1)
    np.testing.assert_allclose(found, expected, **TOLERANCE)
