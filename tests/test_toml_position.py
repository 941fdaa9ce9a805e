"""Faults of a recipe file are told with line and column."""

from __future__ import annotations

import pytest

from jaram.errors import RecipeError
from jaram.messages import set_language
from jaram.recipe import Recipe

FAULTS = {
    "misspelled field": ("seed = 1\nepoch = 3\n", "2:1"),
    "wrong type": ('epochs = "many"\n', "1:1"),
    "out of range": ('[optimizer]\ntype = "sgd"\nlearning_rate = -1\n', "3:1"),
    "unknown optimizer": ('epochs = 3\n[optimizer]\ntype = "sgdd"\n', "3:9"),
    "unknown layer in words": ('epochs = 3\nnetwork = "dense 3, dropot 0.1"\n', "2:21"),
    "the second of two layers": (
        'network = [\n  {type = "dense", units = 3},\n  {type = "dense", units = 0},\n]\n',
        "3:20",
    ),
    "not TOML": ("epochs = \n", "line 1, column 10"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_the_place_is_told(fault: str) -> None:
    source, place = FAULTS[fault]
    set_language("en")
    try:
        with pytest.raises(RecipeError) as told:
            Recipe.from_toml(source, "my.toml")
    finally:
        set_language(None)
    message = str(told.value)
    assert message.startswith("my.toml")
    assert place in message, message


def test_a_fault_that_stands_nowhere_names_the_file() -> None:
    with pytest.raises(RecipeError, match=r"^my\.toml: "):
        Recipe.from_toml('network = [{type = "dense"}]', "my.toml")
