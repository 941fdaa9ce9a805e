"""A language model is trained, measured, kept, and writes."""

import warnings
from types import SimpleNamespace

import numpy as np
import pytest

import jaram as jr
from jaram.data.notices import DataWarning
from jaram.doctor.confirmation import kept_scores
from jaram.runs.generate import draw

TEXT = "자람 abc\n" * 120
RECIPE = jr.Recipe(
    network="embedding 12 6, gru 16 return_sequences=true",
    optimizer=jr.Adam(0.02),
    epochs=30,
    stop=None,
)


@pytest.fixture(scope="module")
def book(tmp_path_factory):
    path = tmp_path_factory.mktemp("text") / "book.txt"
    path.write_text(TEXT)
    return path


@pytest.fixture(scope="module")
def run(book):
    return jr.train(RECIPE, jr.load(book, task="language", length=16))


def test_what_repeats_is_learned_and_beats_counting(run):
    bits = run.metrics["valid/bits_per_unit"]
    assert bits < 0.1
    assert run.metrics["valid/accuracy"] > 0.99
    assert run.metrics["valid/perplexity"] == pytest.approx(2**bits, rel=1e-6)
    assert run.metrics["valid/loss"] == pytest.approx(bits * np.log(2), rel=1e-4)
    assert bits < run.summary["baselines"]["valid"]["unigram"]
    assert run.history["valid/loss"][-1] == pytest.approx(run.metrics["valid/loss"], rel=1e-3)


def test_it_writes_the_likeliest_and_what_was_learned(run):
    written = jr.generate(run, "자람", 20, temperature=0)
    assert written == TEXT[:22]
    assert written == jr.generate(run, "자람", 20, top_k=1, seed=5)
    assert written == jr.generate(run, "자람", 20, temperature=1e-3, seed=1)


def test_what_it_writes_is_what_the_whole_text_gives(run):
    written = jr.generate(run, "자", 15, temperature=0)
    ids = run.preparation.tokens.vocabulary.ids_of(written)
    shares = run.predict_proba(np.array([ids]))[0]
    assert shares.shape == (16, run.task.outputs)
    np.testing.assert_allclose(shares.sum(axis=1), 1, rtol=1e-5)
    assert (shares.argmax(axis=1)[:-1] + 1).tolist() == ids[1:]
    assert run.predict(np.array([ids]))[0].tolist() == shares.argmax(axis=1).tolist()


def test_the_same_seed_writes_the_same(run):
    how = {"length": 40, "temperature": 3.0}
    assert jr.generate(run, "a", seed=1, **how) == jr.generate(run, "a", seed=1, **how)
    assert jr.generate(run, "a", seed=1, **how) != jr.generate(run, "a", seed=2, **how)


def test_a_draw_has_the_networks_probabilities():
    shares, rng = np.array([0.2, 0.5, 0.2, 0.1], np.float32), np.random.default_rng(0)
    counts = np.bincount([draw(shares, 1.0, None, rng) for _ in range(8000)], minlength=4)
    np.testing.assert_allclose(counts / 8000, [0, 0.625, 0.25, 0.125], atol=0.02)
    colder = np.bincount([draw(shares, 0.5, 2, rng) for _ in range(8000)], minlength=4)
    np.testing.assert_allclose(colder / 8000, [0, 25 / 29, 4 / 29, 0], atol=0.02)
    assert draw(shares, 0, None, rng) == 1


def test_a_kept_run_writes_the_same_and_is_measured_on_a_file(run, book, tmp_path):
    kept = jr.open(run.save(tmp_path / "run").folder)
    assert jr.generate(kept, "자람", 20, seed=3) == jr.generate(run, "자람", 20, seed=3)
    assert kept.evaluate(book)["bits_per_unit"] < 0.1
    assert jr.diagnose(kept).names == jr.diagnose(run).names


def test_the_doctor_scores_the_rows_it_kept_by_steps(run):
    arm = SimpleNamespace(recipe=run.recipe, prepared=run.prepared)
    found = SimpleNamespace(arm=arm, params=[(run.params, run.network_state)])
    for metric in ("accuracy", "perplexity"):
        scores = kept_scores(found, run.prepared.valid, metric)
        assert scores == pytest.approx([run.metrics[f"valid/{metric}"]])


def test_units_that_are_unknown_are_named(run):
    with pytest.warns(DataWarning, match="'Ω', '힣'"):
        written = jr.generate(run, "Ω힣Ω a", 5)
    assert written.startswith("Ω힣Ω a") and len(written) == 10
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        jr.generate(run, "자람", 5)


@pytest.mark.parametrize(
    "how",
    [
        {"prompt": ""},
        {"length": 0},
        {"temperature": -1.0},
        {"temperature": float("nan")},
        {"top_k": 0},
    ],
    ids=str,
)
def test_wrong_wishes_are_told(run, how):
    with pytest.raises(jr.UsageError):
        jr.generate(run, **({"prompt": "a"} | how))


def test_only_language_models_write(run):
    other = jr.train(jr.Recipe(network="dense 2", epochs=1), jr.load("xor", n=20))
    with pytest.raises(jr.RunError, match="language"):
        jr.generate(other, "a")
    with pytest.raises(jr.UsageError, match=r"jr\.open"):
        jr.generate("runs/1", "a")


def test_a_network_that_sees_what_comes_is_refused(book):
    data = jr.load(book, task="language", length=16)
    for network in ("bidirectional (gru 4 return_sequences=true)", "conv 4 3", "tagger"):
        with pytest.raises(jr.PreflightError, match="forward"):
            jr.train(jr.Recipe(network=network, epochs=1), data)
    with pytest.raises(jr.PreflightError, match="16 steps"):
        jr.train(jr.Recipe(network="gru 4", epochs=1), data)


def test_members_of_a_population_are_trained_alone_or_together(book):
    data = jr.load(book, task="language", length=16)
    recipes = [
        jr.Recipe(network="embedding 12 4, rnn 5 return_sequences=true", epochs=2, seed=seed)
        for seed in (0, 1)
    ]
    together = jr.train(recipes, data)
    alone = jr.train(recipes[1], data)
    assert together[1].metrics["valid/loss"] == pytest.approx(alone.metrics["valid/loss"], rel=1e-4)
    with pytest.raises(jr.UsageError, match="every step"):
        jr.Ensemble(together)
    with pytest.raises(jr.UsageError, match="every step"):
        jr.Ensemble.trained(recipes[0], data, size=2)


def test_the_default_network_trains_and_can_write(book):
    run = jr.train(jr.Recipe(epochs=1), jr.load(book, task="language", unit="jamo", length=16))
    chosen = {choice.field for choice in run.choices}
    assert {"network", "output", "loss", "clip", "optimizer", "batch_size"} <= chosen
    assert not run.recipe.penalties
    assert jr.generate(run, "자", 3).startswith("자")


def test_tagging_learns_what_stands_before():
    rng = np.random.default_rng(0)
    x = rng.integers(0, 4, (240, 8))
    y = np.cumsum(x == 2, axis=1) % 2  # whether an odd number of twos was seen
    y[::3, 5:] = -1
    network = "embedding 4 4, gru 12 return_sequences=true"
    recipe = jr.Recipe(network=network, optimizer=jr.Adam(0.03), epochs=40)
    run = jr.train(recipe, jr.Data(x, y, task="tagging"))
    assert run.metrics["valid/accuracy"] > 0.95
    assert run.predict_proba(x[:3]).shape == (3, 8, 2)
    found = run.evaluate((x, y))
    truth, said = y[y >= 0], run.predict(x)[y >= 0]
    assert found["accuracy"] == pytest.approx(np.mean(truth == said))
