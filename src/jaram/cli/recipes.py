"""The recipe that a command line spells out."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jaram.data.data import Data
    from jaram.recipe import Recipe


def recipe_of(
    file: str | None,
    network: str | None,
    epochs: int | None,
    batch_size: int | str | None,
    seed: int | None,
    settings: list[str],
    data: Data,
) -> Recipe:
    """The recipe that the options spell out; what they leave out stays to be chosen.

    settings: of ``--set``; where one goes into what is left to be chosen, ``data`` decides.
    """
    from jaram.recipe import Recipe

    recipe = Recipe() if file is None else Recipe.read(file)
    said: dict[str, Any] = {
        "network": network,
        "epochs": epochs,
        "batch_size": batch_size,
        "seed": seed,
    }
    recipe = dataclasses.replace(
        recipe, **{name: value for name, value in said.items() if value is not None}
    )
    if not settings:
        return recipe
    from jaram.cli.settings import apply_settings

    return apply_settings(recipe, settings, lambda asked: _completed(asked, data))


def _completed(recipe: Recipe, data: Data) -> Recipe:
    """The recipe with everything chosen, for settings inside what is chosen."""
    from jaram.data.prepare import prepare
    from jaram.defaults import complete
    from jaram.runs.candidates import prepare_options

    return complete(recipe, prepare(data, prepare_options(recipe)))[0]
