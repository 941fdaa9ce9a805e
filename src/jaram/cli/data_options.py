"""The options that say how pictures, text and series are read."""

from __future__ import annotations

import re
from typing import Annotated, Any

import typer

from jaram.cli.options import one_of, whole_number
from jaram.messages import text


def picture_size(word: str) -> Any:
    """``32`` is both sides, ``32x48`` height and width."""
    match = re.fullmatch(r"(\d{1,5})(?:[x×](\d{1,5}))?", word.strip().lower())
    if match is None:
        raise typer.BadParameter(text("cli.needs_size", value=word))
    return int(match[1]) if match[2] is None else (int(match[1]), int(match[2]))


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
    typer.Option("--length", metavar="N", parser=whole_number, help="cli.option_length"),
]
SeriesOf = Annotated[
    str | None, typer.Option("--series", metavar="wide|COL", help="cli.option_series")
]
Forecast = Annotated[
    int | None,
    typer.Option("--forecast", metavar="N", parser=whole_number, help="cli.option_forecast"),
]
Window = Annotated[
    int | None,
    typer.Option("--window", metavar="N", parser=whole_number, help="cli.option_window"),
]


def said(**options: Any) -> dict[str, Any]:
    """The options that were given, as :func:`jaram.data.load.load` takes them."""
    return {name: value for name, value in options.items() if value not in (None, False)}
