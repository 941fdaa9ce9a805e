"""What a run has come to, as tables and sentences."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jaram.cli.output import Speaker, number
from jaram.errors import RunError
from jaram.messages import text

if TYPE_CHECKING:
    from jaram.data.preparation import Preparation
    from jaram.doctor.diagnosis import Diagnosis
    from jaram.doctor.finding import Finding
    from jaram.runs.run import Run

_PARTS = ("train", "valid", "test")


def tell_choices(speaker: Speaker, run: Run) -> None:
    """What was chosen, and why."""
    if not run.choices or speaker.is_silent:
        return
    speaker.say(text("cli.chosen"))
    for choice in run.choices:
        speaker.say(f"  {choice.field} = {choice.value}: {text(choice.key, **dict(choice.values))}")
    speaker.say()


def new_examples(preparation: Preparation) -> str:
    """What stands for a person's own new examples in a command that is suggested."""
    return "NEW.png" if preparation.kind == "pictures" else "NEW.csv"


def tell_metrics(speaker: Speaker, run: Run) -> None:
    """How it ended, and each metric on each part."""
    speaker.say(text(f"cli.result_{run.result}", epochs=_epochs(run), best_epoch=run.best_epoch))
    metrics_table(speaker, run.metrics)


def metrics_table(speaker: Speaker, metrics: dict[str, Any]) -> None:
    """A line a metric, a column a part."""
    parts = [part for part in _PARTS if any(name.startswith(f"{part}/") for name in metrics)]
    names = list(dict.fromkeys(name.partition("/")[2] or name for name in metrics))
    if not names:
        return
    if not parts:
        header, *rows = [[name, number(metrics[name])] for name in names]
        speaker.table(header, rows, numbers=1)
        return
    rows = [[name, *(number(metrics.get(f"{part}/{name}")) for part in parts)] for name in names]
    speaker.table(["", *(text(f"cli.part_{part}") for part in parts)], rows, numbers=len(parts))


def tell_findings(speaker: Speaker, run: Run, folder: str) -> None:
    """What the doctor saw in a run, each in two lines, and how to know more."""
    from jaram.doctor import words
    from jaram.doctor.diagnosis import SHOWN
    from jaram.doctor.told import before_told, is_settled, tried_told

    found = run.diagnosis
    if not found or speaker.is_silent:
        return
    record = None if run.folder is None else treatment_of(speaker, run.folder)
    speaker.say()
    speaker.say(text("cli.findings"))
    for finding in found[:SHOWN]:
        speaker.say(f"  [{text(f'cli.severity_{finding.severity}')}] {words.what(finding)}")
        tried = None if record is None else tried_told(finding, record)
        for line in filter(None, (words.why(finding), tried)):
            speaker.say(f"    {line}")
    if record is not None:
        speaker.say("  " + before_told(record, Path(folder)))
    quoted = shlex.quote(folder)
    if len(found) > SHOWN:
        speaker.say(text("cli.findings_more", count=len(found) - SHOWN))
    speaker.say(text("cli.findings_next", folder=quoted))
    is_open = record is None or not is_settled(record)
    if is_open and any(finding.remedies for finding in found):
        speaker.say(text("cli.findings_treat", folder=quoted))


def treatment_of(speaker: Speaker, folder: Path) -> dict[str, Any] | None:
    """The record of a run's treatment, if it had one; one that is damaged is noted and left
    aside."""
    from jaram.doctor.finding import Finding
    from jaram.doctor.record import FILE, read_record
    from jaram.doctor.told import before_told, is_settled, tried_told
    from jaram.runs.store import damage_told

    try:
        record = read_record(folder)
        if record is not None:
            with damage_told(folder):
                before_told(record, folder)
                is_settled(record)
                for found in record["diagnosis"]["findings"]:
                    tried_told(Finding.from_json(found), record)
    except RunError:
        speaker.note(text("cli.treatment_damaged", file=folder / FILE))
        return None
    return record


def tell_stories(
    speaker: Speaker,
    diagnosis: Diagnosis,
    *,
    show_all: bool = False,
    record: dict[str, Any] | None = None,
) -> None:
    """Each finding with why, what to do, its symptoms and a small curve; ``record``: of what was
    tried."""
    from jaram.doctor.diagnosis import SHOWN

    shown = diagnosis.findings if show_all else diagnosis[:SHOWN]
    if not shown:
        return
    speaker.say()
    speaker.say(text("cli.findings"))
    for finding in shown:
        _tell_story(speaker, finding, record)
    if len(diagnosis) > len(shown):
        speaker.say(text("cli.findings_more", count=len(diagnosis) - len(shown)))
    if show_all and diagnosis.symptoms:
        speaker.say()
        speaker.say(text("cli.symptoms"))
        for finding in diagnosis.symptoms:
            _tell_story(speaker, finding, record)


def _tell_story(speaker: Speaker, finding: Finding, record: dict[str, Any] | None) -> None:
    from jaram.doctor import story, words
    from jaram.doctor.told import tried_told

    speaker.say(f"  [{text(f'cli.severity_{finding.severity}')}] {words.what(finding)}")
    lines = [words.why(finding)]
    if fix := words.fix(finding):
        lines.append(f"→ {fix}")
    if record is not None:
        lines.append(tried_told(finding, record) or "")
    lines += [words.suspicious_rows(finding), story.symptoms(finding)]
    if finding.picture is not None and speaker.can_draw:
        lines += story.drawn(finding.picture)
    for line in filter(None, lines):
        speaker.say(f"    {line}")


def findings_json(run: Run) -> list[dict[str, Any]]:
    """What the doctor saw in a run, and what was seen before the training beside it."""
    found = run.diagnosis
    before = [finding for finding in run.findings if finding.name not in found.names]
    return [finding.to_json() for finding in (*found, *before)]


def network_table(speaker: Speaker, network: tuple[Any, ...], input_shape: tuple[int, ...]) -> None:
    """The layers with their shapes, parameters and operations."""
    from jaram.network.frozen import resting
    from jaram.network.network import initial_state, table

    rows = table(network, input_shape)
    speaker.table(
        [text(f"cli.column_{name}") for name in ("layer", "input", "output", "params", "ops")],
        [
            [
                row.layer,
                shape(row.input_shape),
                shape(row.output_shape),
                number(row.parameters),
                number(row.operations),
            ]
            for row in rows
        ],
        numbers=2,
    )
    total = sum(row.parameters for row in rows)
    speaker.say(text("cli.total_parameters", total=number(total), size=_bytes(4 * total)))
    if held := resting(network, initial_state(network, input_shape)):
        speaker.say(text("cli.frozen_parameters", count=number(held)))


def shape(sizes: tuple[int, ...]) -> str:
    """``28×28×1``."""
    return "×".join(str(size) for size in sizes) or "1"


def _bytes(count: int) -> str:
    size = float(count)
    for unit in ("B", "kB", "MB"):
        if size < 1000:
            return f"{size:.3g} {unit}"
        size /= 1000
    return f"{size:.3g} GB"


def _epochs(run: Run) -> int:
    return len(run.history)
