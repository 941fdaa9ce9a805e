"""``jaram rate``: a learning rate by short trainings at many, with an interval."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from jaram.cli.data_options import (
    Color,
    DataArgument,
    Fit,
    Forecast,
    Kind,
    Length,
    MinCount,
    Season,
    SeriesOf,
    Size,
    SkipBad,
    Target,
    Task,
    Text,
    Unit,
    Vocabulary,
    Window,
    kinds_of,
    said,
    target_of,
)
from jaram.cli.options import (
    MOST_SEEDS,
    BatchSize,
    Device,
    Encoding,
    Json,
    Lang,
    Network,
    NoHeader,
    Quiet,
    RecipeFile,
    Seed,
    Setting,
    count_up_to,
    time_span,
    whole_number,
)
from jaram.cli.output import Speaker
from jaram.errors import UsageError
from jaram.messages import text

if TYPE_CHECKING:
    from jaram.searches.rate_test import RateTest

MOST_RATES = 1000
FURTHER = 1e4
"""How many times beyond the last rates the next are looked for."""


def rate(
    data: DataArgument = None,
    target: Target = None,
    rates: Annotated[
        str | None, typer.Option("--rates", metavar="LOW..HIGH", help="cli.rate_rates")
    ] = None,
    count: Annotated[
        int | None,
        typer.Option("--count", metavar="N", parser=count_up_to(MOST_RATES), help="cli.rate_count"),
    ] = None,
    seeds: Annotated[
        int | None,
        typer.Option("--seeds", metavar="N", parser=count_up_to(MOST_SEEDS), help="cli.rate_seeds"),
    ] = None,
    steps: Annotated[
        int | None,
        typer.Option("--steps", metavar="N", parser=whole_number, help="cli.rate_steps"),
    ] = None,
    budget: Annotated[
        float | None,
        typer.Option("--budget", metavar="TIME", parser=time_span, help="cli.rate_budget"),
    ] = None,
    network: Network = None,
    batch_size: BatchSize = None,
    seed: Seed = None,
    recipe: RecipeFile = None,
    setting: Setting = None,
    png: Annotated[str | None, typer.Option("--png", metavar="FILE", help="cli.rate_png")] = None,
    task: Task = None,
    kind: Kind = None,
    size: Size = None,
    fit: Fit = None,
    color: Color = None,
    skip_bad: SkipBad = False,
    text_column: Text = None,
    unit: Unit = None,
    length: Length = None,
    vocabulary: Vocabulary = None,
    min_count: MinCount = None,
    series: SeriesOf = None,
    forecast: Forecast = None,
    window: Window = None,
    season: Season = None,
    no_header: NoHeader = False,
    encoding: Encoding = None,
    device: Device = None,
    as_json: Json = False,
    quiet: Quiet = False,
    lang: Lang = None,
) -> int:
    """Recommend a learning rate for a table."""
    from jaram.cli import folders
    from jaram.cli.reading import read_data, tell_data
    from jaram.cli.recipes import recipe_of

    speaker = Speaker(quiet=quiet, as_json=as_json)
    if data is None:
        raise UsageError("cli.rate_needs_data")
    ends = None if rates is None else _ends(rates)  # a mistake is told before anything is read
    picture = None if png is None else folders.given_file("--png", png)
    kinds = kinds_of(kind)
    how = said(size=size, fit=fit, color=color, skip_bad=skip_bad, task=task, kinds=kinds)
    how |= said(text=text_column, unit=unit, length=length)
    how |= said(vocabulary=vocabulary, min_count=min_count)
    how |= said(series=series, forecast=forecast, window=window, season=season)
    table = read_data(data, target_of(target), no_header=no_header, encoding=encoding, **how)
    tell_data(speaker, table, data)
    asked = recipe_of(recipe, network, None, batch_size, seed, setting or [], table)

    from jaram.searches.rate_test import learning_rate_test
    from jaram.training import devices

    devices.use(device)
    is_watched = not speaker.is_silent and sys.stderr.isatty()
    found = learning_rate_test(
        asked,
        table,
        rates=ends,
        count=count,
        seeds=seeds,
        steps=steps,
        budget=budget,
        progress=_draw if is_watched else None,
    )
    if is_watched:
        sys.stderr.write("\n")
    if picture is not None:
        found.draw(picture)
    _tell(speaker, found, picture)
    return 0


def _ends(words: str) -> tuple[float, float]:
    """``1e-5..1`` as two numbers."""
    low, sign, high = words.partition("..")
    try:
        return float(low), float(high if sign else "")
    except ValueError:
        raise UsageError("cli.rate_needs_range", value=words) from None


def _draw(done: float, seeds: int) -> None:
    """One line on standard error that rewrites itself."""
    told = text("cli.rate_progress", done=f"{done:.1f}", seeds=seeds)
    sys.stderr.write(f"\r{told}   ")
    sys.stderr.flush()


def _tell(speaker: Speaker, found: RateTest, picture: Path | None) -> None:
    if not speaker.is_silent:
        speaker.say(found.report())
        if picture is not None:
            speaker.say(text("cli.written", file=picture))
        speaker.say()
        speaker.say(text("cli.rate_next", command=f"jaram {shlex.join(_next(found))}"))
    speaker.json(
        {
            "learning_rate": found.learning_rate,
            "low": found.low if found.beyond is None else None,
            "high": found.high if found.beyond is None else None,
            "rates": found.rates,
            "losses": found.losses.mean(axis=1),
            "start": float(found.start.mean()),
            "steps": found.steps,
            "seeds": found.losses.shape[1],
            "open": list(found.ends_open),
            "beyond": found.beyond,
            "files": [] if picture is None else [str(picture)],
        }
    )


def _next(found: RateTest) -> list[str]:
    """To train with what was found; where the rates tried tell too little, to try others."""
    rate = found.learning_rate
    if found.beyond is None:
        return ["train", *_same_data(), "--set", f"optimizer.learning_rate={rate:.3g}"]
    low, high = (rate, rate * FURTHER) if found.beyond == "high" else (rate / FURTHER, rate)
    return ["rate", *_same_data(), "--rates", f"{low:.3g}..{high:.3g}"]


def _same_data() -> list[str]:
    """The arguments of this command line that ``jaram train`` takes too."""
    dropped = ("--rates", "--count", "--seeds", "--steps", "--budget", "--png")
    kept = []
    arguments = iter(sys.argv[2:])
    for argument in arguments:
        name, sign, _ = argument.partition("=")
        if name in dropped:
            if not sign:
                next(arguments, None)
            continue
        kept.append(argument)
    return kept
