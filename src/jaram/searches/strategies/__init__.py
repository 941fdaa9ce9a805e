"""Strategies: what a search tries next, each a pure function of what it has seen."""

from jaram.searches.strategies.registry import found

STRATEGIES = found()
"""Every strategy by its name."""
