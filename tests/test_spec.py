"""Specifications: what every registered one can do."""

from __future__ import annotations

import copy
import dataclasses
import pickle
from typing import Any

import jax
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import jaram as jr
from jaram.errors import RecipeError
from jaram.spec import describe, is_spec, name_of, parse, registered, words
from random_specs import DEEPEST, FAMILIES, specs

ALL = [(family, name) for family in FAMILIES.values() for name in registered(family)]
FEW = settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)


@pytest.mark.parametrize(("family", "name"), ALL)
@FEW
@given(draw=st.data())
def test_every_specification(family: str, name: str, draw: st.DataObject) -> None:
    cls = registered(family)[name]
    value = draw.draw(specs(cls, DEEPEST - 1))
    assert is_spec(value)
    assert name_of(value) == name_of(cls) == name
    # Plain tables, and back.
    assert parse(family, describe(value)) == value
    # A tree, and back.
    leaves, structure = jax.tree.flatten(value)
    assert all(isinstance(leaf, float) for leaf in leaves)
    assert jax.tree.unflatten(structure, leaves) == value
    # A population of it.
    stacked = jax.tree.map(lambda *knobs: np.stack(knobs), value, value)
    assert jax.tree.structure(stacked) == structure
    assert type(stacked) is cls
    # A value.
    assert hash(value) == hash(dataclasses.replace(value))
    assert pickle.loads(pickle.dumps(value)) == copy.deepcopy(value) == value
    for field in dataclasses.fields(value):
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(value, field.name, None)


@pytest.mark.parametrize(("family", "name"), ALL)
@FEW
@given(draw=st.data())
def test_words_are_read_back(family: str, name: str, draw: st.DataObject) -> None:
    value = draw.draw(specs(registered(family)[name], DEEPEST - 1))
    again = parse(family, words(value))
    # Words show six digits of a float.
    assert jax.tree.structure(again) == jax.tree.structure(value)
    np.testing.assert_allclose(jax.tree.leaves(again), jax.tree.leaves(value), rtol=1e-5)


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("sgd 0.1", jr.SGD(0.1)),
        ("sgd momentum=0.9", jr.SGD(momentum=0.9)),
        ("  SGD   0.1  ", jr.SGD(0.1)),
        ("gradient-descent 1e-1", jr.SGD(0.1)),
        ({"type": "sgd", "learning_rate": 0.1}, jr.SGD(0.1)),
        (jr.SGD(0.1), jr.SGD(0.1)),
        ("none", None),
        (None, None),
    ],
)
def test_what_a_person_may_write(written: Any, value: Any) -> None:
    assert parse("optimizer", written) == value


@given(st.text(max_size=30))
def test_any_line_is_a_specification_or_an_error_of_ours(line: str) -> None:
    for family in ("layer", "optimizer"):
        try:
            parse(family, line)
        except RecipeError as error:
            assert str(error)


@given(
    st.sampled_from(["dense", "dropout", "sequential", "embed_categories"]), st.text(max_size=20)
)
def test_any_values_after_a_name(name: str, rest: str) -> None:
    try:
        parse("layer", f"{name} {rest}")
    except RecipeError as error:
        assert str(error)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
        max_leaves=5,
    )
)
def test_any_table(value: Any) -> None:
    for table in (value, {"type": "dense", "units": value}, {"type": "residual", "layers": value}):
        try:
            parse("layer", table)
        except RecipeError as error:
            assert str(error)


def test_a_wrong_vowel_in_a_short_word_of_hangul_is_a_small_mistake() -> None:
    from jaram.messages.nearest import suggestion

    assert "정답" in suggestion("정딥", ["나이", "키", "정답"])
    assert suggestion("price", ["나이", "키", "정답"]) == ""
