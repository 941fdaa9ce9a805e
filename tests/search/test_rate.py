"""The learning-rate test: its estimate by hand, its trainings against the truth, its words."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest

import jaram as jr
from jaram.cli.main import run
from jaram.data.prepare import prepare
from jaram.searches.rate_estimate import centre, interval, shares_fallen
from jaram.searches.rate_test import RateTest, learning_rate_test

SHORT = {"count": 9, "seeds": 3, "steps": 20}


@pytest.fixture(scope="module")
def found() -> RateTest:
    recipe = jr.Recipe(network=(jr.Dense(4, "tanh"),), optimizer=jr.SGD(), batch_size=16)
    return learning_rate_test(recipe, jr.load("iris"), rates=(1e-3, 1e5), **SHORT)


def test_shares_are_of_the_best_rates_mean_fall() -> None:
    losses = np.array([[1.0, 2.0], [0.5, 1.0], [np.inf, 3.0], [np.nan, 0.125]])
    shares = shares_fallen(losses, np.array([1.0, 2.0]))
    # Halvings: none; 1 and 1; none (a rise is no fall); none and 4, the best mean: 2.
    np.testing.assert_allclose(shares, [[0, 0], [0.5, 0.5], [0, 0], [0, 2]])
    assert not shares_fallen(losses + 5, np.array([1.0, 2.0])).any()


def test_the_centre_is_the_middle_of_what_comes_near_the_best() -> None:
    def of(*shares: float) -> float:
        return centre(np.arange(float(len(shares))), np.array(shares)[:, None])

    assert of(0, 1, 0) == pytest.approx(1)
    assert of(0, 1, 1, 0) == pytest.approx(1.5)
    assert of(0, 3, 3, 0) == pytest.approx(1.5)
    assert of(0.9, 1, 1, 0.1) == pytest.approx(3 - of(0.1, 1, 1, 0.9))
    # 0.5 high from 0 to 1, then down to nothing at 1.5: a rectangle and a triangle.
    by_hand = (0.5 * 0.5 + 0.125 * (1 + 0.5 / 3)) / 0.625
    assert of(1, 1, 0) == pytest.approx(by_hand, abs=0.01)


def test_the_interval_holds_the_truth_nearly_always() -> None:
    """Valleys with noise of their seeds: 95% intervals from six seeds hold the noiseless centre."""
    log_rates = np.linspace(-6, 0, 25)
    rng = np.random.default_rng(0)
    held = 0
    for _ in range(200):
        shift, tilt = rng.normal(0, 0.2, 6), rng.normal(0, 0.02, 6)
        shares = 1 - 0.3 * np.square(log_rates[:, None] + 2 - shift) + tilt * log_rates[:, None]
        _, low, high = interval(log_rates, np.maximum(shares, 0))
        held += low <= -2 <= high
    assert 180 <= held <= 199


def test_seeds_that_agree_leave_no_doubt_and_the_interval_stays_among_the_rates() -> None:
    log_rates = np.linspace(-2, 0, 5)
    same = np.repeat([[0.1], [0.9], [1.0], [0.9], [0.1]], 4, axis=1)
    assert interval(log_rates, same) == pytest.approx((-1, -1, -1))
    apart = np.array([[1, 0, 0], [0, 0, 0], [0, 0, 0], [0, 0, 0], [0, 0, 1.0]])
    _, low, high = interval(log_rates, apart)
    assert low >= -2
    assert high <= 0


def test_a_member_is_the_training_of_that_rate_alone(found: RateTest) -> None:
    """The loss at one rate from one seed: the mean of what jr.train shows after each epoch."""
    place, seed = 2, 1
    recipe = jr.Recipe(
        network=(jr.Dense(4, "tanh"),),
        optimizer=jr.SGD(float(found.rates[place])),
        batch_size=16,
        epochs=found.epochs,
        averaging=None,
        stop=None,
        seed=seed,
        order_seed=seed,
    )
    alone = jr.train(recipe, jr.load("iris"))
    assert found.steps == found.epochs * 8 == 24  # 120 rows
    assert found.losses[place, seed] == pytest.approx(alone.history["train/loss"].mean(), rel=1e-5)


def test_what_was_found_is_sound(found: RateTest) -> None:
    assert found.rates[0] == pytest.approx(1e-3)
    assert found.rates[-1] == pytest.approx(1e5)
    assert found.low <= found.learning_rate <= found.high
    assert found.low < found.high
    assert 0.003 < found.learning_rate < 3  # a tanh network of four units, standardised inputs
    assert found.shares.max() == pytest.approx(1)
    assert found.shares[0] < 0.5
    assert found.ends_open == (False, False)
    assert found.recipe.optimizer == jr.SGD(found.learning_rate)
    assert found.recipe.stop == "auto"


def test_the_start_is_the_loss_before_the_first_step(found: RateTest) -> None:
    """Of a network whose outputs are all 0: the log of the number of classes."""
    recipe = jr.Recipe(
        network=(jr.Dense(3, "softmax", init="zeros"),), output=None, optimizer=jr.SGD()
    )
    at_zero = learning_rate_test(recipe, jr.load("iris"), **SHORT)
    np.testing.assert_allclose(at_zero.start, np.log(3), rtol=1e-6)


def test_equal_seeds_give_equal_answers_and_others_others(found: RateTest) -> None:
    recipe = dataclasses.replace(found.recipe, optimizer=jr.SGD())
    again = learning_rate_test(recipe, jr.load("iris"), rates=(1e-3, 1e5), **SHORT)
    np.testing.assert_array_equal(again.losses, found.losses)
    assert again.learning_rate == found.learning_rate
    other = dataclasses.replace(recipe, seed=50)
    assert learning_rate_test(
        other, jr.load("iris"), rates=(1e-3, 1e5), **SHORT
    ).learning_rate != pytest.approx(found.learning_rate, rel=1e-6)


def test_of_a_large_training_part_a_share_is_taken() -> None:
    data = jr.load("moons", n=2000)
    recipe = jr.Recipe(network=(jr.Dense(2),), optimizer=jr.SGD(), batch_size=10, epochs=500)
    assert len(prepare(data).train) > 100
    short = learning_rate_test(recipe, data, count=5, seeds=3, steps=10)
    assert (short.epochs, short.steps) == (1, 10)
    assert short.recipe.epochs == 500


@pytest.mark.parametrize(
    ("wrong", "key"),
    [
        ({"rates": (1.0, 0.1)}, "rate.bad_range"),
        ({"rates": (0.0, 0.1)}, "rate.bad_range"),
        ({"rates": (0.1, float("nan"))}, "rate.bad_range"),
        ({"count": 4}, "search.bad_count"),
        ({"seeds": 2}, "search.bad_count"),
        ({"steps": 0}, "search.bad_count"),
        ({"rates": (1e9, 1e12), **SHORT}, "rate.none_learns"),
    ],
)
def test_wrong_input_is_refused(wrong: dict[str, object], key: str) -> None:
    with pytest.raises(jr.UsageError) as caught:
        learning_rate_test(jr.Recipe(optimizer=jr.SGD()), jr.load("iris"), **wrong)  # type: ignore[arg-type]
    assert caught.value.key == key


def test_a_space_is_no_recipe_to_test() -> None:
    recipe = jr.Recipe(optimizer=jr.Adam(jr.LogUniform(1e-4, 1)))
    with pytest.raises(jr.UsageError, match=r"optimizer\.learning_rate"):
        learning_rate_test(recipe, jr.load("iris"))


def test_words_and_picture_tell_of_open_ends_and_divergence(
    found: RateTest, tmp_path: Path
) -> None:
    told = found.report("en")
    assert "9 rates from 0.001 to 1e+05, each from 3 seeds, 24 steps each" in told
    assert sum(line.startswith("*") for line in told.splitlines()) == 1
    assert "권하는 학습률" in found.report("ko")
    cut = dataclasses.replace(found, rates=found.rates[:4], losses=found.losses[:4])
    assert cut.beyond == "high"
    assert "too low to tell" in cut.report("en")
    assert "너무 낮아" in cut.report("ko")
    wide = dataclasses.replace(cut, losses=np.stack([*cut.losses[[0, 1, 3]], 1.02 * cut.losses[3]]))
    assert wide.beyond is None
    assert "Even the highest rate tried did well" in wide.report("en")
    losses = found.losses.copy()
    losses[-1] = np.inf
    lost = dataclasses.replace(found, losses=losses)
    assert "diverged" in lost.report("en").splitlines()[-2]
    for lang in ("en", "ko"):
        assert lost.draw(tmp_path / "of" / f"{lang}.png", lang).stat().st_size > 10_000
    with pytest.raises(jr.RunError):
        found.draw(tmp_path)


def test_the_command_recommends_and_says_how_to_go_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("JARAM_LANG", "en")
    words = ["rate", "iris", "--network", "dense 4 tanh", "--set", "optimizer=sgd"]
    fast = ["--rates", "1e-3..1e5", "--count", "9", "--seeds", "3", "--steps", "20"]
    monkeypatch.setattr("sys.argv", ["jaram", *words, *fast])
    assert run([*words, *fast, "--png", "rate.png"]) == 0
    printed = capsys.readouterr().out
    assert (
        "jaram train iris --network 'dense 4 tanh' --set optimizer=sgd --set optimizer." in printed
    )
    assert (tmp_path / "rate.png").is_file()
    assert run([*words, *fast, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["low"] <= told["learning_rate"] <= told["high"]
    assert len(told["rates"]) == len(told["losses"]) == 9
    for wrong in (["--rates", "1"], ["--rates", "a..b"], ["--seeds", "1"], ["--count", "0"]):
        assert run(["rate", "iris", *wrong]) == 2
    assert run(["rate"]) == 2


def test_rates_that_are_all_too_low_give_no_interval(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("JARAM_LANG", "en")
    words = ["rate", "iris", "--network", "dense 4 tanh", "--rates", "1e-6..1e-5"]
    words += ["--count", "5", "--seeds", "3", "--steps", "20"]
    monkeypatch.setattr("sys.argv", ["jaram", *words])
    assert run([*words, "--png", "low.png"]) == 0
    printed = capsys.readouterr().out
    assert "too low to tell" in printed
    assert "95%" not in printed
    assert "--rates 1e-05..0.1" in printed
    assert run([*words, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["beyond"] == "high"
    assert told["low"] is told["high"] is None
    assert told["learning_rate"] == pytest.approx(1e-5)


def test_a_picture_that_cannot_be_written_is_refused_before_training(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def never(*_: object, **__: object) -> None:
        raise AssertionError("it trained")

    monkeypatch.setattr("jaram.searches.rate_test.learning_rate_test", never)
    (tmp_path / "file").write_text("")
    for png in (tmp_path, tmp_path / "file" / "rate.png", "", "/proc/none/rate.png"):
        assert run(["rate", "iris", "--png", str(png)]) == 2
        assert capsys.readouterr().err.count("\n") == 1
