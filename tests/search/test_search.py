"""Searching: what is tried, that it is found again, and that nothing finished is lost."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import jax
import numpy as np
import pytest

import jaram as jr
from jaram.errors import JaramError, RunError, UsageError
from jaram.runs.candidates import candidates_of
from jaram.searches import files
from jaram.searches.cohort import Cohort, Entry, Saved, Work, reached
from jaram.searches.loop import SearchReport
from jaram.searches.strategies.zooming import Box, zoomed
from jaram.searches.study import Trial, winner_of

BASE = jr.Recipe(
    network=(jr.Dense(8, "tanh"),),
    optimizer=jr.SGD(jr.LogUniform(1e-3, 1.0), momentum=0.9),
    penalties=(),
    batch_size=16,
    epochs=9,
    stop=None,
)
TWO = dataclasses.replace(BASE, network=(jr.Dense(jr.Choice(4, 8), "tanh"),))


def data() -> jr.Data:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(160, 4)).astype(np.float32)
    return jr.Data(x, (x[:, 0] * x[:, 1] > 0).astype(int))


@pytest.fixture(scope="module")
def study() -> jr.Study:
    return jr.search(TWO, data(), trials=12, seeds=2)


def test_every_trial_has_a_row_of_its_own(study: jr.Study) -> None:
    table = study.table
    assert table["trial"].to_list() == list(range(12))
    assert table.columns == [
        "trial",
        "network[0].units",
        "optimizer.learning_rate",
        *("score", "epochs", "seconds", "rung", "status"),
    ]
    assert set(table["network[0].units"]) == {4, 8}
    assert (table["epochs"] == 9 * 2).all()
    assert (table["status"] == "done").all()
    assert table["score"].is_between(0, 1).all()


def test_a_trial_scores_what_it_scores_alone(study: jr.Study) -> None:
    """Beside others of its structure the last bits differ, which may move one row of 32."""
    trial = study.trials[5]
    recipe = study.space.at(np.array(trial.point)).recipe
    for seed, score in enumerate(trial.scores):
        run = jr.train(dataclasses.replace(recipe, seed=seed), data())
        assert run.metrics["valid/accuracy"] == pytest.approx(score, abs=1.01 / 32)


def test_the_winner_is_the_best_and_is_measured_again(study: jr.Study) -> None:
    assert study.winner is not None
    assert study.winner.score == study.table["score"].max()
    assert study.confirmed is not None
    assert len(study.confirmed.scores) == 5
    fresh = np.mean(study.confirmed.scores)
    assert study.interval.mean == pytest.approx(fresh)
    assert study.interval.low <= fresh <= study.interval.high
    assert study.confirmed.optimism == pytest.approx(study.winner.score - fresh)
    assert study.best is not None
    assert study.best.metrics["valid/accuracy"] == pytest.approx(study.confirmed.scores[0])
    assert study.best.recipe.seed not in (0, 1)


def test_the_rate_is_what_mattered(study: jr.Study) -> None:
    found = study.importance()
    assert found["path"][0] == "optimizer.learning_rate"
    assert found["importance"].is_between(0, 1).all()
    assert (found["low"] <= found["high"]).all()


def test_the_test_part_is_not_read(study: jr.Study) -> None:
    """With other answers in the test part every trial is what it was."""
    rng = np.random.default_rng(1)
    x, y = rng.normal(size=(160, 4)).astype(np.float32), np.arange(160) % 2
    xt = rng.normal(size=(40, 4)).astype(np.float32)
    tables = [
        jr.search(
            BASE,
            jr.Data(x, y, valid=(x[:40], y[:40]), test=(xt, np.arange(40) % 2 == answer)),
            trials=3,
            confirm=2,
        ).table.drop("seconds")
        for answer in (0, 1)
    ]
    assert tables[0].equals(tables[1])


@pytest.mark.parametrize("strategy", ["grid", "sobol", "caviar", "coarse_to_fine"])
def test_every_strategy_finds_a_rate_that_learns(strategy: str) -> None:
    found = jr.search(BASE, data(), strategy=strategy, trials=9, confirm=2)
    assert len(found.trials) == 9
    assert found.values["optimizer.learning_rate"] > 0.02


def test_caviar_trains_the_better_third_on() -> None:
    found = jr.search(TWO, data(), strategy="caviar", trials=18, confirm=2)
    table = found.table
    assert sorted(table["rung"].to_list()) == [0] * 12 + [1] * 4 + [2] * 2
    by_rung = {0: 1, 1: 3, 2: 9}
    assert [by_rung[rung] for rung in table["rung"]] == table["epochs"].to_list()
    assert (table["status"] == "dropped").sum() == 16
    assert found.winner is not None
    assert found.winner.rung == 2


def never() -> bool:
    return False


def entries_of(recipes: list[jr.Recipe]) -> list[Entry]:
    ready = candidates_of(recipes, data())
    return [Entry(number, one.recipe, one.prepared) for number, one in enumerate(ready)]


def works(entries: list[Entry], starts: dict[int, Saved], until: int) -> list[Work]:
    return [Work((e.trial, 0), e, starts.get(e.trial), until) for e in entries]


def test_survivors_go_on_as_if_nobody_had_been_dropped() -> None:
    """And from beside others to a place of their own, on another device."""
    entries = entries_of([BASE_AT(rate) for rate in (0.01, 0.05, 0.1, 0.3)] * 3)
    cohort = Cohort(entries[0], len(entries), 2, is_alone=True)
    whole = cohort.train(works(entries, {}, 9), never)
    begun = dict(enumerate(cohort.train(works(entries, {}, 3), never)))
    assert all(one.epochs == 6 for one in begun.values())
    survivors = [entries[2], entries[7]]
    went_on = cohort.train(works(survivors, begun, 9), never)
    for work, saved in zip(works(survivors, begun, 9), went_on, strict=True):
        mine = reached(work, saved, "accuracy", 0.0)
        his = reached(work, whole[work.entry.trial], "accuracy", 0.0)
        assert mine.scores == his.scores
        assert mine.loss == pytest.approx(his.loss, rel=1e-5)
        assert mine.curve == his.curve
        assert saved.epochs == 18


def test_going_on_compiles_nothing() -> None:
    entries = entries_of([BASE_AT(0.01), BASE_AT(0.1), BASE_AT(0.2)])
    cohort = Cohort(entries[0], len(entries), 1, is_alone=True)
    begun = dict(enumerate(cohort.train(works(entries, {}, 3), never)))
    with _counted() as compiled:
        cohort.train(works(entries[1:2], begun, 9), never)
    assert [event for event in compiled if "run_epochs" in event] == []


def test_a_child_goes_on_from_its_parent_with_its_own_knobs() -> None:
    entries = entries_of([BASE_AT(0.01), BASE_AT(0.1), BASE_AT(0.2)])
    cohort = Cohort(entries[0], len(entries), 1, is_alone=True)
    begun = cohort.train(works(entries, {}, 3), never)
    own, child = cohort.train(
        [Work((1, 1), entries[1], begun[1], 6), Work((2, 1), entries[1], begun[0], 6)], never
    )
    for leaf, other in zip(
        jax.tree.leaves(own.curves), jax.tree.leaves(begun[1].curves), strict=True
    ):
        assert np.array_equal(leaf[:3], other)
    assert np.array_equal(child.curves[0][:3], begun[0].curves[0])
    alone = dataclasses.replace(entries[1].recipe, optimizer=jr.SGD(0.1, momentum=0.9))
    assert alone == entries[1].recipe
    weights = jax.tree.leaves(begun[0].state.params)
    assert not np.array_equal(jax.tree.leaves(child.state.params)[0], weights[0])
    assert not np.array_equal(child.curves[0], own.curves[0])


def BASE_AT(rate: float) -> jr.Recipe:
    return dataclasses.replace(BASE, optimizer=jr.SGD(rate, momentum=0.9))


class _counted:  # noqa: N801
    """The programs that JAX compiles meanwhile."""

    def __enter__(self) -> list[str]:

        self.compiled: list[str] = []
        self.is_on = True
        jax.monitoring.register_event_duration_secs_listener(self._hear)
        return self.compiled

    def _hear(self, event: str, seconds: float, **more: Any) -> None:
        if self.is_on and event.endswith("backend_compile_duration"):
            self.compiled.append(str(more.get("fun_name")))

    def __exit__(self, *_: object) -> None:
        self.is_on = False


def test_members_wait_where_memory_is_short(monkeypatch: pytest.MonkeyPatch) -> None:
    weights = 4 * 8 + 8 + 8 + 1  # inputs to 8 units to one output, float32
    monkeypatch.setattr("jaram.searches.search.MEMORY_BYTES", 5 * 8 * 4 * weights)
    whole = jr.search(BASE, data(), trials=7, confirm=2)
    sizes: list[int] = []
    begun = Cohort.train

    def counted(self: Cohort, works: Any, is_late: Any) -> Any:
        sizes.append(len(works))
        return begun(self, works, is_late)

    monkeypatch.setattr(Cohort, "train", counted)
    again = jr.search(BASE, data(), trials=7, confirm=2)
    assert sizes == [5, 2]
    assert again.table.drop("seconds").equals(whole.table.drop("seconds"))


def test_a_narrower_box_lies_around_the_best_quarter() -> None:
    space = jr.Space(TWO)
    points = np.column_stack([np.linspace(0, 1, 16), np.linspace(0.5, 0.7, 16)])
    box = zoomed(space, points)  # the best four: shares 0.5 to 0.54
    assert isinstance(box, Box)
    assert (box.low[0], box.high[0]) == (0, 1)  # all options stay
    assert 0.49 < box.low[1] < 0.5
    assert 0.54 < box.high[1] < 0.55


def test_equal_scores_are_decided_by_the_loss() -> None:
    def trial(number: int, score: float, loss: float | None, share: float = 0.5) -> Trial:
        return Trial(number, (0.5,), {}, (score,), loss, 3, 0.1, 0, share, "done")

    trials = (trial(0, 0.9, 0.3), trial(1, 0.9, 0.2), trial(2, 0.9, None), trial(3, 0.5, 0.1))
    assert winner_of(trials) is trials[1]
    assert winner_of((*trials, last := trial(4, 0.6, 0.4, share=1.0))) is last


def test_a_search_is_the_same_every_time(study: jr.Study) -> None:
    again = jr.search(TWO, data(), trials=12, seeds=2)
    assert again.table.drop("seconds").equals(study.table.drop("seconds"))
    assert again.confirmed == study.confirmed


@pytest.mark.parametrize("strategy", ["random", "caviar", "coarse_to_fine"])
def test_an_interrupted_search_goes_on(strategy: str, tmp_path: Path) -> None:
    asked: dict[str, Any] = {"strategy": strategy, "trials": 12, "confirm": 2}
    whole = jr.search(TWO, data(), **asked)

    def interrupt(report: SearchReport) -> None:
        if report.done >= 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        jr.search(TWO, data(), out=tmp_path / "s", progress=interrupt, **asked)
    finished = files.recorded(tmp_path / "s")
    assert finished
    with (tmp_path / "s" / "trials.jsonl").open("ab") as file:
        file.write(b'{"number": 9, "po')  # as a killed process leaves it
    resumed = jr.search(TWO, data(), out=tmp_path / "s", **asked)
    kept = {(trial.number, trial.rung): trial for trial in resumed.trials}
    for trial in finished:
        if (trial.number, trial.rung) in kept:
            assert kept[trial.number, trial.rung].seconds == trial.seconds  # not trained again
    assert resumed.table["trial"].to_list() == whole.table["trial"].to_list()
    for path in resumed.space.dimensions:
        assert resumed.table[path].to_list() == whole.table[path].to_list()
    assert resumed.table["score"].to_list() == pytest.approx(
        whole.table["score"].to_list(), abs=1.01 / 32
    )


def test_a_study_is_saved_and_opened(study: jr.Study, tmp_path: Path) -> None:
    saved = study.save(tmp_path / "study")
    opened = jr.Study.open(tmp_path / "study")
    assert saved.folder == tmp_path / "study"
    assert opened.trials == study.trials
    assert opened.confirmed == study.confirmed
    assert opened.space == study.space
    assert opened.table.equals(study.table)
    assert opened.report() == study.report()
    assert opened.best is not None
    assert study.best is not None
    assert opened.best.metrics == pytest.approx(study.best.metrics)


def test_a_finished_search_is_opened_and_another_one_refused(tmp_path: Path) -> None:
    first = jr.search(BASE, data(), trials=3, confirm=2, out=tmp_path / "s")
    again = jr.search(BASE, data(), trials=3, confirm=2, out=tmp_path / "s")
    assert again.trials == first.trials
    with pytest.raises(RunError, match="trials"):
        jr.search(BASE, data(), trials=4, out=tmp_path / "s")
    with pytest.raises(RunError, match="space"):
        jr.search(TWO, data(), trials=3, out=tmp_path / "s")
    with pytest.raises(RunError, match="other data"):
        jr.search(BASE, jr.Data(np.eye(40), np.arange(40) % 2), trials=3, out=tmp_path / "s")


def test_a_space_whose_every_member_diverges_is_a_result() -> None:
    wild = dataclasses.replace(
        BASE, network=(jr.Dense(8, "relu"),), optimizer=jr.SGD(jr.LogUniform(1e28, 1e30))
    )
    found = jr.search(wild, jr.Data(np.random.default_rng(0).normal(size=(99, 3)), np.arange(99.0)))
    assert set(found.table["status"]) == {"diverged"}
    assert found.winner is None
    assert found.best is None
    assert np.isnan(found.interval.mean)
    assert "diverged" in found.report("en")
    assert "발산" in found.report("ko")


def test_a_budget_ends_the_search() -> None:
    found = jr.search(dataclasses.replace(TWO, epochs=100_000), data(), budget=2.0, confirm=2)
    assert found.seconds < 90  # compilations, which no budget cuts, beside 64 · 100,000 epochs
    assert found.winner is not None
    assert "cut" in set(found.table["status"])
    # The winner's confirmation is as long as its training: what it loses is not for want of epochs.
    assert found.best is not None
    assert found.best.history.height == len(found.winner.curve)


def test_a_confirmation_without_its_trial_is_told(tmp_path: Path) -> None:
    """Records that were lost may not hand the winner's scores to another trial."""
    found = jr.search(BASE, data(), trials=6, out=tmp_path / "study", confirm=2)
    assert found.winner is not None
    path = tmp_path / "study" / "trials.jsonl"
    lines = path.read_text().splitlines(keepends=True)
    path.write_text(
        "".join(line for line in lines if f'"number": {found.winner.number},' not in line)
    )
    assert len(path.read_text()) < sum(map(len, lines))
    for again in (
        lambda: jr.Study.open(tmp_path / "study"),
        lambda: jr.search(BASE, data(), trials=6, out=tmp_path / "study", confirm=2),
    ):
        with pytest.raises(RunError, match="lost records"):
            again()


@pytest.mark.parametrize(
    ("arguments", "mentions"),
    [
        ({"strategy": "cavier"}, "'caviar'"),
        ({"trials": 0}, "trials"),
        ({"seeds": 0}, "seeds"),
        ({"budget": 0}, "0"),
        ({"space": jr.Recipe()}, "LogUniform"),
        ({"space": 5}, "5"),
        ({"space": {"optimizer.learning_rat": "log:1e-4..1"}}, "'learning_rate'"),
        ({"space": dataclasses.replace(BASE, validation=0.0)}, "validation"),
        ({"strategy": "grid", "space": TWO, "trials": 3}, "4"),
    ],
)
def test_wrong_input_is_told(arguments: dict[str, Any], mentions: str) -> None:
    asked = {"space": BASE, "data": data()} | arguments
    with pytest.raises(JaramError, match=mentions):
        jr.search(asked.pop("space"), asked.pop("data"), **asked)


def test_data_in_the_place_of_a_space_is_told() -> None:
    with pytest.raises(UsageError):
        jr.search(data())


def test_what_is_not_said_is_chosen_from_the_data() -> None:
    found = jr.search({"network[*].units": "8|16"}, jr.load("iris"), trials=2, confirm=2)
    assert all(path.endswith(".units") for path in found.space.dimensions)
    assert found.space.recipe.optimizer == jr.Adam(2e-3)
