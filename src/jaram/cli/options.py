"""The options that several commands share, and the readers of their values."""

from __future__ import annotations

import re
from typing import Annotated, Any

import typer

from jaram.amounts import byte_count as bytes_of
from jaram.errors import UsageError
from jaram.messages import LANGUAGES, text
from jaram.messages.nearest import suggestion

MOST_SEEDS = 100
"""The interval of a gain from as many is a sixth of that from five, for twenty times the work."""


def whole_number(word: str) -> int:
    """A positive whole number; refuses others in the reader's language."""
    try:
        number = int(word)
    except ValueError:
        number = 0
    if number < 1:
        raise typer.BadParameter(text("cli.needs_whole_number", value=word))
    return number


def seed_number(word: str) -> int:
    """A seed: a whole number from 0."""
    try:
        number = int(word)
    except ValueError:
        number = -1
    if not 0 <= number < 2**32:
        raise typer.BadParameter(text("cli.needs_seed", value=word))
    return number


def seed_count(word: str) -> int:
    """How many seeds a remedy is tried from: one pair has no interval, and beyond
    :data:`MOST_SEEDS` it only gets slower."""
    try:
        number = int(word)
    except ValueError:
        number = 0
    if not 2 <= number <= MOST_SEEDS:
        raise typer.BadParameter(text("cli.needs_seed_count", most=MOST_SEEDS, value=word))
    return number


def count_up_to(most: int) -> Any:
    """A reader of whole numbers from 1 to ``most``."""

    def read(word: str) -> int:
        number = whole_number(word)
        if number > most:
            raise typer.BadParameter(text("cli.needs_at_most", most=most, value=word))
        return number

    return read


def time_span(word: str) -> float:
    """``90``, ``90s``, ``2m``, ``1.5h`` in seconds."""
    match = re.fullmatch(r"(\d+(?:\.\d*)?|\.\d+)\s*([smh]?)", word.strip().lower())
    seconds = float(match[1]) * {"": 1, "s": 1, "m": 60, "h": 3600}[match[2]] if match else 0.0
    if seconds <= 0:
        raise typer.BadParameter(text("cli.needs_time_span", value=word))
    return seconds


def byte_count(word: str) -> int:
    """``500MB``, ``2GB`` (of 1000 or 1024, which nobody tells apart: 1024) in bytes."""
    try:
        return bytes_of(word)
    except UsageError:
        raise typer.BadParameter(text("cli.needs_bytes", value=word)) from None


def batch(word: str) -> int | str:
    """A number of examples, or ``full``."""
    return "full" if word == "full" else whole_number(word)


def layer_count(word: str) -> int | str:
    """A number of layers from 0, or ``all``."""
    if word == "all":
        return word
    if not word.isascii() or not word.isdigit():
        raise typer.BadParameter(text("cli.needs_layers", value=word))
    return int(word)


def one_of(*known: str) -> Any:
    """A reader that takes only the words in ``known``."""

    def read(word: str) -> str:
        if word not in known:
            raise typer.BadParameter(
                text(
                    "cli.needs_one_of",
                    value=word,
                    known=", ".join(known),
                    suggestion=suggestion(word, known),
                )
            )
        return word

    return read


Lang = Annotated[
    str | None,
    typer.Option("--lang", metavar="ko|en", help="cli.option_lang", parser=one_of(*LANGUAGES)),
]
Json = Annotated[bool, typer.Option("--json", help="cli.option_json")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="cli.option_quiet")]
Encoding = Annotated[
    str | None, typer.Option("--encoding", metavar="NAME", help="cli.option_encoding")
]
NoHeader = Annotated[bool, typer.Option("--no-header", help="cli.option_no_header")]
Device = Annotated[
    str | None,
    typer.Option(
        "--device", metavar="cpu|gpu", help="cli.option_device", parser=one_of("cpu", "gpu")
    ),
]
Network = Annotated[
    str | None, typer.Option("--network", metavar="LAYERS", help="cli.train_network")
]
Epochs = Annotated[
    int | None,
    typer.Option("--epochs", metavar="N", parser=whole_number, help="cli.train_epochs"),
]
BatchSize = Annotated[
    Any, typer.Option("--batch-size", metavar="N|full", parser=batch, help="cli.train_batch_size")
]
Seed = Annotated[
    int | None, typer.Option("--seed", metavar="N", parser=seed_number, help="cli.train_seed")
]
RecipeFile = Annotated[
    str | None, typer.Option("--recipe", metavar="FILE.toml", help="cli.train_recipe")
]
Setting = Annotated[
    list[str] | None, typer.Option("--set", metavar="PATH=VALUE", help="cli.train_set")
]
RunFolder = Annotated[
    str, typer.Argument(metavar="RUN", help="cli.argument_run", show_default=False)
]


def pairs(words: list[str], option: str) -> dict[str, str]:
    """``["age=number"]`` as a table; refuses what has no ``=``."""
    table = {}
    for word in words:
        name, sign, value = word.rpartition("=")
        if not sign or not name:
            raise typer.BadParameter(
                text("cli.needs_pair", option=option, value=word), param_hint=option
            )
        table[name.strip()] = value.strip()
    return table
