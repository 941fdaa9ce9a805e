"""Spaces: distributions in place of fields, their checks, their paths, TOML and back."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest

import jaram as jr
from jaram import Choice, IntLogUniform, IntUniform, LogUniform, Space, Uniform
from jaram.errors import JaramError, RecipeError, UsageError
from jaram.searches.distributions import Distribution
from jaram.searches.vary import read_distribution, vary
from jaram.spec import parse, words

WHOLE = jr.Recipe(
    network=(
        jr.Dense(Choice(16, 32), Choice("relu", "tanh")),
        Choice("dropout 0.1", jr.Dropout(Uniform(0, 0.5))),
        "dense 8",
    ),
    optimizer=Choice(jr.SGD(LogUniform(1e-3, 1), momentum=1 - LogUniform(0.001, 0.5)), "adam"),
    penalties=(jr.L2(LogUniform(1e-6, 0.1)),),
    batch_size=Choice(16, "full"),
    epochs=IntUniform(3, 5),
)


@pytest.mark.parametrize(
    ("distribution", "low", "high"),
    [
        (Uniform(-1, 3), -1.0, 3.0),
        (LogUniform(1e-4, 1), 1e-4, 1.0),
        (1 - LogUniform(0.001, 0.5), 0.999, 0.5),
        (IntUniform(3, 9), 3, 9),
        (IntLogUniform(16, 256), 16, 256),
        (Choice("a", "b", "c"), "a", "c"),
    ],
)
def test_the_ends_of_the_cube_are_the_ends_of_the_range(
    distribution: Distribution, low: object, high: object
) -> None:
    assert distribution.at(0.0) == low
    assert distribution.at(1.0) == high
    assert type(distribution.at(0.5)) is type(low)


def test_equal_shares_hold_equal_probability() -> None:
    shares = (np.arange(20_000) + 0.5) / 20_000
    logs = np.log10([LogUniform(1e-4, 1).at(share) for share in shares])
    assert np.allclose(np.histogram(logs, bins=4, range=(-4, 0))[0], 5000, atol=2)
    whole = [IntUniform(3, 7).at(share) for share in shares]
    assert np.bincount(whole)[3:].tolist() == [4000] * 5
    doubled = np.array([IntLogUniform(16, 255).at(share) for share in shares])
    octaves = [np.mean((doubled >= low) & (doubled < 2 * low)) for low in (16, 32, 64, 128)]
    assert np.allclose(octaves, 0.25, atol=1e-3)


@pytest.mark.parametrize(
    ("make", "mentions"),
    [
        (lambda: jr.Dropout(LogUniform(1e-4, 1)), "Dropout.rate"),
        (lambda: jr.SGD(Uniform(-1, 1)), "SGD.learning_rate"),
        (lambda: jr.SGD(0.1, momentum=Choice(0.5, 1.5)), "SGD.momentum"),
        (lambda: jr.Dense(LogUniform(1, 3)), "Dense.units"),
        (lambda: jr.Dense(8, Choice("relu", "rely")), "'relu'"),
        (lambda: jr.Recipe(network=(Choice("dense 8", "dens 8"),)), "'dense'"),
        (lambda: jr.Recipe(optimizer=Choice("adam", "adm")), "'adam'"),
        (lambda: jr.Dense(8, units=Choice(1, 2)), "units"),
        (lambda: LogUniform(0, 1), "LogUniform"),
        (lambda: Uniform(1, 1), "Uniform"),
        (lambda: IntUniform(1.5, 3), "IntUniform"),
        (lambda: Uniform(0, float("nan")), "nan"),
        (lambda: Choice("relu"), "Choice"),
        (lambda: Space(jr.Recipe()), "LogUniform"),
        (lambda: Space(jr.Recipe(seed=IntUniform(0, 9))), "seed"),
        (lambda: Space(jr.Recipe(validation=Uniform(0.1, 0.5))), "validation"),
    ],
)
def test_a_distribution_is_checked_as_its_field_is(make: Any, mentions: str) -> None:
    with pytest.raises((RecipeError, TypeError), match=mentions):
        make()


@pytest.mark.parametrize(
    ("options", "twice"),
    [
        ((0.1, 0.1), "0.1"),
        ((1, 2, 1.0), "1"),
        (("relu", "relu"), "relu"),
        ((jr.SGD(0.1), jr.SGD(0.1)), "sgd"),
    ],
)
@pytest.mark.parametrize(("lang", "words"), [("en", "twice"), ("ko", "두 번")])
def test_equal_options_are_refused(
    options: tuple[Any, ...],
    twice: str,
    lang: str,
    words: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("JARAM_LANG", lang)
    with pytest.raises(RecipeError, match=words) as caught:
        jr.Choice(*options)
    assert twice in str(caught.value).lower()
    with pytest.raises(RecipeError, match=words):  # equal only as the field reads them
        jr.Dense(jr.Choice(8, 8.0))
    jr.Choice(True, 1)  # a switch is no number


def test_options_are_read_as_the_field_reads_them() -> None:
    assert WHOLE.network[0].activation == Choice(jr.ReLU(), jr.Tanh())
    assert WHOLE.network[2] == jr.Dense(8)
    assert WHOLE.optimizer.options[1] == jr.Adam()
    assert dataclasses.replace(WHOLE, seed=3).network == WHOLE.network


def test_ordinary_values_stay_checked_beside_a_distribution() -> None:
    with pytest.raises(RecipeError, match=r"SGD\.momentum"):
        jr.SGD(LogUniform(1e-3, 1), momentum=1.5)
    with pytest.raises(RecipeError, match="no field 'momentun'"):
        jr.SGD(LogUniform(1e-3, 1), momentun=0.5)


def test_every_draw_is_a_recipe_within_the_space() -> None:
    space = Space(WHOLE)
    rng = np.random.default_rng(0)
    seen: dict[str, set[Any]] = {}
    for _ in range(60):
        drawn = space.sample(rng)
        recipe, values = drawn.recipe, drawn.values
        assert jr.Recipe.from_toml(recipe.to_toml()) == recipe  # nothing undecided is left
        assert recipe.network[0].units == values["network[0].units"]
        assert words(recipe.network[0].activation) == values["network[0].activation"]
        assert ("optimizer|sgd.momentum" in values) == isinstance(recipe.optimizer, jr.SGD)
        assert values["epochs"] == recipe.epochs
        if isinstance(recipe.optimizer, jr.SGD):
            assert recipe.optimizer.momentum == values["optimizer|sgd.momentum"]
        for path, value in values.items():
            seen.setdefault(path, set()).add(value)
    assert seen["optimizer"] == {"sgd", "adam"}
    assert seen["epochs"] == {3, 4, 5}
    assert set(seen) == set(space.dimensions)


def test_a_space_goes_to_toml_and_back() -> None:
    space = Space(WHOLE)
    assert Space.from_toml(space.to_toml()) == space


def test_paths_and_words_make_the_same_space() -> None:
    base = jr.Recipe(network="dense 8 relu, dropout 0.1, dense 4", optimizer=jr.SGD(0.1))
    by_words = base
    for path, text in {
        "optimizer.learning_rate": "log:1e-4..1",
        "optimizer.momentum": "1-log:0.001..0.5",
        "network[*].units": "16|32|64",
        "network[0].activation": "relu|tanh",
        "network.1.rate": "0..0.5",
        "batch_size": "int:16..256",
    }.items():
        by_words = vary(by_words, path, text)
    in_place = jr.Recipe(
        network=(
            jr.Dense(Choice(16, 32, 64), Choice("relu", "tanh")),
            jr.Dropout(Uniform(0, 0.5)),
            jr.Dense(Choice(16, 32, 64)),
        ),
        optimizer=jr.SGD(LogUniform(1e-4, 1), momentum=1 - LogUniform(0.001, 0.5)),
        batch_size=IntUniform(16, 256),
    )
    assert by_words == in_place
    written = base.to_toml() + '[vary]\n"optimizer.learning_rate" = "log:1e-4..1"\n'
    assert Space.from_toml(written).recipe == vary(base, "optimizer.learning_rate", "log:1e-4..1")


def test_a_path_names_the_option_that_it_means() -> None:
    either = vary(jr.Recipe(), "optimizer", "sgd|adam")
    found = vary(either, "optimizer|sgd.learning_rate", "log:1e-3..1")
    assert list(Space(found).dimensions) == ["optimizer", "optimizer|sgd.learning_rate"]
    with pytest.raises(UsageError, match="'adam'"):
        vary(either, "optimizer|adan.learning_rate", "log:1e-3..1")
    with pytest.raises(UsageError, match="learning_rate"):
        vary(either, "optimizer|sgd.learning_rat", "log:1e-3..1")


def test_a_path_goes_into_the_options_that_have_the_field() -> None:
    recipe = vary(jr.Recipe(), "optimizer", "sgd 0.1|adam")
    recipe = vary(recipe, "optimizer.momentum", "0..0.9")
    assert list(Space(recipe).dimensions) == ["optimizer", "optimizer|sgd.momentum"]


@pytest.mark.parametrize(
    "distribution",
    [
        Uniform(0, 0.5),
        LogUniform(1e-4, 1),
        1 - LogUniform(0.001, 0.5),
        IntUniform(16, 256),
        IntLogUniform(16, 256),
        Choice("relu", "tanh"),
        Choice(16, 32),
    ],
)
def test_a_distribution_reads_its_own_words(distribution: Distribution) -> None:
    assert read_distribution(str(distribution)) == distribution


@pytest.mark.parametrize("lang", ["en", "ko"])
@pytest.mark.parametrize(
    ("path", "text", "mentions"),
    [
        ("optimizer.learning_rat", "log:1e-4..1", "'learning_rate'"),
        ("optimizr.learning_rate", "log:1e-4..1", "'optimizer'"),
        ("optimizer.momentum", "0..2", "optimizer.momentum"),
        ("optimizer.momentum", "lg:0.1..0.2", "1-log:0.001..0.5"),
        ("optimizer.momentum", "0.5", "relu|tanh"),
        ("network[7].units", "8|16", "7"),
        ("network[*].unit", "8|16", "'units'"),
        ("network[*].nothing", "8|16", r"network\[\*\].nothing"),
        ("network[x].units", "8|16", "network"),
        ("epochs.few", "int:1..3", "None"),
    ],
)
def test_a_wrong_path_or_word_is_told_in_one_line(
    path: str, text: str, mentions: str, lang: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JARAM_LANG", lang)
    recipe = jr.Recipe(network="dense 8", optimizer=jr.SGD(0.1))
    with pytest.raises(JaramError) as caught:
        vary(recipe, path, text)
    told = str(caught.value)
    assert mentions.replace("\\", "") in told
    assert "\n" not in told


def test_training_a_space_names_its_fields() -> None:
    with pytest.raises(UsageError, match=r"network\[0\]\.units.*optimizer"):
        jr.train(WHOLE, jr.load("iris"))


def test_an_undecided_value_is_no_value_of_a_family() -> None:
    with pytest.raises(RecipeError):
        parse("optimizer", 5)


def test_what_is_no_field_of_a_part_is_left_alone() -> None:
    """A loss tells its tasks in a variable of its class."""
    recipe = jr.Recipe(loss=jr.CategoricalCrossEntropy(), optimizer=jr.Adam(LogUniform(1e-4, 1e-1)))
    drawn = Space(recipe).at(np.array([0.5])).recipe
    assert drawn.loss == recipe.loss
    assert isinstance(drawn.optimizer, jr.Adam)
    assert drawn.optimizer.learning_rate == pytest.approx(10**-2.5)
