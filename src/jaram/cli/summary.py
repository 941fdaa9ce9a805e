"""What a run has come to, as tables and sentences."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from jaram.cli.output import Speaker, number
from jaram.messages import text

if TYPE_CHECKING:
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


def tell_findings(speaker: Speaker, findings: Iterable[Finding]) -> None:
    """Each finding in a sentence, and what would help."""
    found = list(findings)
    if not found:
        return
    speaker.say()
    speaker.say(text("cli.findings"))
    for finding in found:
        speaker.say(f"  [{text(f'cli.severity_{finding.severity}')}] {finding.message()}")
        speaker.say(f"    → {finding.fix()}")


def network_table(speaker: Speaker, network: tuple[Any, ...], input_shape: tuple[int, ...]) -> None:
    """The layers with their shapes, parameters and operations."""
    from jaram.network.network import table

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
