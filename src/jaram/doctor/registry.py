"""Where findings are defined: a new one is one decorated function, found without a list
elsewhere."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from jaram.doctor.evidence import Evidence
from jaram.doctor.finding import Finding, Picture, Severity


@dataclass(frozen=True)
class Sighting:
    """What a rule saw: how bad, the numbers that show it, which wording fits, a small plot.

    remedies: where they depend on what was seen; None takes those of the definition.
    """

    severity: Severity
    evidence: dict[str, Any] = field(default_factory=dict)
    case: str = ""
    picture: Picture | None = None
    remedies: tuple[str, ...] | None = None


Rule = Callable[[Evidence], Iterable[Sighting]]


@dataclass(frozen=True)
class Definition:
    """One finding.

    reads: kinds of evidence (:meth:`Evidence.has`) without which it can't be judged.
    remedies: names of what may help. explains: findings that are its consequences, told as part of
    its story. of_data: whether the illness is the data's, which no recipe treats.
    """

    name: str
    reads: tuple[str, ...]
    remedies: tuple[str, ...]
    explains: tuple[str, ...]
    of_data: bool
    rule: Rule

    def judge(self, evidence: Evidence) -> list[Finding]:
        """Its findings in the evidence, which has all that it reads."""
        return [
            Finding(
                self.name,
                seen.severity,
                seen.evidence,
                self.remedies if seen.remedies is None else seen.remedies,
                seen.case,
                picture=seen.picture,
            )
            for seen in self.rule(evidence)
        ]


_definitions: dict[str, Definition] = {}


def finds(
    name: str,
    *,
    reads: tuple[str, ...] = ("curves",),
    remedies: tuple[str, ...] = (),
    explains: tuple[str, ...] = (),
    of_data: bool = False,
) -> Callable[[Rule], Rule]:
    """Decorator that makes a rule the definition of the finding ``name``."""

    def define(rule: Rule) -> Rule:
        if name in _definitions:
            raise ValueError(f"the finding {name} is defined twice")
        _definitions[name] = Definition(name, reads, remedies, explains, of_data, rule)
        return rule

    return define


@cache
def all_definitions() -> dict[str, Definition]:
    """Every finding by name: those of every module of :mod:`jaram.doctor.rules`."""
    from jaram.doctor import rules as package

    for module in pkgutil.iter_modules(package.__path__):
        importlib.import_module(f"{package.__name__}.{module.name}")
    return dict(_definitions)
