"""``jaram scale``: would more data help, or a larger network?"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

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
    Epochs,
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
)
from jaram.cli.output import Speaker
from jaram.errors import UsageError
from jaram.messages import text

if TYPE_CHECKING:
    from jaram.growth.outcome import Growth


def scale(
    data: DataArgument = None,
    target: Target = None,
    shares: Annotated[
        str | None, typer.Option("--shares", metavar="SHARES", help="cli.scale_shares")
    ] = None,
    sizes: Annotated[
        str | None, typer.Option("--sizes", metavar="FACTORS", help="cli.scale_sizes")
    ] = None,
    seeds: Annotated[
        int | None,
        typer.Option(
            "--seeds", metavar="N", parser=count_up_to(MOST_SEEDS), help="cli.scale_seeds"
        ),
    ] = None,
    budget: Annotated[
        float | None,
        typer.Option("--budget", metavar="TIME", parser=time_span, help="cli.scale_budget"),
    ] = None,
    network: Network = None,
    epochs: Epochs = None,
    batch_size: BatchSize = None,
    seed: Seed = None,
    recipe: RecipeFile = None,
    setting: Setting = None,
    out: Annotated[str | None, typer.Option("--out", metavar="DIR", help="cli.scale_out")] = None,
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
    """Train on growing shares of a table, in several sizes, and tell what pays."""
    from jaram.cli import folders
    from jaram.cli.reading import read_data, tell_data
    from jaram.cli.recipes import recipe_of

    speaker = Speaker(quiet=quiet, as_json=as_json)
    if data is None:
        raise UsageError("cli.scale_needs_data")
    asked: dict[str, Any] = {}  # mistakes are told before anything is read
    for option, name, words in (("--shares", "shares", shares), ("--sizes", "factors", sizes)):
        if words is not None:
            asked[name] = _numbers(option, words)
    if seeds is not None:
        asked["seeds"] = seeds
    kinds = kinds_of(kind)
    given = None if out is None else folders.given_folder(out)
    how = said(size=size, fit=fit, color=color, skip_bad=skip_bad, task=task, kinds=kinds)
    how |= said(text=text_column, unit=unit, length=length)
    how |= said(vocabulary=vocabulary, min_count=min_count)
    how |= said(series=series, forecast=forecast, window=window, season=season)
    table = read_data(data, target_of(target), no_header=no_header, encoding=encoding, **how)
    tell_data(speaker, table, data)
    wished = recipe_of(recipe, network, epochs, batch_size, seed, setting or [], table)

    from jaram.growth.scale import scale as grow
    from jaram.training import devices

    devices.use(device)
    is_watched = not speaker.is_silent and sys.stderr.isatty()
    progress = _draw if is_watched else None
    growth = grow(table, wished, budget=budget, progress=progress, **asked)
    folder = given or folders.new_folder(table.name, folders.SCALES)
    _write(growth, folder)
    _tell(speaker, growth, folder)
    return 0


def _numbers(option: str, words: str) -> tuple[float, ...]:
    """``0.25,1,4`` as numbers."""
    try:
        return tuple(float(word) for word in words.split(","))
    except ValueError:
        raise UsageError("cli.scale_needs_numbers", option=option, value=words) from None


def _draw(done: int, trainings: int) -> None:
    """One line on standard error that rewrites itself."""
    end = "\n" if done == trainings else "   "
    sys.stderr.write(f"\r{text('cli.scale_progress', done=done, trainings=trainings)}{end}")
    sys.stderr.flush()


def _write(growth: Growth, folder: Path) -> None:
    """The outcome as JSON, the page, and the pictures."""
    from jaram.runs.files import explained, write_json

    with explained(folder):
        folder.mkdir(parents=True, exist_ok=True)
    write_json(folder / "scale.json", growth.to_json())
    growth.write_report(folder / "scale.html")
    growth.write_report(folder)


def _tell(speaker: Speaker, growth: Growth, folder: Path) -> None:
    if not speaker.is_silent:
        speaker.say(growth.report())
        speaker.say()
        speaker.say(text("cli.written", file=folder / "scale.html"))
    law, gain = growth.laws[growth.asked], growth.from_data()
    speaker.json(
        {
            "folder": str(folder),
            "metric": f"valid/{growth.metric}",
            "rows": growth.rows,
            "exponent": None if law is None else law.exponent,
            "floor": None if law is None else law.floor,
            "twice_the_rows": None
            if gain is None
            else dict(zip(("gain", "low", "high"), gain, strict=True)),
            "data_is_worth_it": growth.data_is_worth_it,
            "data_is_not_worth_it": growth.data_is_not_worth_it,
            "sizes": {
                f"{factor:g}": {"gain": one.mean, "low": one.low, "high": one.high}
                for factor, one in growth.from_size().items()
            },
            "size_is_worth_it": growth.size_is_worth_it,
            "baselines": {one.name: one.score for one in growth.baselines},
            "better_baselines": [one.name for one in growth.better_baselines],
            "trainings": len(growth.points),
            "diverged": growth.diverged,
        }
    )
