"""Members of different structure in one program, each against itself trained alone."""

from __future__ import annotations

import dataclasses
from typing import Any

import jax
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import jaram as jr
from jaram.network.network import table
from jaram.runs.candidates import candidates_of
from jaram.searches.cohort import Cohort, Entry, Saved, Work, skeleton_of, structure_of
from jaram.searches.frames import frame_of, framed, holds
from jaram.searches.sharing import COMPILE_SECONDS, shared
from jaram.spec import words

CLOSE = {"rtol": 1e-4, "atol": 1e-4}  # the engine's own, see test_populations


def data() -> jr.Data:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(150, 5)).astype(np.float32)
    return jr.Data(x, (x[:, 0] * x[:, 1] > 0).astype(int))


DATA = data()


def recipe(*network: jr.Layer, **fields: Any) -> jr.Recipe:
    usual: dict[str, Any] = {
        "optimizer": jr.Adam(0.01),
        "penalties": (jr.L2(0.01),),
        "batch_size": 32,
        "epochs": 4,
        "stop": None,
        "averaging": None,
    }
    return jr.Recipe(network=network, **usual | fields)


def entries_of(recipes: list[jr.Recipe]) -> list[Entry]:
    ready = candidates_of(recipes, DATA)
    return [Entry(number, one.recipe, one.prepared) for number, one in enumerate(ready)]


def trained(entries: list[Entry], is_framed: bool, until: int = 4) -> list[Saved]:
    networks = [entry.recipe.network or () for entry in entries]
    frame = frame_of(networks) if is_framed else None
    cohort = Cohort(entries[0], len(entries), 1, is_alone=True, frame=frame)
    works = [Work((entry.trial, 0), entry, None, until) for entry in entries]
    return cohort.train(works, lambda: False)


def assert_as_alone(recipes: list[jr.Recipe]) -> None:
    entries = entries_of(recipes)
    assert len({skeleton_of(entry) for entry in entries}) == 1
    assert None not in {skeleton_of(entry) for entry in entries}
    for entry, together in zip(entries, trained(entries, is_framed=True), strict=True):
        (alone,) = trained([entry], is_framed=False)
        np.testing.assert_allclose(together.curves[0], alone.curves[0], **CLOSE)
        state, framed_state = alone.state, together.state
        for small, large in zip(
            jax.tree.leaves((state.params, state.network_state, state.optimizer_state)),
            jax.tree.leaves(
                (framed_state.params, framed_state.network_state, framed_state.optimizer_state)
            ),
            strict=True,
        ):
            corner = tuple(slice(size) for size in small.shape)
            np.testing.assert_allclose(large[corner], small, **CLOSE)
        for small, large in zip(
            jax.tree.leaves(state.params), jax.tree.leaves(framed_state.params), strict=True
        ):
            rest = np.array(large)
            rest[tuple(slice(size) for size in small.shape)] = 0
            assert not rest.any()  # to the bit: what is padded stays 0


FRAMED = {
    "widths": [
        recipe(jr.Dense(a, "relu"), jr.Dense(b, "tanh")) for a, b in ((3, 8), (8, 2), (5, 5))
    ],
    "activations": [
        recipe(jr.Dense(6, act), jr.Dense(4, act))
        for act in ("relu", "tanh", "sigmoid", jr.LeakyReLU(0.2), jr.LeakyReLU(0.05))
    ],
    "both": [
        recipe(jr.Dense(units, act), jr.Dense(units, act))
        for units in (3, 7)
        for act in ("softplus", "gelu", "elu")
    ],
    "initializers": [
        recipe(jr.Dense(units, "relu", init=init))
        for units, init in ((4, jr.Orthogonal()), (6, jr.RandomNormal(0.3)), (8, None))
    ],
    "dropout": [
        recipe(
            jr.GaussianNoise(0.1),
            jr.Dense(units, "relu"),
            jr.Dropout(0.1 + units / 20),
            jr.Dense(3, "tanh"),
        )
        for units in (3, 5, 8)
    ],
    "noise": [recipe(jr.Dense(units, "relu"), jr.GaussianNoise(0.2)) for units in (3, 8)],
    "batch_norm": [
        recipe(jr.Dense(units, bias=False), jr.BatchNorm(), jr.Activation(act), jr.Dropout(0.3))
        for units, act in ((3, "relu"), (8, "sigmoid"))
    ],
    "prelu": [recipe(jr.Dense(units, "prelu")) for units in (3, 8)],
    "no_bias": [recipe(jr.Dense(units, "sigmoid", bias=False)) for units in (3, 8)],
    "clipping": [recipe(jr.Dense(units, "tanh"), clip=jr.ClipNorm(0.05)) for units in (3, 8)],
    "max_norm": [
        recipe(jr.Dense(units, "relu"), penalties=(jr.MaxNorm(0.7), jr.L2(0.1, decoupled=True)))
        for units in (3, 8)
    ],
    "average": [
        recipe(jr.Dense(units, "tanh"), averaging=jr.ExponentialAverage(0.9)) for units in (3, 8)
    ],
}


@pytest.mark.parametrize("kind", FRAMED)
def test_a_member_of_a_frame_trains_as_alone(kind: str) -> None:
    assert_as_alone(FRAMED[kind])


@pytest.mark.parametrize(
    "optimizer",
    [
        jr.SGD(0.1, momentum=0.9, nesterov=True),
        jr.Momentum(0.05),
        jr.Nesterov(0.05),
        jr.AdaGrad(0.05, epsilon=0.0),
        jr.RMSProp(0.003, momentum=0.5),
        jr.AdamW(0.01, weight_decay=0.1),
        jr.AMSGrad(0.01),
        jr.Lion(0.002, weight_decay=0.1),
    ],
    ids=lambda rule: type(rule).__name__,
)
def test_every_rule_leaves_what_is_padded_at_zero(optimizer: Any) -> None:
    assert_as_alone(
        [recipe(jr.Dense(units, "sigmoid"), optimizer=optimizer, epochs=4) for units in (3, 8)]
    )


@pytest.mark.parametrize(
    "kept_apart",
    [
        recipe(jr.Dense(4, "relu"), jr.LayerNorm(), jr.Dense(4)),
        recipe(jr.Dense(4, "softmax"), jr.Dense(4)),
        recipe(jr.Maxout(4), jr.Dense(4)),
        recipe(jr.Dense(4), optimizer=jr.LBFGS(), batch_size="full"),
        recipe(jr.Residual((jr.Dense(5, "relu"),))),
        recipe(jr.Dense(6, "relu"), penalties=(jr.L1(0.1),)),
    ],
    ids=lambda one: words(one.network[0]),
)
def test_what_is_not_known_to_be_exact_is_kept_apart(kept_apart: jr.Recipe) -> None:
    assert skeleton_of(entries_of([kept_apart])[0]) is None


def test_what_differs_otherwise_has_another_skeleton() -> None:
    plain = recipe(jr.Dense(4, "relu"))
    others = [
        dataclasses.replace(plain, batch_size=16),
        dataclasses.replace(plain, optimizer=jr.SGD(0.1)),
        dataclasses.replace(plain, scale="none"),
        recipe(jr.Dense(4, "relu"), jr.Dense(4, "relu")),
        recipe(jr.Dense(4, "relu", bias=False)),
        recipe(jr.Dense(4, "prelu")),
    ]
    skeletons = [skeleton_of(entry) for entry in entries_of([plain, *others])]
    assert len(set(skeletons)) == len(skeletons)


def test_a_frame_holds_what_it_was_made_of_and_no_more() -> None:
    def network(units: int, act: str) -> tuple[jr.Layer, ...]:
        return recipe(jr.Dense(units, act), jr.Dense(6, "tanh"), jr.Dense(1)).network or ()

    frame = frame_of([network(4, "relu"), network(8, "tanh")])
    for units, act in ((4, "relu"), (8, "tanh"), (2, "tanh"), (5, "relu")):
        assert holds(frame, network(units, act))
    assert not holds(frame, network(9, "relu"))
    assert not holds(frame, network(4, "gelu"))
    assert not holds(frame_of([network(4, "relu")]), network(3, "relu"))
    structures = {
        jax.tree.structure(framed(dataclasses.replace(recipe(), network=one), frame))
        for one in (network(4, "relu"), network(8, "tanh"), network(2, "tanh"))
    }
    assert len(structures) == 1


def test_small_structures_share_a_program_and_large_ones_do_not() -> None:
    few = [(jr.Dense(units, "relu"), jr.Dense(1)) for units in (16, 32, 64)]
    assert shared(few, [1000] * 3, 20, 32) == [[0, 1, 2]]
    assert shared(few, [10**7] * 3, 20, 32) == [[0], [1], [2]]
    wide = [*few, (jr.Dense(4096, "relu"), jr.Dense(1))]
    assert shared(wide, [60_000] * 4, 20, 32) == [[0, 1, 2], [3]]


@settings(max_examples=30, deadline=None)
@given(
    st.lists(st.tuples(st.integers(1, 300), st.integers(0, 10**6)), min_size=1, max_size=7),
)
def test_no_cut_into_neighbours_is_better(kinds: list[tuple[int, int]]) -> None:
    """Against all of them."""
    from jaram.searches.sharing import _step_seconds

    networks = [(jr.Dense(units, "relu"), jr.Dense(1)) for units, _ in kinds]

    def cost(group: list[int]) -> float:
        widest = np.array([[max(kinds[place][0] for place in group)]])
        a_step = float(_step_seconds(widest, np.array([[1]]), 20, 1, 32)[0])
        return COMPILE_SECONDS + a_step * sum(kinds[place][1] for place in group)

    order = sorted(range(len(kinds)), key=lambda place: kinds[place][0])
    every = []
    for cuts in range(2 ** (len(kinds) - 1)):
        groups: list[list[int]] = [[order[0]]]
        for bit, place in enumerate(order[1:]):
            if cuts >> bit & 1:
                groups.append([])
            groups[-1].append(place)
        every.append(sum(map(cost, groups)))
    found = shared(networks, [steps for _, steps in kinds], 20, 32)
    assert sorted(place for group in found for place in group) == list(range(len(kinds)))
    assert sum(map(cost, found)) == pytest.approx(min(every))


def test_a_search_over_structures_compiles_few_programs_and_finds_the_same() -> None:
    """Three widths, two activations: each trial scores what it scores alone."""
    space = jr.Space(
        recipe(
            jr.Dense(jr.Choice(4, 8, 16), jr.Choice("relu", "tanh")),
            optimizer=jr.Adam(jr.LogUniform(1e-3, 0.1)),
        )
    )
    study = jr.search(space, DATA, trials=16, confirm=2)
    assert study.compilations is not None
    assert study.compilations.structures == 6
    assert study.compilations.programs == 1
    assert "6 structures took 1 compilation (" in study.report("en")
    for trial in study.trials[::5]:
        run = jr.train(space.at(np.array(trial.point)).recipe, DATA)
        score = run.metrics["valid/accuracy"]
        assert trial.score == pytest.approx(score, abs=1.01 / 30)


def test_sizes_of_a_frame_are_those_of_its_widest() -> None:
    entries = entries_of([recipe(jr.Dense(3, "relu")), recipe(jr.Dense(8, "relu"))])
    frame = frame_of([entry.recipe.network or () for entry in entries])
    rows = table(framed(entries[0].recipe, frame).network or (), (5,))
    assert [row.parameters for row in rows] == [5 * 8 + 8, 8 + 1]
    assert rows[0].operations == 40
    assert structure_of(entries[0]) != structure_of(entries[1])
