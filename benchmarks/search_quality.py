"""What a strategy finds for its epochs: successive halving against Optuna's TPE with its pruners,
random points against a grid, narrowing against random points."""

from __future__ import annotations

import dataclasses
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from common import markdown, note, repeats_asked, section

LENGTH = 27
"""Epochs of a full training."""
TRIALS = 54
"""Trials of successive halving; they take 54 · 7 = 378 epochs, fourteen full trainings."""
CONFIRM = 5
"""Fresh seeds that each winner is trained from."""
FRESH = 5_000_003

PROBLEMS: dict[str, str | None] = {
    "breast_cancer": None,
    "digits": None,
    "penguins": "species",
    "wine": None,
    "diabetes": None,
}


def recipe(split_seed: int) -> Any:
    """The space of all comparisons: five knobs of one network, rates on logarithms."""
    import jaram as jr

    return jr.Recipe(
        network=(
            jr.GaussianNoise(jr.Uniform(0.0, 0.6)),
            jr.Dense(32, "relu"),
            jr.Dropout(jr.Uniform(0.0, 0.6)),
            jr.Dense(16, "relu"),
        ),
        optimizer=jr.Momentum(jr.LogUniform(1e-4, 3.0), jr.Uniform(0.0, 0.98)),
        penalties=(jr.L2(jr.LogUniform(1e-6, 0.3)),),
        averaging=None,
        batch_size=32,
        epochs=LENGTH,
        stop=None,
        validation=0.3,
        split_seed=split_seed,
    )


@dataclasses.dataclass(frozen=True)
class Found:
    """A winner: its point of the unit cube and the epochs that finding it took."""

    point: NDArray[np.float64]
    epochs: int


def fresh(name: str, repeat: int, found: Found) -> float:
    """The winner's score on the validation part from seeds that it was not chosen by."""
    import jaram as jr

    space = jr.Space(recipe(repeat))
    chosen = space.at(found.point).recipe
    recipes = [
        dataclasses.replace(chosen, seed=FRESH + place, order_seed=FRESH)
        for place in range(CONFIRM)
    ]
    return float(np.mean([best_score(run)[-1] for run in jr.train(recipes, data_of(name))]))


def data_of(name: str) -> Any:
    import jaram as jr

    return jr.load(name, PROBLEMS[name])


def best_score(run: Any) -> NDArray[np.float64]:
    """The best validation score up to each epoch: accuracy, or R² of a regression, at least -1; a
    training that diverged stays where it was."""
    column = "r2" if run.task.kind == "regression" else "accuracy"
    scores = np.asarray(run.history[f"valid/{column}"], float)[:LENGTH]
    scores = np.maximum.accumulate(np.nan_to_num(scores, nan=-1.0).clip(-1.0))
    missing = LENGTH - len(scores)
    return np.concatenate([scores, np.full(missing, scores[-1] if len(scores) else -1.0)])


def by_search(strategy: str, trials: int, name: str, repeat: int, seeds: int = 1) -> Found:
    """The winner of ``jr.search``."""
    import jaram as jr

    study = jr.search(
        recipe(repeat),
        data_of(name),
        strategy=strategy,
        trials=trials,
        seeds=seeds,
        seed=repeat,
        confirm=2,
    )
    winner = study.winner
    assert winner is not None
    return Found(np.array(winner.point), sum(trial.epochs for trial in study.trials))


def by_optuna(pruner: str, budget: int, name: str, repeat: int) -> Found:
    """The winner of Optuna's TPE with a pruner, after as many epochs as ``budget`` allows.

    Each trial is trained by Jaram with the same data, and reported epoch by epoch until the pruner
    ends it or it is over; a pruned training is the beginning of the whole one.
    """
    import optuna

    import jaram as jr

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    space, data = jr.Space(recipe(repeat)), data_of(name)
    pruners: dict[str, Callable[[], Any]] = {
        "median": optuna.pruners.MedianPruner,
        "hyperband": lambda: optuna.pruners.HyperbandPruner(1, LENGTH, 3),
    }
    study = optuna.create_study(
        direction="maximize",
        sampler=optuna.samplers.TPESampler(seed=repeat, multivariate=True),
        pruner=pruners[pruner](),
    )
    spent = 0
    while spent < budget:
        trial = study.ask()
        point = np.array([trial.suggest_float(path, 0.0, 1.0) for path in space.dimensions])
        scores = best_score(jr.train(space.at(point).recipe, data))
        is_pruned = False
        for epoch, score in enumerate(scores, start=1):
            trial.report(float(score), epoch)
            spent += 1
            if epoch < LENGTH and trial.should_prune():
                is_pruned = True
                break
        if is_pruned:
            study.tell(trial, state=optuna.trial.TrialState.PRUNED)
        else:
            study.tell(trial, float(scores[-1]))
    return Found(np.array([study.best_params[path] for path in space.dimensions]), spent)


def interval(differences: NDArray[np.float64]) -> str:
    """Mean and 95% interval of paired differences, in points of a hundred."""
    mean = 100 * differences.mean()
    half = 100 * stats.sem(differences) * stats.t.ppf(0.975, len(differences) - 1)
    return f"{mean:+.2f} ({mean - half:+.2f} to {mean + half:+.2f})"


Finder = Callable[[str, int], Found]


def compared(
    finders: dict[str, Finder], repeats: int, first: int = 0
) -> dict[str, NDArray[np.float64]]:
    """Fresh scores ``(problems, repeats)`` of the winners of every finder."""
    scores = {who: np.zeros((len(PROBLEMS), repeats)) for who in finders}
    for place, name in enumerate(PROBLEMS):
        for column, repeat in enumerate(range(first, first + repeats)):
            for who, find in finders.items():
                found = find(name, repeat)
                scores[who][place, column] = fresh(name, repeat, found)
            told = ", ".join(f"{who} {scores[who][place, column]:.4f}" for who in finders)
            note(f"{name} {repeat}: {told}")
    return scores


def told(scores: dict[str, NDArray[np.float64]], first: str, wanted: str) -> None:
    """A table of scores, and the paired difference of ``first`` to each other."""
    rows = [
        [name, *(f"{100 * each[place].mean():.2f}" for each in scores.values())]
        for place, name in enumerate(PROBLEMS)
    ]
    print(markdown(["problem", *scores], rows), "\n")
    for who, each in scores.items():
        if who == first:
            continue
        gains = scores[first] - each
        won = int((gains.mean(1) >= 0).sum())
        is_met = gains.mean() >= 0
        print(
            f"- {first} less {who}: {interval(gains.mean(1))} points over the problems, "
            f"{interval(gains.ravel())} over all runs; at least as good on {won} of {len(gains)}; "
            f"{wanted}: {'met' if is_met else '**missed**'}"
        )
    print()


def main() -> None:
    warnings.simplefilter("ignore")
    repeats = repeats_asked(6)
    budget = TRIALS * 7
    twice = {
        "two seeds": lambda name, repeat: by_search("caviar", TRIALS // 2, name, repeat, 2),
    }
    halving = {
        "successive halving": lambda name, repeat: by_search("caviar", TRIALS, name, repeat),
        "TPE, median": lambda name, repeat: by_optuna("median", budget, name, repeat),
        "TPE, Hyperband": lambda name, repeat: by_optuna("hyperband", budget, name, repeat),
    }
    section(
        "What a search finds",
        f"Five knobs of a network `dense 32 relu, dense 16 relu`; {TRIALS} trials of `caviar`, "
        f"whose {budget} epochs Optuna's TPE has, too, with its median and its Hyperband pruner. "
        "Score: 100 × accuracy (R² of diabetes) of the winner on the validation part, from "
        f"{CONFIRM} fresh seeds; mean of {repeats} splits and search seeds. Regret is what is "
        "missing to the best, so a difference in score is one in regret, with the sign turned.",
    )
    told(compared(halving, repeats), "successive halving", "no more regret")
    section(
        "The same with two seeds a trial",
        f"Half as many trials, each from two seeds, so as many epochs. Chosen after the first "
        f"{repeats} splits had been seen, and therefore measured on {repeats} others.",
    )
    told(compared(twice | halving, repeats, first=repeats), "two seeds", "no more regret")
    grid = {
        "random": lambda name, repeat: by_search("random", 32, name, repeat),
        "grid": lambda name, repeat: by_search("grid", 32, name, repeat),
    }
    section(
        "Random points against a grid",
        "The same space and score, 32 trials each: the grid has two values of each of the five "
        "knobs (Bergstra & Bengio, 2012: where few of them matter, random points see more values "
        "of each).",
    )
    told(compared(grid, repeats), "random", "the known result")
    narrowed = {
        "coarse to fine": lambda name, repeat: by_search("coarse_to_fine", 48, name, repeat),
        "random": lambda name, repeat: by_search("random", 48, name, repeat),
    }
    section(
        "Coarse to fine against random points",
        "The same space and score, 48 trials each: a third wide, then twice narrowed around the "
        "best.",
    )
    told(compared(narrowed, repeats), "coarse to fine", "the known result")


if __name__ == "__main__":
    main()
