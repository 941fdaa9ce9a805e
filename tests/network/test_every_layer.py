"""What every registered layer has to keep. A layer without a sample fails here."""

from __future__ import annotations

import tomllib
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import tomli_w
from jax.test_util import check_grads
from network_samples import BATCH, LAYERS, LayerSample, float64

import jaram.network
from jaram.errors import JaramError
from jaram.network.layer import Context, Layer
from jaram.network.network import initial_params, initial_state, table
from jaram.spec import describe, parse, registered, words

EVERY = sorted(registered("layer"))
STATES = {"training": True, "use": False}


@pytest.fixture(params=EVERY)
def sample(request: pytest.FixtureRequest) -> LayerSample:
    assert request.param in LAYERS, f"give network_samples.py a sample of {request.param!r}"
    return LAYERS[request.param]


def context_of(training: bool, seed: int = 3) -> Context:
    return Context(training, jax.random.key(seed) if training else None)


def start(layer: Layer, sample: LayerSample, seed: int = 0) -> tuple[Any, Any]:
    params = layer.initial_params(np.random.default_rng(seed), sample.input_shape)
    return params, layer.initial_state(sample.input_shape)


def signature(tree: Any) -> Any:
    return jax.tree.map(lambda leaf: (leaf.shape, str(leaf.dtype)), tree)


def assert_close(found: Any, expected: Any) -> None:
    # float32 sums in another order: a few units in the last place
    jax.tree.map(partial(np.testing.assert_allclose, rtol=2e-5, atol=1e-6), found, expected)


def test_is_found_under_its_own_name_and_in_the_package(sample: LayerSample) -> None:
    cls = type(sample.layer)
    assert registered("layer")[sample.words.split()[0]] is cls
    assert getattr(jaram.network, cls.__name__) is cls


def test_reads_back_from_table_toml_and_words(sample: LayerSample) -> None:
    layer = sample.layer
    assert parse("layer", describe(layer)) == layer
    toml = tomli_w.dumps({"network": [describe(layer)]})
    assert parse("layer", tomllib.loads(toml)["network"][0]) == layer
    assert parse("layer", words(layer)) == layer


@pytest.mark.parametrize("training", STATES.values(), ids=STATES)
def test_output_shape_dtype_and_state(sample: LayerSample, training: bool) -> None:
    layer, x = sample.layer, sample.inputs()
    params, state = start(layer, sample)
    y, next_state = layer.apply(params, state, x, context_of(training))
    assert y.shape == (BATCH, *layer.output_shape(sample.input_shape))
    assert y.dtype == jnp.float32
    assert signature(next_state) == signature(state)
    assert bool(jnp.isfinite(y).all())
    if not training:
        assert_close(next_state, state)


def test_initial_params_are_float32_on_the_host_and_seeded(sample: LayerSample) -> None:
    layer = sample.layer
    params, state = start(layer, sample)
    for leaf in jax.tree.leaves((params, state)):
        assert type(leaf) is np.ndarray
        assert leaf.dtype == np.float32
    jax.tree.map(np.testing.assert_array_equal, params, start(layer, sample)[0])


@pytest.mark.parametrize("training", STATES.values(), ids=STATES)
def test_jit_changes_nothing(sample: LayerSample, training: bool) -> None:
    layer, x = sample.layer, sample.inputs()
    params, state = start(layer, sample)

    def run(layer: Layer, params: Any, state: Any, x: Any) -> Any:
        return layer.apply(params, state, x, context_of(training))

    assert_close(jax.jit(run)(layer, params, state, x), run(layer, params, state, x))


@pytest.mark.parametrize("training", STATES.values(), ids=STATES)
def test_member_of_a_population_computes_as_if_alone(sample: LayerSample, training: bool) -> None:
    twins = (sample.layer, parse("layer", sample.twin))
    seeds = (1, 2)
    starts = [start(layer, sample, seed) for layer, seed in zip(twins, seeds, strict=True)]
    x = sample.inputs()

    def run(layer: Layer, params: Any, state: Any, seed: Any) -> Any:
        return layer.apply(params, state, x, context_of(training, seed))

    stack = partial(jax.tree.map, lambda *leaves: jnp.stack([jnp.asarray(one) for one in leaves]))
    together = jax.vmap(run)(stack(*twins), *stack(*starts), jnp.array(seeds))
    for member, (layer, seed) in enumerate(zip(twins, seeds, strict=True)):
        alone = run(layer, *starts[member], seed)
        assert_close(jax.tree.map(lambda leaf, at=member: leaf[at], together), alone)


def test_gradients_agree_with_finite_differences(sample: LayerSample) -> None:
    layer = sample.layer
    params, state = start(layer, sample)
    with jax.enable_x64(True):
        layer, params, state, x = (float64(one) for one in (layer, params, state, sample.inputs()))

        def run(params: Any, x: Any) -> Any:
            return layer.apply(params, state, x, context_of(True))[0]

        if sample.tokens:
            check_grads(partial(run, x=x), (params,), order=1, modes=["rev"])
        else:
            check_grads(run, (params, x), order=1, modes=["rev"])


def test_examples_do_not_look_at_each_other_in_use(sample: LayerSample) -> None:
    layer, x = sample.layer, sample.inputs()
    params, state = start(layer, sample)
    whole, _ = layer.apply(params, state, x, Context())
    for row in range(BATCH):
        alone, _ = layer.apply(params, state, x[row : row + 1], Context())
        assert_close(alone[0], whole[row])


def test_a_network_of_one_layer_has_a_row_in_the_table(sample: LayerSample) -> None:
    layer = sample.layer
    (row,) = table((layer,), sample.input_shape)
    (params,) = initial_params((layer,), 0, sample.input_shape)
    assert row.layer == words(layer)
    assert row.parameters == sum(leaf.size for leaf in jax.tree.leaves(params))
    assert row.output_shape == layer.output_shape(sample.input_shape)
    assert len(initial_state((layer,), sample.input_shape)) == 1


def test_operations_are_what_the_compiler_counts(sample: LayerSample) -> None:
    layer, shape = sample.layer, sample.counted_shape or sample.input_shape
    x = jnp.asarray(sample.inputs(of_shape=shape))
    params = layer.initial_params(np.random.default_rng(0), shape)
    state = layer.initial_state(shape)

    def run(params: Any, x: Any) -> Any:
        return layer.apply(params, state, x, Context())[0]

    cost = jax.jit(run).lower(params, x).compile().cost_analysis()
    flops = float(cost.get("flops", 0.0))
    counted = 2 * BATCH * layer.operations(shape)
    # Additions of biases, activations and normalisations are at most a few a number.
    numbers = x.size + BATCH * int(np.prod(layer.output_shape(shape)))
    assert flops - 12 * numbers <= counted <= flops + 4 * numbers


def test_unknown_field_is_one_sentence(sample: LayerSample) -> None:
    with pytest.raises(JaramError, match="has no field 'colour'"):
        parse("layer", f"{sample.words} colour=red")
