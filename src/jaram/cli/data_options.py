"""The options that say which data is read, and how."""

from __future__ import annotations

import re
from typing import Annotated, Any

import typer

from jaram.cli.options import one_of, pairs, whole_number
from jaram.messages import text


def picture_size(word: str) -> Any:
    """``32`` is both sides, ``32x48`` height and width."""
    match = re.fullmatch(r"([1-9]\d{0,4})(?:[x×]([1-9]\d{0,4}))?", word.strip().lower())
    if match is None:
        raise typer.BadParameter(text("cli.needs_size", value=word))
    return int(match[1]) if match[2] is None else (int(match[1]), int(match[2]))


def _whole(name: str) -> Any:
    """The option ``--name`` that takes a whole number from 1 on."""
    key = name.replace("-", "_")
    return typer.Option(f"--{name}", metavar="N", parser=whole_number, help=f"cli.option_{key}")


KINDS = ("number", "category", "date", "text", "identifier")
TASKS = ("regression", "binary", "multiclass", "multilabel", "language")

DataArgument = Annotated[
    str | None, typer.Argument(metavar="DATA", help="cli.train_data", show_default=False)
]
Target = Annotated[
    list[str] | None, typer.Option("--target", "-t", metavar="COL", help="cli.train_target")
]
Task = Annotated[
    str | None, typer.Option("--task", metavar="TASK", parser=one_of(*TASKS), help="cli.train_task")
]
Kind = Annotated[
    list[str] | None, typer.Option("--kind", metavar="COL=KIND", help="cli.train_kind")
]
Size = Annotated[
    Any, typer.Option("--size", metavar="N|HxW", parser=picture_size, help="cli.option_size")
]
Fit = Annotated[
    str | None,
    typer.Option(
        "--fit",
        metavar="resize|crop|pad",
        parser=one_of("resize", "crop", "pad"),
        help="cli.option_fit",
    ),
]
Color = Annotated[
    str | None,
    typer.Option(
        "--color",
        metavar="auto|gray|color",
        parser=one_of("auto", "gray", "color"),
        help="cli.option_color",
    ),
]
SkipBad = Annotated[bool, typer.Option("--skip-bad", help="cli.option_skip_bad")]
Text = Annotated[str | None, typer.Option("--text", metavar="COL", help="cli.option_text")]
Unit = Annotated[
    str | None,
    typer.Option(
        "--unit",
        metavar="character|word|jamo",
        parser=one_of("character", "word", "jamo"),
        help="cli.option_unit",
    ),
]
Length = Annotated[
    int | None,
    _whole("length"),
]
SeriesOf = Annotated[
    str | None, typer.Option("--series", metavar="wide|COL", help="cli.option_series")
]
Forecast = Annotated[
    int | None,
    _whole("forecast"),
]
Window = Annotated[
    int | None,
    _whole("window"),
]


Season = Annotated[
    int | None,
    _whole("season"),
]
Vocabulary = Annotated[
    int | None,
    _whole("vocabulary"),
]
MinCount = Annotated[
    int | None,
    _whole("min-count"),
]


def said(**options: Any) -> dict[str, Any]:
    """The options that were given, as :func:`jaram.data.load.load` takes them."""
    return {name: value for name, value in options.items() if value not in (None, False)}


def kinds_of(words: list[str] | None) -> dict[str, str] | None:
    """``["age=number"]`` as a table of kinds by column; refuses what is no kind."""
    table = pairs(words or [], "--kind")
    for kind in table.values():
        one_of(*KINDS)(kind)
    return table or None


def target_of(columns: list[str] | None) -> str | list[str] | None:
    """One column by its name, several as a list."""
    return columns[0] if columns and len(columns) == 1 else columns
