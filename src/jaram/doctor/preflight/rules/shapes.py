"""Networks whose shapes can't be, or can't hold the target."""

from __future__ import annotations

from collections.abc import Iterable

from jaram.doctor.finding import Finding
from jaram.doctor.preflight.facts import Facts
from jaram.doctor.preflight.registry import refuses, warns
from jaram.errors import PreflightError
from jaram.network.stepwise import looks_ahead
from jaram.spec import words


@refuses
def layers_fit_each_other(facts: Facts) -> None:
    """Every layer can take what the one before it gives."""
    if not facts.layers:
        raise PreflightError("preflight.no_layers")
    if facts.task.has_steps:
        _answers_every_step(facts)
    elif len(facts.shapes[-1]) != 1:
        raise PreflightError(
            "preflight.output_not_flat",
            layer=words(facts.layers[-1]),
            shape=facts.shapes[-1],
            outputs=facts.task.outputs,
        )


def _answers_every_step(facts: Facts) -> None:
    steps, last = facts.prepared.input_shape[0], facts.shapes[-1]
    if len(last) != 2 or last[0] != steps:
        raise PreflightError(
            "preflight.not_every_step", layer=words(facts.layers[-1]), shape=last, steps=steps
        )


@refuses
def language_is_read_forward(facts: Facts) -> None:
    """A network that sees the next unit need not foretell it."""
    layer = looks_ahead(facts.layers) if facts.task.kind == "language" else None
    if layer is not None:
        raise PreflightError("preflight.looks_ahead", layer=words(layer))


@refuses
def outputs_can_hold_the_target(facts: Facts) -> None:
    """There is an output for every number or class, or (wrongly but trainably) a single one for all
    classes."""
    outputs, task = facts.outputs, facts.task
    if task.kind in ("regression", "multilabel"):
        if outputs != task.outputs:
            raise PreflightError(
                f"preflight.outputs_{task.kind}", outputs=outputs, needed=task.outputs
            )
    elif task.has_steps and outputs != task.outputs:
        raise PreflightError("preflight.outputs_steps", outputs=outputs, needed=task.outputs)
    elif 1 < outputs < facts.classes:
        raise PreflightError("preflight.outputs_classes", outputs=outputs, needed=facts.classes)


@warns
def more_outputs_than_classes(facts: Facts) -> Iterable[Finding]:
    """Outputs that no label ever asks for."""
    if facts.is_classification and facts.outputs > max(2, facts.classes):
        yield Finding(
            "wrong_output_activation",
            "minor",
            {"outputs": facts.outputs, "classes": facts.classes, "layer": words(facts.layers[-1])},
            ("correct_output",),
            case="too_many",
        )
