"""``jaram generate``: a trained language model goes on with a text."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from jaram.cli.options import Device, Json, Lang, Quiet, RunFolder, seed_number, whole_number
from jaram.cli.output import Speaker


def generate(
    run: RunFolder,
    prompt: Annotated[
        str, typer.Option("--prompt", metavar="TEXT", help="cli.generate_prompt")
    ] = "\n",
    length: Annotated[
        int | None,
        typer.Option("--length", metavar="N", parser=whole_number, help="cli.generate_length"),
    ] = None,
    temperature: Annotated[
        float, typer.Option("--temperature", metavar="T", help="cli.generate_temperature")
    ] = 1.0,
    top_k: Annotated[
        int | None,
        typer.Option("--top-k", metavar="N", parser=whole_number, help="cli.generate_top_k"),
    ] = None,
    seed: Annotated[
        int | None,
        typer.Option("--seed", metavar="N", parser=seed_number, help="cli.generate_seed"),
    ] = None,
    device: Device = None,
    as_json: Json = False,
    quiet: Quiet = False,
    lang: Lang = None,
) -> int:
    """Print the prompt and what the network goes on with."""
    from jaram.runs.generate import generate as go_on
    from jaram.runs.store import open_run
    from jaram.training import devices

    speaker = Speaker(quiet=quiet, as_json=as_json)
    devices.use(device)
    how: dict[str, Any] = {"temperature": temperature, "top_k": top_k, "seed": seed or 0}
    written = go_on(open_run(run), prompt, length or 300, **how)
    if as_json:
        speaker.json({"run": run, "prompt": prompt, **how, "text": written})
    else:
        typer.echo(written)
    return 0
