"""Where rules register themselves: a new rule is one decorated function, found without a list
elsewhere."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterable
from functools import cache

from jaram.doctor.finding import Finding
from jaram.doctor.preflight.facts import Facts

Refusal = Callable[[Facts], None]
Advice = Callable[[Facts], Iterable[Finding]]

_refusals: list[Refusal] = []
_warnings: list[Advice] = []


def refuses(rule: Refusal) -> Refusal:
    """Decorator of a rule that raises PreflightError for a training that can't mean anything."""
    _refusals.append(rule)
    return rule


def warns(rule: Advice) -> Advice:
    """Decorator of a rule that yields findings about a training that can run all the same."""
    _warnings.append(rule)
    return rule


@cache
def all_rules() -> tuple[tuple[Refusal, ...], tuple[Advice, ...]]:
    """All refusing and all warning rules: those of every module of
    :mod:`jaram.doctor.preflight.rules`."""
    from jaram.doctor.preflight import rules as package

    for module in pkgutil.iter_modules(package.__path__):
        importlib.import_module(f"{package.__name__}.{module.name}")
    return tuple(_refusals), tuple(_warnings)
