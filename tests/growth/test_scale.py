"""Growing data and network: subsets, outcomes made by hand, and trainings whose truth is known."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest

import jaram as jr
from jaram.data.options import PrepareOptions
from jaram.data.prepare import prepare
from jaram.errors import UsageError
from jaram.growth.outcome import Growth, Point, Size
from jaram.growth.references import Baseline, baselines
from jaram.growth.subsets import halvings, subset
from jaram.report.growth_html import payload

FAST = jr.Recipe(
    network=(jr.Dense(8, "tanh"),),
    optimizer=jr.Adam(learning_rate=0.02),
    batch_size=32,
    epochs=15,
    stop=None,
)


def noisy_line(rows: int = 600, noise: float = 0.5) -> jr.Data:
    """y = x·w + noise: the best R² is known."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(rows, 4))
    y = x @ np.array([0.6, -0.5, 0.4, 0.3]) + rng.normal(0, noise, rows)
    return jr.Data(x, y, task="regression")


def made(slope: float = 0.2, bonus: float = 0.0, trees: float = 0.5, seeds: int = 5) -> Growth:
    """Error = 0.1 + slope·share^−0.5; the larger network gains ``bonus``."""
    shares, rng = (0.125, 0.25, 0.5, 1.0), np.random.default_rng(0)
    points = tuple(
        Point(
            size,
            share,
            round(800 * share),
            seed,
            0.9 - slope * share**-0.5 + bonus * (size == 1) + rng.normal(0, 0.002),
            0.98,
            3,
            (0.1, 0.2, 0.3),
        )
        for seed in range(seeds)
        for share in shares
        for size in (0, 1)
    )
    sizes = (Size(1.0, 100, "dense 8"), Size(4.0, 400, "dense 32"))
    models = (Baseline("constant", 0.3, 0.01), Baseline("trees", trees, 0.01))
    return Growth("accuracy", 0.0, 800, 1000, True, shares, sizes, points, models)


def test_more_data_is_worth_it_where_the_curve_falls() -> None:
    growth = made(slope=0.2)
    gain = growth.from_data()
    assert gain is not None
    assert gain[0] == pytest.approx(0.2 * (1 - 2**-0.5), abs=0.01)
    assert growth.data_is_worth_it
    assert "More data is worth it" in growth.report("en")
    assert "데이터를 더 모을 만합니다" in growth.report("ko")


def test_more_data_is_not_worth_it_where_the_curve_is_flat() -> None:
    growth = made(slope=0.0)
    assert not growth.data_is_worth_it
    assert "hardly worth it" in growth.report("en")


def test_a_larger_network_is_worth_it_where_it_surely_gains() -> None:
    assert made(bonus=0.05).size_is_worth_it == 4.0
    assert made(bonus=0.0).size_is_worth_it is None
    assert made(bonus=-0.05).size_is_worth_it is None


def test_trees_are_told_of_where_they_are_better() -> None:
    assert [one.name for one in made(trees=0.95).better_baselines] == ["trees"]
    assert "trees are better" in made(trees=0.95).report("en")
    assert made(trees=0.71).better_baselines == ()


def test_one_seed_decides_nothing() -> None:
    growth = made(seeds=1)
    assert not growth.data_is_worth_it
    assert growth.size_is_worth_it is None
    assert "one seed" in growth.report("en")


def test_subsets_are_nested_and_repeat_their_rows_evenly() -> None:
    prepared = prepare(noisy_line(100), PrepareOptions())
    quarter, count = subset(prepared, 0.25, seed=3)
    half, _ = subset(prepared, 0.5, seed=3)
    assert set(quarter.train.rows) < set(half.train.rows) < set(prepared.train.rows)
    assert len(quarter.train) == len(prepared.train)
    assert quarter.test is None
    times = np.unique(quarter.train.rows, return_counts=True)[1]
    assert len(times) == count
    assert times.max() - times.min() <= 1
    other, _ = subset(prepared, 0.25, seed=4)
    assert set(other.train.rows) != set(quarter.train.rows)
    whole, _ = subset(prepared, 1.0, seed=3)
    np.testing.assert_array_equal(whole.train.x, prepared.train.x)


def test_halvings_stop_where_rows_are_few() -> None:
    assert halvings(10_000) == (1 / 32, 1 / 16, 1 / 8, 1 / 4, 1 / 2, 1)
    assert halvings(100) == (0.25, 0.5, 1)
    assert halvings(10) == (1,)


def test_a_noisy_line_is_learnt_up_to_its_noise(tmp_path: Path) -> None:
    """The best R² is 0.86/(0.86 + 0.25) = 0.775; the linear model reaches it, the network nearly,
    and a larger network gains nothing."""
    growth = jr.scale(noisy_line(), FAST, seeds=3, factors=(1, 4), shares=(0.1, 0.3, 1))
    assert growth.scores.shape == (2, 3, 3)
    assert growth.table.height == 18
    mean = growth.scores[growth.asked].mean(axis=0)
    assert mean[0] < mean[2]
    assert 0.65 < mean[2] < 0.84
    found = {one.name: one.score for one in growth.baselines}
    assert found["linear"] == pytest.approx(0.775, abs=0.06)
    assert growth.size_is_worth_it is None
    assert growth.write_report(tmp_path / "scale.html").stat().st_size > 50_000
    growth.write_report(tmp_path / "png")
    assert len(list((tmp_path / "png").glob("*.png"))) == 3
    json.dumps(payload(growth), allow_nan=False)
    json.dumps(growth.to_json())


def test_the_test_part_is_never_read() -> None:
    """Other test rows, even hopeless ones, change no number."""
    data = noisy_line(120)
    x, y = np.asarray(data.x), data.y

    def found(sign: float) -> Growth:
        parts = jr.Data(
            x[:80],
            y[:80],
            task="regression",
            valid=(x[80:100], y[80:100]),
            test=(x[100:], sign * y[100:]),
        )
        return jr.scale(parts, FAST, seeds=1, factors=(1,), shares=(0.5, 1))

    np.testing.assert_array_equal(found(1.0).scores, found(-1.0).scores)


def test_the_whole_share_is_the_training_of_the_recipe() -> None:
    data = noisy_line(120)
    recipe = dataclasses.replace(FAST, epochs=4)
    growth = jr.scale(data, recipe, seeds=1, factors=(1,), shares=(1,))
    run = jr.train(recipe, data)
    assert growth.scores[0, 0, 0] == pytest.approx(max(run.history["valid/r2"]), abs=1e-6)


def test_a_network_without_hidden_layers_has_one_size() -> None:
    recipe = dataclasses.replace(FAST, network=(), epochs=2)
    growth = jr.scale(noisy_line(120), recipe, seeds=1, shares=(1,))
    assert len(growth.sizes) == 1
    assert "Other sizes" in growth.report("en")


def test_trees_beat_a_line_on_steps() -> None:
    rng = np.random.default_rng(0)
    x = rng.uniform(-1, 1, (400, 2))
    y = np.floor(3 * x[:, 0]) % 2
    found = {
        one.name: one for one in baselines(prepare(jr.Data(x, y, task="binary"), PrepareOptions()))
    }
    assert found["trees"].score > 0.85 > found["linear"].score


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"shares": (0.0, 1)}, "above 0"),
        ({"shares": (1.5,)}, "above 0"),
        ({"factors": (-1,)}, "factor"),
        ({"seeds": 0}, "seeds"),
        ({"budget": -1.0}, "budget"),
    ],
)
def test_wrong_input_is_told(asked: dict[str, object], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        jr.scale(noisy_line(100), FAST, **asked)  # type: ignore[arg-type]


def test_a_budget_ends_after_a_whole_seed() -> None:
    growth = jr.scale(
        noisy_line(100), dataclasses.replace(FAST, epochs=2), seeds=3, budget=1e-3, factors=(1,)
    )
    assert growth.seeds == 1
    assert len(growth.points) == len(growth.shares)


def lost(growth: Growth, *, seeds: int = 99, size: int | None = None) -> Growth:
    """The same, but that the first seeds' trainings of a size, or of all, diverged."""
    points = tuple(
        dataclasses.replace(one, is_diverged=True, score=0.0, train_score=0.0)
        if one.seed < seeds and size in (None, one.size)
        else one
        for one in growth.points
    )
    return dataclasses.replace(growth, points=points)


def test_trainings_that_diverged_are_left_out_and_told_of() -> None:
    growth = lost(made(slope=0.2), seeds=2)
    assert growth.diverged == 16
    gain = growth.from_data()
    assert gain is not None
    assert gain[0] == pytest.approx(0.2 * (1 - 2**-0.5), abs=0.01)
    assert "16 of 40 trainings diverged" in growth.report("en")
    assert "40번 중 16번" in growth.report("ko")
    assert growth.whole_scores(0).shape == (3,)


def test_trainings_that_diverged_are_a_cross_in_the_picture() -> None:
    from jaram.report.growth_pictures import draw_growth, error_by_rows, mean_curve

    growth = lost(made(slope=0.2), seeds=2)
    axes = error_by_rows(growth, "en").axes[0]
    legend = axes.get_legend()
    assert legend is not None
    assert "16 trainings diverged: no error" in [one.get_text() for one in legend.get_texts()]
    dots = [line for line in axes.get_lines() if line.get_marker() == "o"]
    drawn = np.concatenate([np.asarray(line.get_ydata(), float) for line in dots])
    assert np.isnan(drawn).sum() == 16
    assert np.nanmax(drawn) < 1  # a training that diverged has the worst score, an error of 1
    sound = [one.curve for one in growth.points if one.size == growth.asked and one.seed > 1]
    assert mean_curve(growth, growth.shares[0]).shape == (len(sound[0]),)
    assert len(list(draw_growth(lost(made()), "ko"))) == 3


def test_where_all_diverged_there_is_no_law_and_no_advice() -> None:
    growth = lost(made())
    assert growth.laws == (None, None)
    assert growth.from_size() == {}
    assert not growth.data_is_worth_it
    assert not growth.data_is_not_worth_it
    for lang, said in (("en", "All 40 trainings diverged"), ("ko", "40번이 모두 발산")):
        told = growth.report(lang)  # type: ignore[arg-type]
        assert said in told
        assert not any(word in told for word in ("worth it", "Error =", "오류 =", "만합니다"))


def test_a_size_whose_trainings_diverged_is_not_compared() -> None:
    told = lost(made(), size=1).report("en")
    assert "Networks with 4 times the units cannot be compared" in told
    assert "larger network is" not in told
    assert "Error =" in told


def test_diverging_trainings_are_seen(tmp_path: Path) -> None:
    recipe = dataclasses.replace(FAST, optimizer=jr.SGD(learning_rate=1e9), epochs=2)
    growth = jr.scale(noisy_line(100), recipe, seeds=2, factors=(1,), shares=(0.25, 0.5, 1))
    assert growth.diverged == 6
    assert "All 6 trainings diverged" in growth.report("en")
    growth.write_report(tmp_path / "scale.html")
    growth.write_report(tmp_path / "png")
    json.dumps(payload(growth), allow_nan=False)


def test_where_seeds_scatter_widely_it_is_not_known_whether_data_is_worth_it() -> None:
    growth = made(slope=0.0, seeds=3)
    rng = np.random.default_rng(2)
    points = tuple(
        dataclasses.replace(one, score=one.score - abs(rng.normal(0, 0.2))) for one in growth.points
    )
    told = dataclasses.replace(growth, points=points).report("en")
    assert "Whether more data is worth it is not known" in told
    assert "Whether a larger network is worth it is not known" in told
    assert "hardly" not in told
    assert "larger network is not worth it" in made().report("en")


def test_an_exponent_at_the_end_of_those_tried_is_told_as_such() -> None:
    growth = made(seeds=3)
    points = tuple(
        dataclasses.replace(one, score=0.5 - 0.02 * (1 - one.share)) for one in growth.points
    )
    slow = dataclasses.replace(growth, points=points)
    law = slow.laws[0]
    assert law is not None
    assert law.is_at_bound
    assert "is the last one tried" in slow.report("en")
    assert "끝 값" in slow.report("ko")
    assert "is the last one tried" not in made(seeds=3).report("en")
