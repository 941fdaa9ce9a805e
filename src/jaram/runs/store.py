"""The run's folder: open formats a person can read, written as the training goes.

===================== =================================================================
run.json              version of this format, how it ended, metrics, findings, choices
recipe.toml           the recipe, completed
data.json             the task, the fitted preparation, facts about the data
history.jsonl         one line per epoch
vitals.jsonl          one line per epoch and layer
through_time.json     of recurrent layers: the gradient at every step, before and after
steps.f32             the loss of every step, raw little-endian float32
weights.safetensors   the best epoch's weights
evaluation.json       confusion, mistakes or residuals, calibration, importance
report.html           all of it to look at
checkpoint.safetensors the whole state of an unfinished training
===================== =================================================================

Opening a run reads data only; no code in it is executed.
"""

from __future__ import annotations

import datetime
import platform
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cache, cached_property
from importlib.metadata import version
from pathlib import Path
from typing import Any

import jax
import numpy as np

import jaram
from jaram.data.preparation import Preparation
from jaram.data.prepare import Prepared
from jaram.data.task import Task
from jaram.defaults import Choice
from jaram.doctor.diagnosis import Diagnosis, diagnose_at_once
from jaram.doctor.finding import Finding
from jaram.errors import JaramError, RunError
from jaram.insight import augmented, examples, through_time
from jaram.insight.examples import examples_of
from jaram.network.network import table
from jaram.recipe import Recipe
from jaram.runs import tensors
from jaram.runs.chronicle import Chronicle
from jaram.runs.files import (
    PART,
    append_bytes,
    explained,
    fingerprint,
    json_lines,
    read_bytes,
    read_json,
    read_json_lines,
    write_json,
    write_whole,
)
from jaram.runs.fingerprint import fingerprint_of
from jaram.runs.run import Run
from jaram.training.devices import setting
from jaram.training.probe import VITAL_SIGNS
from jaram.training.state import MemberState

FORMAT = 1
BEGUN_WITH = ("recipe.toml", "data.json")
FINISHED_WITH = (*BEGUN_WITH, "weights.safetensors")
"""Files that must be as they were written for a run to be resumed, and to be opened."""
CHECKPOINT_SECONDS = 2.0
"""A checkpoint is written at most this often, and never more than a tenth of the time goes into
them."""


def new_folder(folder: Path) -> Path:
    """Make an empty folder for a run; raises RunError if there is something in its place."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise RunError("runs.folder_taken", path=str(folder))
    with explained(folder):
        folder.mkdir(parents=True, exist_ok=True)
    return folder


@dataclass(frozen=True)
class Started:
    """What is known of a run before its first step."""

    recipe: Recipe
    choices: tuple[Choice, ...]
    task: Task
    preparation: Preparation
    summary: dict[str, Any]
    findings: tuple[Finding, ...]
    input_shape: tuple[int, ...]
    data_fingerprint: str
    created: str = field(default_factory=lambda: _now())

    @cached_property
    def layers(self) -> list[dict[str, Any]]:
        """The network's table: one row per layer."""
        return [row._asdict() for row in table(self.recipe.network or (), self.input_shape)]


def _now() -> str:
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")


def begin(folder: Path, started: Started) -> None:
    """Write what is known before the first step."""
    write_whole(folder / "recipe.toml", started.recipe.to_toml())
    data = {
        "task": started.task.to_json(),
        "input_shape": list(started.input_shape),
        "fingerprint": started.data_fingerprint,
        "preparation": started.preparation.to_json(),
        "summary": started.summary,
    }
    write_json(folder / "data.json", data)
    for name in ("history.jsonl", "vitals.jsonl", "steps.f32"):
        write_whole(folder / name, "")
    write_json(folder / "run.json", card(folder, started, "running"))


def card(
    folder: Path, started: Started, status: str, files: tuple[str, ...] = BEGUN_WITH
) -> dict[str, Any]:
    """The content of ``run.json`` while there is no result yet; the hashes of ``files`` are in
    it."""
    return {
        "format": FORMAT,
        "status": status,
        "files": {name: fingerprint(read_bytes(folder / name)) for name in files},
        "created": started.created,
        "epochs": started.recipe.epochs,
        "layers": started.layers,
        "choices": [choice.to_json() for choice in started.choices],
        "findings": [finding.to_json() for finding in started.findings],
        "versions": {
            "jaram": jaram.__version__,
            "jax": version("jax"),
            "optax": version("optax"),
            "numpy": np.__version__,
            "python": platform.python_version(),
        },
        "device": _device(),
    }


def _device() -> str:
    chosen = setting("jax_default_device")
    found = chosen if isinstance(chosen, jax.Device) else jax.devices()[0]
    return str(found.device_kind)


def append(folder: Path, added: Chronicle, layer_names: tuple[str, ...]) -> None:
    """Append the epochs of ``added`` to the folder's history."""
    for name, content in _history_files(added, layer_names).items():
        append_bytes(folder / name, content)


def write_history(folder: Path, chronicle: Chronicle, layer_names: tuple[str, ...]) -> None:
    """Write the history anew, as it was at a checkpoint.

    Each file is replaced whole, so that it never holds less than the checkpoint needs, whenever a
    resumed training is killed again.
    """
    for name, content in _history_files(chronicle, layer_names).items():
        write_whole(folder / name, content)


def _history_files(chronicle: Chronicle, layer_names: tuple[str, ...]) -> dict[str, bytes]:
    return {
        "history.jsonl": json_lines(chronicle.rows()),
        "vitals.jsonl": json_lines(chronicle.vital_rows(layer_names)),
        "steps.f32": chronicle.steps.astype("<f4").tobytes(),
    }


def remove_leftovers(folder: Path) -> None:
    """Remove what a killed process had only begun to write."""
    for leftover in folder.glob(f".*{PART}"):
        leftover.unlink(missing_ok=True)


class Checkpoints:
    """Writes a member's state now and then: often enough to lose little, seldom enough to cost
    little."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "checkpoint.safetensors"
        self._written_at = time.perf_counter()
        self._took = 0.0

    def offer(self, states: MemberState, index: int, seconds: float) -> None:
        """Write the state of member ``index`` if it is time to."""
        waited = time.perf_counter() - self._written_at
        if waited > max(CHECKPOINT_SECONDS, 10 * self._took):
            self.write(states, index, seconds)

    def write(self, states: MemberState, index: int, seconds: float) -> None:
        """Write the state of member ``index`` now; ``seconds`` is the time trained so far."""
        started = time.perf_counter()
        state = jax.tree.map(lambda leaf: np.asarray(leaf)[index], states)
        metadata = {"format": str(FORMAT), "seconds": repr(seconds)}
        write_whole(self._path, tensors.encode(state, metadata))
        self._written_at = time.perf_counter()
        self._took = self._written_at - started


def read_checkpoint(path: Path, like: MemberState) -> tuple[MemberState, float]:
    """A member's state, shaped like ``like``, and the seconds trained until then."""
    state = tensors.read(path, like)
    with damage_told(path.parent):
        return state, float(tensors.metadata(path)["seconds"])


def save(run: Run, folder: Path) -> Run:
    """A finished run as a new folder."""
    new_folder(folder)
    started = Started(
        run.recipe,
        run.choices,
        run.task,
        run.preparation,
        run.summary,
        run.findings,
        run.input_shape,
        "" if run.prepared is None else fingerprint_of(run.prepared),
    )
    begin(folder, started)
    append(folder, run.chronicle, run.layer_names)
    return finish(folder, started, run)


def finish(folder: Path, started: Started, run: Run) -> Run:
    """Write the result; only then is the run finished, and its checkpoint goes.

    A mistake in a rule of the diagnosis is raised, but does not cost the run.
    """
    from jaram.runs.evaluation import evaluated_part, evaluation

    answers_of = cache(run.answers_of)  # metrics, evaluation and diagnosis ask for the same
    metrics = run.metrics if run.prepared is None else run.metrics_from(answers_of)
    run = replace(run, folder=folder, saved_metrics=metrics)
    weights = tensors.encode((run.params, run.network_state), {"format": str(FORMAT)})
    write_whole(folder / "weights.safetensors", weights)
    if run.prepared is not None:
        write_json(folder / "evaluation.json", evaluation(run, answers_of))
        if told := examples_of(run, evaluated_part(run), answers_of):
            write_json(folder / examples.FILE, told)
        if not (folder / augmented.FILE).exists():
            write_augmented(folder, run.recipe, run.prepared)
        run = replace(run, saved_through_time=run.measure_through_time())
        if run.saved_through_time:
            told = through_time.told(run.saved_through_time, run.layer_names)
            write_json(folder / through_time.FILE, told)
    try:
        if run.saved_diagnosis is None:
            run = replace(run, saved_diagnosis=diagnose_at_once(run, answers_of))
    finally:
        _conclude(folder, started, run)
    return run


def write_augmented(folder: Path, recipe: Recipe, prepared: Prepared) -> None:
    """Write training pictures as augmentation changes them, if it changes any, and a first report
    that shows them."""
    from jaram.report.html import write_report

    if told := augmented.sheet(recipe, prepared):
        write_json(folder / augmented.FILE, told)
        write_report(folder)


def _conclude(folder: Path, started: Started, run: Run) -> None:
    """Write that the run is finished, and its report."""
    from jaram.report.html import write_report

    result = card(folder, started, "finished", FINISHED_WITH) | {
        "result": run.result,
        "best_epoch": run.best_epoch,
        "trained_epochs": run.chronicle.epochs,
        "seconds": run.seconds,
        "metrics": run.metrics,
        "findings": [finding.to_json() for finding in run.findings],
    }
    if run.saved_diagnosis is not None:
        result["diagnosis"] = run.saved_diagnosis.to_json()
    write_json(folder / "run.json", result)
    (folder / "checkpoint.safetensors").unlink(missing_ok=True)
    try:
        write_report(folder)
    except RunError as error:
        raise RunError("runs.no_report", path=str(folder), problem=str(error)) from None


def open_run(folder: str | Path) -> Run:
    """The run in a folder. No code in it is executed.

    Raises RunError, naming the file, if it is no run, unfinished, damaged, altered, or of a newer
    version.
    """
    place = Path(folder)
    told = read_card(place)
    if told.get("status") != "finished":
        raise RunError("runs.unfinished", path=str(place), status=str(told.get("status")))
    require_unaltered(place, told, FINISHED_WITH)
    with damage_told(place):
        return _opened(place, told)


@contextmanager
def damage_told(folder: Path) -> Iterator[None]:
    """Turn what wrong content of a run's files can raise into a RunError that names the folder.

    MemoryError is among it, because a hostile recipe may ask for a layer of any size.
    """
    try:
        yield
    except JaramError:
        raise
    except (LookupError, TypeError, ValueError, AttributeError, ArithmeticError) as error:
        detail = f"{type(error).__name__}: {error}"
        raise RunError("runs.damaged", path=str(folder), detail=detail) from None
    except (MemoryError, RecursionError) as error:
        detail = type(error).__name__
        raise RunError("runs.damaged", path=str(folder), detail=detail) from None


def require_unaltered(folder: Path, told: dict[str, Any], names: tuple[str, ...]) -> None:
    """Raise RunError for the first of the files ``names`` that is not as ``run.json`` knows it."""
    files = told.get("files")
    for name in names:
        if not isinstance(files, dict) or files.get(name) != fingerprint(read_bytes(folder / name)):
            raise RunError("runs.altered", path=str(folder / name))


def read_card(folder: Path) -> dict[str, Any]:
    """The content of ``run.json``, its version checked."""
    if folder.is_file():
        raise RunError("runs.is_a_file", path=str(folder))
    if not folder.is_dir():
        raise RunError("runs.no_folder", path=str(folder))
    if not (folder / "run.json").is_file():
        raise RunError("runs.not_a_run", path=str(folder))
    told = read_json(folder / "run.json")
    found = told.get("format")
    if type(found) is not int or found < 1:
        raise RunError(
            "runs.file_damaged", path=str(folder / "run.json"), detail="no format number"
        )
    if found > FORMAT:
        raise RunError("runs.newer", path=str(folder), found=found, known=FORMAT)
    return told


def _opened(place: Path, told: dict[str, Any]) -> Run:
    started = read_started(place, told)
    network = started.recipe.network or ()
    params, network_state = tensors.read_weights(
        place / "weights.safetensors", network, started.input_shape
    )
    chronicle = read_chronicle(place, len(network))
    _check_whole(chronicle, int(told["trained_epochs"]))
    return Run(
        recipe=started.recipe,
        choices=started.choices,
        task=started.task,
        preparation=started.preparation,
        summary=started.summary,
        chronicle=chronicle,
        params=params,
        network_state=network_state,
        best_epoch=int(told["best_epoch"]),
        result=told["result"],
        findings=started.findings,
        seconds=float(told["seconds"]),
        input_shape=started.input_shape,
        folder=place,
        saved_metrics={
            str(name): np.nan if value is None else float(value)  # null: it was not finite
            for name, value in told["metrics"].items()
        },
        saved_through_time=through_time.read(place),
        saved_diagnosis=Diagnosis.from_json(told["diagnosis"]) if "diagnosis" in told else None,
    )


def _check_whole(chronicle: Chronicle, trained: int) -> None:
    """Raise ValueError if a finished run's files do not tell of the same epochs."""
    epochs = chronicle.epochs
    if epochs != trained:
        raise ValueError(f"history.jsonl holds {epochs} epochs of {trained}")
    if len(chronicle.vitals) not in (0, epochs):
        raise ValueError(f"vitals.jsonl holds {len(chronicle.vitals)} epochs of {epochs}")
    if len(chronicle.steps) % max(1, epochs):
        raise ValueError(f"steps.f32 holds {len(chronicle.steps)} steps of {epochs} epochs")


def read_started(place: Path, told: dict[str, Any]) -> Started:
    """What a run's folder tells of its beginning."""
    data = read_json(place / "data.json")
    return Started(
        recipe=Recipe.read(place / "recipe.toml"),
        choices=tuple(Choice.from_json(item) for item in told["choices"]),
        task=Task.from_json(data["task"]),
        preparation=Preparation.from_json(data["preparation"]),
        summary=dict(data["summary"]),
        findings=tuple(Finding.from_json(item) for item in told["findings"]),
        input_shape=tuple(int(size) for size in data["input_shape"]),
        data_fingerprint=str(data["fingerprint"]),
        created=str(told["created"]),
    )


def read_chronicle(place: Path, layers: int) -> Chronicle:
    """The epochs in a folder; those whose writing was cut off are left out."""
    rows = read_json_lines(place / "history.jsonl")
    vital_rows = read_json_lines(place / "vitals.jsonl")
    steps = np.frombuffer(_whole_floats(read_bytes(place / "steps.f32")), "<f4").astype(np.float32)
    names = list(dict.fromkeys(["epoch", "seconds", "learning_rate", *(rows[0] if rows else ())]))
    columns = {
        name: np.array([np.nan if row[name] is None else row[name] for row in rows], np.float64)
        for name in names
    }
    if not np.array_equal(columns["epoch"], np.arange(1, len(rows) + 1)):
        raise ValueError("history.jsonl does not count its epochs from 1")
    signs = [
        [np.nan if row[sign] is None else row[sign] for sign in VITAL_SIGNS] for row in vital_rows
    ]
    if not signs:
        vitals = np.zeros((len(rows), 0, 0), np.float32)
    else:
        whole = len(signs) // layers * layers
        with np.errstate(over="ignore"):  # what is beyond float32 was infinite
            vitals = np.array(signs[:whole], np.float32).reshape(-1, layers, len(VITAL_SIGNS))
    return Chronicle(columns, vitals, steps)


def _whole_floats(raw: bytes) -> bytes:
    return raw[: len(raw) // 4 * 4]
