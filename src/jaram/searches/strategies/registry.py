"""Where strategies are defined: a new one is one line in a file of its own, found without a list
elsewhere."""

from __future__ import annotations

import importlib
import pkgutil

from jaram.searches.strategies.ask import Strategy

_defined: dict[str, Strategy] = {}


def define(name: str, strategy: Strategy) -> None:
    """Make ``strategy`` known as ``name``."""
    _defined[name] = strategy


def found() -> dict[str, Strategy]:
    """Every strategy in this folder by its name, ``random`` first."""
    package = __name__.rpartition(".")[0]
    for module in pkgutil.iter_modules(importlib.import_module(package).__path__):
        importlib.import_module(f"{package}.{module.name}")
    return {name: _defined[name] for name in sorted(_defined, key=lambda n: (n != "random", n))}
