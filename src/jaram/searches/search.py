"""The search: recipes drawn from a space, trained as populations, compared on the validation part.

The test part is never read here.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from jaram.amounts import byte_count
from jaram.data.data import Data
from jaram.data.options import PrepareOptions
from jaram.data.prepare import Prepared
from jaram.doctor.patient import score_name
from jaram.doctor.trial import WORST
from jaram.doctor.words import SHARES
from jaram.errors import RunError, UsageError
from jaram.messages import text
from jaram.messages.nearest import suggestion
from jaram.recipe import Recipe
from jaram.runs.candidates import as_data, candidates_of
from jaram.runs.fingerprint import fingerprint_of
from jaram.runs.run import Run
from jaram.runs.train import train
from jaram.searches import files
from jaram.searches.backend import Here
from jaram.searches.chosen import default_space, varied
from jaram.searches.clock import Clock
from jaram.searches.cluster import Cluster
from jaram.searches.lineage import Stretch, lineage, replayed
from jaram.searches.loop import Follow, Loop, Watcher
from jaram.searches.space import Space
from jaram.searches.strategies import STRATEGIES
from jaram.searches.strategies.bayesian import BAYESIAN
from jaram.searches.study import (
    Compilations,
    Confirmed,
    Settings,
    Study,
    Trial,
    latest,
    winner_of,
)
from jaram.training.compilations import compiled

MEMORY_BYTES = 2 * 2**30
"""What all members in training at once may take, if nothing else is said; further trials wait for
the next wave."""
SEARCHED = 0.75
"""Share of a budget for the trials; the rest is for the winner on fresh seeds."""
OF_DATA = ("metric", "part", "worst", "rows", "fingerprint")
"""Settings that follow from the data and its target."""
FRESH = 1_000_003
"""Where the seeds begin that no trial is chosen by."""


def search(
    space: Recipe | Space | Mapping[str, Any] | None = None,
    data: Any = None,
    *,
    strategy: str = "random",
    trials: int = 64,
    seeds: int = 1,
    budget: float | None = None,
    seed: int = 0,
    out: str | Path | None = None,
    confirm: int = 5,
    storage: str | None = None,
    memory: int | str | None = None,
    cluster: str | None = None,
    progress: Watcher | None = None,
) -> Study:
    """Search a space of recipes for the one with the best validation score.

    space: a recipe with distributions in place of fields, or paths with distributions or their
        words (``{"optimizer.learning_rate": "log:1e-4..1"}``); None for a sensible one.
    data: what :func:`jaram.train` takes.
    strategy: a name in :data:`jaram.searches.strategies.STRATEGIES`.
    trials: how many recipes are drawn; seeds: how many times each is trained.
    budget: seconds for all of it, compilation too; what is begun then is finished.
    seed: of the drawing. out: a folder to write to as trials finish; one that holds the same search
        unfinished is gone on with.
    confirm: how many fresh seeds the winner is trained from again, 2 at least.
    storage: URL of a database for a study of Optuna that follows this one (extra ``optuna``); with
        ``tpe`` and ``gp`` it is ``optuna.db`` in ``out`` where nothing is said.
    memory: bytes (or ``"2GB"``) that trials in training may take together, and those between two
        rounds half as much again; 2 GiB if None. One trial trains however little it is.
    cluster: ``"local"`` or the address of a Ray cluster, whose workers train the trials (extra
        ``ray``); None: this process does.

    Raises a subclass of :class:`~jaram.errors.JaramError` for wrong input, before the first step.
    """
    for name, value, least in (
        ("trials", trials, 1),
        ("seeds", seeds, 1),
        ("confirm", confirm, 2),
        ("seed", seed, 0),
    ):
        if isinstance(value, bool) or not isinstance(value, int) or value < least:
            raise UsageError("search.bad_count", name=name, least=least, value=value)
    if budget is not None and not (isinstance(budget, int | float) and budget > 0):
        raise UsageError("runs.bad_budget", value=budget)
    limit = MEMORY_BYTES if memory is None else byte_count(memory)
    if strategy not in STRATEGIES:
        raise UsageError(
            "search.no_such_strategy",
            value=strategy,
            known=", ".join(STRATEGIES),
            suggestion=suggestion(str(strategy), STRATEGIES),
        )
    if isinstance(space, Data | str | Path):
        raise UsageError("runs.swapped", got=type(space).__name__)
    loaded = as_data(data)
    found = space_of(space, loaded)
    prepared: dict[PrepareOptions, Prepared] = {}
    settings = _settings(found, loaded, prepared, strategy, trials, seeds, seed)
    folder = None if out is None else Path(out)
    if folder is not None and files.is_study(folder):
        begun = files.open_study(folder)
        _require_same(begun, found, settings, folder)
        if begun.confirmed is not None:
            return begun
        files.repair(folder)
    clock = Clock(math.inf if budget is None else SEARCHED * budget)
    watch = progress or (lambda _: None)
    backend = Here() if cluster is None else Cluster(cluster)
    follow = _follower(storage, folder, loaded, found, settings)
    loop = Loop(found, loaded, prepared, settings, limit, folder, clock, backend, watch, follow)
    before = compiled()
    try:
        records = loop.run()
    finally:
        if isinstance(backend, Cluster):
            backend.close()
    cost = compiled().since(before)
    reached = latest(records)
    follow(records)
    winner = winner_of(reached)
    confirmed, best = None, None
    if winner is not None:
        confirmed, best = confirmation(
            lineage(records, winner), winner, confirm, found, loaded, settings
        )
    study = Study(
        space=found,
        settings=settings,
        trials=reached,
        confirmed=confirmed,
        best=best,
        seconds=clock.seconds,
        folder=folder,
        records=records,
        compilations=Compilations(loop.programs.structures, cost.programs, cost.seconds),
    )
    if folder is not None:
        files.conclude(study, folder)
    return study


def _follower(
    storage: str | None, folder: Path | None, data: Data, space: Space, settings: Settings
) -> Follow:
    """What writes the records into a study of Optuna, if one was asked for."""
    if storage is None and (folder is None or settings.strategy not in BAYESIAN):
        return lambda _: None
    from jaram.searches.optuna_storage import Follower, url_in

    name = (data.name if folder is None else folder.resolve().name) or "jaram"
    if storage is None:
        assert folder is not None
        return Follower(url_in(folder), name, space, settings).follow  # opened when it is there
    follower = Follower(storage, name, space, settings)
    follower.study  # noqa: B018  # what is wrong with it is told before the first step
    return follower.follow


def space_of(space: Recipe | Space | Mapping[str, Any] | None, data: Data) -> Space:
    """The space that was meant, with what it leaves out chosen from the data."""
    if isinstance(space, Space):
        return space
    if space is None:
        return default_space(data)
    if isinstance(space, Recipe):
        return Space(space)
    if not isinstance(space, Mapping):
        raise UsageError("search.not_a_space", value=space)
    return Space(varied(Recipe(), space, data))


def _settings(
    space: Space,
    data: Data,
    prepared: dict[PrepareOptions, Prepared],
    strategy: str,
    trials: int,
    seeds: int,
    seed: int,
) -> Settings:
    middle = space.at(np.full(len(space.dimensions), 0.5)).recipe
    found = candidates_of([middle], data, prepared)[0].prepared
    if found.valid is None or not len(found.valid):
        raise UsageError("search.needs_validation")
    metric = score_name(found.task)
    return Settings(
        strategy=strategy,
        trials=trials,
        seeds=seeds,
        seed=seed,
        metric=metric,
        part="valid",
        worst=WORST.get(metric, 0.0),
        rows=len(found.valid) if metric in SHARES else None,
        fingerprint=fingerprint_of(found),
    )


def _require_same(begun: Study, space: Space, settings: Settings, folder: Path) -> None:
    """Raise RunError unless ``begun`` is the search asked for."""
    asked = dataclasses.asdict(settings)
    other = [
        name for name, value in dataclasses.asdict(begun.settings).items() if value != asked[name]
    ]
    if begun.space != space:
        other.insert(0, "space")
    if "fingerprint" in other:
        other = [name for name in other if name not in OF_DATA]
        if not other:
            raise RunError("search.other_data", path=str(folder))
        other.append(text("search.data"))
    if other:
        raise RunError("search.other_study", path=str(folder), differs=", ".join(other))


def confirmation(
    stretches: Sequence[Stretch],
    winner: Trial,
    count: int,
    space: Space,
    data: Data,
    settings: Settings,
) -> tuple[Confirmed, Run]:
    """The winner from fresh seeds and in other minibatches, and the first of these runs.

    They train for as long as the winner did, whatever the budget: shorter ones would be worse for
    another reason than luck. A winner whose knobs changed on the way is trained again with the same
    changes in the same epochs.
    """

    def fresh(point: tuple[float, ...]) -> list[Recipe]:
        recipe = space.at(np.array(point)).recipe
        return [
            dataclasses.replace(
                recipe,
                seed=(recipe.seed + FRESH + place) % 2**32,
                order_seed=recipe.order_seed + FRESH,
            )
            for place in range(count)
        ]

    untils = [stretch.until for stretch in stretches]
    if winner.status == "cut":
        epochs = space.at(np.array(winner.point)).recipe.epochs or len(winner.curve)
        untils[-1] = min(untils[-1], len(winner.curve) / epochs)
    if untils == [1.0]:
        runs = train(fresh(winner.point), data)
    else:
        runs = replayed([fresh(stretch.point) for stretch in stretches], untils, data)
    scores = tuple(_score(run, settings) for run in runs)
    return Confirmed(winner.number, winner.score, scores), runs[0]


def _score(run: Run, settings: Settings) -> float:
    """The score of a run's best epoch on the part that trials are compared by."""
    if not run.best_epoch:
        return settings.worst
    column = run.chronicle.columns[f"{settings.part}/{settings.metric}"]
    return max(settings.worst, float(column[run.best_epoch - 1]))
