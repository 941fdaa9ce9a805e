"""Random tables and recipes, from reading to opening: only errors of Jaram's own come out."""

from __future__ import annotations

import dataclasses
import datetime
import shutil
import tempfile
import warnings
from pathlib import Path
from typing import Any

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import jaram as jr
from jaram.data.notices import DataWarning
from jaram.errors import JaramError

ROWS = 24
NAMES = st.sampled_from(
    ["a", "나이", "성별 (만)", "x y", "", "답", "b,c", '"q"', "#", "é", "target "]
)
LABELS = st.sampled_from(["예", "아니요", "yes", "no", "?", "0", "1.0", "NaN", " ", "x" * 50])


def column(entries: st.SearchStrategy[Any]) -> st.SearchStrategy[list[Any]]:
    return st.lists(entries, min_size=ROWS, max_size=ROWS)


NUMBERS = st.floats(-1e6, 1e6, width=32) | st.integers(-5, 5)
COLUMNS = st.one_of(
    column(NUMBERS),
    column(st.none() | NUMBERS),
    column(st.integers(0, 2)),
    column(st.floats(allow_nan=True, allow_infinity=True)),
    column(LABELS),
    column(st.none() | LABELS),
    column(st.booleans()),
    column(st.dates(datetime.date(1900, 1, 1), datetime.date(2100, 1, 1))),
    column(st.text(max_size=6)),
    st.just([1.0] * ROWS),
    st.just([None] * ROWS),
    st.just(list(range(ROWS))),
)


@st.composite
def tables(draw: st.DrawFn) -> tuple[dict[str, list[Any]], str]:
    """Columns by name, and the name of the target, which is mostly one that can be learned."""
    names = draw(st.lists(NAMES, min_size=1, max_size=3, unique=True))
    table = {name: draw(COLUMNS) for name in names}
    target = draw(
        st.one_of(
            st.just([["예", "아니요", "몰라"][i % 3] for i in range(ROWS)]),
            st.just([i % 2 for i in range(ROWS)]),
            st.just([0.1 * i * i for i in range(ROWS)]),
            COLUMNS,
        )
    )
    return {**table, "결과": target}, "결과"


# Structures are few, so that few programs are compiled; the knobs are any.
NETWORKS = st.sampled_from(
    [
        {"network": "dense 4 relu"},
        {"network": "dense 4 tanh, dropout 0.3", "output": None},
        {"network": "dense 1 softmax", "output": None},
        {"network": "batch_norm, dense 2"},
        {"network": "embed_categories ((0, 2))"},
    ]
)
KNOBS = st.fixed_dictionaries(
    {
        "optimizer": st.floats(1e-6, 1e6).map(lambda rate: jr.SGD(rate))
        | st.floats(1e-6, 1.0).map(lambda rate: jr.Adam(rate)),
        "epochs": st.just(2),
        "batch_size": st.sampled_from([8, "full"]),
        "seed": st.integers(0, 2**32 - 1),
    },
    optional={
        "scale": st.sampled_from(["standard", "minmax", "robust", "none"]),
        "categories": st.sampled_from(["onehot", "embed"]),
        "validation": st.sampled_from([0.0, 0.25, 0.9]),
        "split": st.sampled_from(["auto", "random", "stratified", "ordered", "time"]),
        "class_weight": st.sampled_from(["balanced", {"예": 2.0}]),
        "penalties": st.floats(0, 10).map(lambda strength: (jr.L2(strength),)),
        "loss": st.sampled_from(["mse", "bce", "cce", "hinge", "huber 0.5"]),
    },
)


@settings(
    max_examples=40,
    deadline=None,
    derandomize=True,  # the compiled programs are then the same each time, and come from the cache
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(tables(), NETWORKS, KNOBS)
def test_only_errors_of_ours(given_table: Any, network: dict[str, Any], knobs: Any) -> None:
    table, target = given_table
    place = Path(tempfile.mkdtemp())
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            warnings.filterwarnings("ignore", category=DataWarning)
            train_save_open(table, target, jr.Recipe(**network, **knobs), place / "run")
    except JaramError as error:
        assert str(error)
        assert "\n" not in str(error)
    finally:
        shutil.rmtree(place)


def train_save_open(table: dict[str, Any], target: str, recipe: jr.Recipe, folder: Path) -> None:
    data = jr.load(table, target)
    run = jr.train(recipe, data)
    new = {name: values[:5] for name, values in table.items() if name != target}
    answers = run.predict(new)
    assert len(answers) == 5
    if np.isfinite(run.logits(new)).all() and run.task.kind != "regression":
        chances = run.predict_proba(new)
        np.testing.assert_allclose(chances.sum(axis=1), 1, rtol=1e-5)
    saved = run.save(folder)
    opened = jr.open(folder)
    assert np.array_equal(opened.logits(new), run.logits(new), equal_nan=True)
    assert opened.metrics == run.metrics or not all(np.isfinite(list(run.metrics.values())))
    assert dataclasses.replace(saved, folder=None).recipe == opened.recipe
    for finding in run.findings:
        assert finding.message()
