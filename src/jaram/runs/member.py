"""One member of a population while it is trained: its history, its checkpoints, its run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jax
import numpy as np

from jaram.data.prepare import Prepared
from jaram.doctor import patient
from jaram.doctor.finding import Finding
from jaram.doctor.registry import all_definitions
from jaram.objective.monitors import monitors
from jaram.runs import store
from jaram.runs.candidates import Candidate
from jaram.runs.chronicle import Chronicle, join, of_member
from jaram.runs.files import write_json
from jaram.runs.fingerprint import fingerprint_of
from jaram.runs.run import Run
from jaram.training.engine import Ending
from jaram.training.state import Advance, MemberState


class Member:
    """One member's side of a training: its chronicle so far and, if it has one, its folder."""

    def __init__(
        self, candidate: Candidate, folder: Path | None, past: Chronicle | None = None
    ) -> None:
        self.candidate = candidate
        self.folder = folder
        self.parts = [past] if past is not None and past.epochs else []
        prepared = candidate.prepared
        self.started = store.Started(
            candidate.recipe,
            candidate.choices,
            prepared.task,
            prepared.preparation,
            prepared.summary,
            candidate.findings,
            prepared.input_shape,
            "" if folder is None else fingerprint_of(prepared),
        )
        self.checkpoints = None if folder is None else store.Checkpoints(folder)
        self.layer_names = tuple(row["layer"] for row in self.started.layers)
        self.metric_names = monitors(prepared.task)
        self.target_scale = target_scale(prepared)

    def begin(self) -> None:
        """Write what is known before the first step."""
        if self.folder is not None:
            store.new_folder(self.folder)
            store.begin(self.folder, self.started)

    def add(self, advance: Advance, index: int, seconds: float) -> None:
        """Take note of what a call added; ``seconds`` is the time trained before it."""
        added = of_member(advance, index, seconds, self.metric_names, self.target_scale)
        if not added.epochs and self.parts:
            return
        self.parts.append(added)
        if self.folder is not None and self.checkpoints is not None:
            store.append(self.folder, added, self.layer_names)
            if not np.asarray(advance.state.is_stopped)[index]:
                self.checkpoints.offer(advance.state, index, seconds + advance.seconds)

    def interrupt(self, state: MemberState, index: int, seconds: float) -> None:
        """Save what is needed to resume."""
        if self.folder is not None and self.checkpoints is not None:
            self.checkpoints.write(state, index, seconds)
            card = store.card(self.folder, self.started, "interrupted") | {"seconds": seconds}
            write_json(self.folder / "run.json", card)

    def divergence(self, chronicle: Chronicle) -> tuple[Finding, ...]:
        """The finding that this training diverged."""
        started = self.started
        told = patient.of_chronicle(
            started.recipe,
            started.task,
            started.input_shape,
            chronicle,
            self.layer_names,
            ending="diverged",
        )
        return tuple(all_definitions()["diverged"].judge(told))

    def finish(self, state: MemberState, index: int, ending: Ending, seconds: float) -> Run:
        """The member's run, written to its folder if it has one."""
        best = arrays_of(state.best, index)
        chronicle, result = join(self.parts), _ending_of(state, index, ending)
        seen = self.divergence(chronicle) if result == "diverged" else ()
        run = Run(
            recipe=self.candidate.recipe,
            choices=self.candidate.choices,
            task=self.candidate.prepared.task,
            preparation=self.candidate.prepared.preparation,
            summary=self.candidate.prepared.summary,
            chronicle=chronicle,
            params=best.params,
            network_state=best.network_state,
            best_epoch=int(best.epoch),
            result=result,
            findings=(*seen, *self.candidate.findings),
            seconds=seconds,
            input_shape=self.candidate.prepared.input_shape,
            prepared=self.candidate.prepared,
        )
        return run if self.folder is None else store.finish(self.folder, self.started, run)


def _ending_of(state: MemberState, index: int, ending: Ending) -> Ending:
    if np.asarray(state.is_diverged)[index]:
        return "diverged"
    return "stopped" if np.asarray(state.is_stopped)[index] else ending


def arrays_of(tree: Any, index: int) -> Any:
    """One member's arrays out of a population's, NumPy."""
    return jax.tree.map(lambda leaf: np.asarray(leaf)[index], tree)


def target_scale(prepared: Prepared) -> float:
    """What one unit of the prepared target is in the target's own unit; 1 for several targets."""
    if prepared.task.kind != "regression" or prepared.task.outputs != 1:
        return 1.0
    ends = prepared.preparation.inverse_target(np.array([[0.0], [1.0]]))
    return float(ends[1, 0] - ends[0, 0])
