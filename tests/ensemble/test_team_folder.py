"""A team's folder: the same answers after reopening; damaged, altered, hostile."""

from __future__ import annotations

import dataclasses
import json
import shutil
from pathlib import Path
from typing import Any

import jax
import numpy as np
import pytest
from ensemble_runs import RECIPE, trained

import jaram as jr


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("teams") / "saved"
    jr.Ensemble.chosen(trained("multiclass"), 5).save(place)
    return place


@pytest.fixture
def copy(folder: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(folder, tmp_path / "copy"))


@pytest.mark.parametrize("vote", ["soft", "hard", "weighted"])
def test_saved_and_opened_it_answers_the_same(
    runs: list[jr.Run], vote: Any, x: np.ndarray, tmp_path: Path
) -> None:
    team = jr.Ensemble(runs, vote)
    saved = team.save(tmp_path / "team")
    opened = jr.open(tmp_path / "team")
    assert isinstance(opened, jr.Ensemble)
    assert saved.folder == opened.folder == tmp_path / "team"
    assert opened.vote == vote
    assert opened.weights == pytest.approx(team.weights)
    assert np.array_equal(opened.predict(x), team.predict(x))
    assert opened.metrics == team.metrics
    assert opened.gain == team.gain
    assert opened.report("ko") == team.report("ko")
    assert [member.recipe for member in opened.members] == [run.recipe for run in runs]


def test_a_member_is_a_run_of_its_own(folder: Path, x: np.ndarray) -> None:
    team = jr.open(folder)
    assert isinstance(team, jr.Ensemble)
    for member in team.members:
        assert member.folder is not None
        assert np.array_equal(jr.open(member.folder).predict(x), member.predict(x))


def test_saved_again_the_members_are_copied_as_they_are(folder: Path, tmp_path: Path) -> None:
    team = jr.open(folder)
    assert isinstance(team, jr.Ensemble)
    again = team.save(tmp_path / "again")
    for one, other in zip(team.members, again.members, strict=True):
        assert one.folder is not None
        assert other.folder is not None
        for file in one.folder.iterdir():
            assert (other.folder / file.name).read_bytes() == file.read_bytes()
    assert again.metrics == team.metrics


def test_trained_into_a_folder_it_is_the_team_that_was_trained(
    x: np.ndarray, tmp_path: Path
) -> None:
    data = jr.load("iris")
    team = jr.Ensemble.trained(RECIPE, data, size=3, out=tmp_path / "team")
    assert [member.recipe.seed for member in team.members] == [0, 1, 2]
    opened = jr.open(tmp_path / "team")
    assert np.array_equal(opened.predict_proba(data), team.predict_proba(data))
    alone = jr.train(RECIPE, data)
    # Lanes add up in another order (see test_populations).
    np.testing.assert_allclose(
        team.members[0].predict_proba(data), alone.predict_proba(data), atol=1e-4
    )
    # Opened members find the built-in set again, so that they can be weighted and chosen.
    assert isinstance(opened, jr.Ensemble)
    weights = jr.Ensemble(opened.members, "weighted").weights
    assert weights == pytest.approx(jr.Ensemble(team.members, "weighted").weights)
    other_vote = jr.Ensemble(opened.members, "hard")
    assert other_vote.metrics == pytest.approx(jr.Ensemble(team.members, "hard").metrics)


@pytest.mark.parametrize("task", ["multiclass", "regression"])
def test_members_that_say_no_numbers_are_kept_and_told(task: str, tmp_path: Path) -> None:
    """As one whose first weights were infinite: nothing of it is lost, and nothing invented."""
    runs = trained(task)
    infinite = jax.tree.map(lambda leaf: np.full_like(leaf, np.nan), runs[0].params)
    broken = dataclasses.replace(runs[0], params=infinite, saved_metrics={})
    for members in ([broken, broken], [broken, *runs[1:]]):
        team = jr.Ensemble(members)
        opened = jr.open(team.save(tmp_path / str(len(members))).folder or "")
        assert isinstance(opened, jr.Ensemble)
        assert opened.metrics == team.metrics
        assert opened.gain == team.gain
        assert opened.report("en") == team.report("en")
    weighted = jr.Ensemble([broken, *runs[1:]], "weighted")
    assert weighted.weights is not None
    assert weighted.weights[0] == 0
    assert np.isfinite(list(weighted.metrics.values())).all()
    assert weighted.metrics == pytest.approx(jr.Ensemble(runs[1:], "weighted").metrics)
    with pytest.raises(jr.UsageError):
        jr.Ensemble([broken], "weighted")


def test_a_folder_with_something_in_it_is_left_alone(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "letter").write_text("dear")
    with pytest.raises(jr.RunError, match="already holds"):
        jr.Ensemble(trained("multiclass")).save(tmp_path)
    assert [item.name for item in tmp_path.iterdir()] == ["letter"]


def change(folder: Path, **fields: Any) -> None:
    card = json.loads((folder / "ensemble.json").read_text())
    (folder / "ensemble.json").write_text(json.dumps(card | fields))


def damage(folder: Path, how: str) -> None:
    member = sorted((folder / "members").iterdir())[0]
    if how == "no JSON":
        (folder / "ensemble.json").write_text("{")
    elif how == "no members":
        change(folder, members=[])
    elif how == "unknown vote":
        change(folder, vote="loud")
    elif how == "newer":
        change(folder, format=99)
    elif how == "no format":
        change(folder, format="1")
    elif how == "lost metrics":
        change(folder, metrics=None)
    elif how == "damaged gain":
        change(folder, gain={"part": "test"})
    elif how == "member gone":
        shutil.rmtree(member)
    elif how == "weights altered":
        with (member / "weights.safetensors").open("ab") as file:
            file.write(b"x")
    elif how == "member altered":
        with (member / "run.json").open("a") as file:
            file.write("\n")
    elif how == "looks elsewhere":
        card = json.loads((folder / "ensemble.json").read_text())
        card["members"][0]["folder"] = f"../../{folder.name}/members/{member.name}"
        change(folder, members=card["members"])
    elif how == "strange weight":
        card = json.loads((folder / "ensemble.json").read_text())
        card["members"][0]["weight"] = -1.0
        change(folder, members=card["members"])


@pytest.mark.parametrize(
    "how",
    [
        *("no JSON", "no members", "unknown vote", "newer", "no format", "lost metrics"),
        *("damaged gain", "member gone", "weights altered", "member altered"),
        *("looks elsewhere", "strange weight"),
    ],
)
def test_damage_is_told_in_one_sentence(how: str, copy: Path) -> None:
    damage(copy, how)
    with pytest.raises(jr.RunError) as error:
        jr.open(copy)
    assert str(copy) in str(error.value)
    assert "\n" not in str(error.value)


def test_opening_neither_reads_nor_runs_a_pickle(folder: Path) -> None:
    kinds = {file.suffix for file in folder.rglob("*") if file.is_file()}
    assert kinds <= {".json", ".jsonl", ".toml", ".safetensors", ".f32", ".html"}
