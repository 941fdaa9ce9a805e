"""The application: which commands there are, and how their help is set.

A help text is given to typer as a key of the catalogue and looked up when it is printed, so that
``--lang`` and the locale decide. Help is plain text: importing rich would cost more than everything
else.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import typer
import typer.core

from jaram.cli import (
    doctor,
    ensemble,
    evaluate,
    generate,
    predict,
    rate,
    report,
    runs,
    scale,
    search,
    show,
    train,
)
from jaram.cli.usage import (
    CommandInterruptedError,
    ExtraArgumentError,
    NoSuchCommandError,
    OutputClosedError,
)
from jaram.messages import text
from jaram.messages.width import pad, width, wrap

_WIDEST = 100
_NAME_COLUMNS = 30


class TranslatedCommand(typer.core.TyperCommand):
    """A command whose help is looked up in the catalogue."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Parse; what is left over is told in our words, and every mistake knows its command."""
        ctx.allow_extra_args = True
        with _in_context(ctx):
            left = super().parse_args(ctx, args)
        if left:
            raise ExtraArgumentError(left, ctx.command_path)
        return left

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Usage, what it does, its arguments and options."""
        arguments: list[tuple[str, str]] = []
        options: list[tuple[str, str]] = []
        for parameter in self.get_params(ctx):
            record = parameter.get_help_record(ctx)
            if record is None:
                continue
            is_argument = parameter.param_type_name == "argument"
            name = str(parameter.metavar) if is_argument else record[0]
            (arguments if is_argument else options).append((name, _help(parameter)))
        usage = " ".join([ctx.command_path, *self.collect_usage_pieces(ctx)])
        formatter.write(
            _page(
                usage,
                text(self.help or ""),
                (text("cli.heading_arguments"), arguments),
                (text("cli.heading_options"), options),
                epilog=text(self.epilog or ""),
            )
        )


class TranslatedGroup(typer.core.TyperGroup):
    """The list of commands, in the reader's language."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Parse; every mistake knows its command."""
        with _in_context(ctx):
            return super().parse_args(ctx, args)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """The command; a name that is none, and isn't an option, is a usage error of ours."""
        command = super().get_command(ctx, cmd_name)
        if command is None and not cmd_name.startswith("-"):
            raise NoSuchCommandError(cmd_name, list(self.commands))
        return command

    def invoke(self, ctx: Any) -> Any:
        """Run the command; what typer would exit on by itself comes out as exceptions of ours."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            raise CommandInterruptedError from None
        except BrokenPipeError:
            raise OutputClosedError from None

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Usage, the commands with one line each, the options."""
        commands = [(name, text(f"cli.{name}_short")) for name in self.list_commands(ctx)]
        options = [
            (record[0], _help(parameter))
            for parameter in self.get_params(ctx)
            if (record := parameter.get_help_record(ctx)) is not None
        ]
        formatter.write(
            _page(
                f"{ctx.command_path} COMMAND ...",
                text("cli.about"),
                (text("cli.heading_commands"), commands),
                (text("cli.heading_options"), options),
                epilog=text("cli.about_epilog"),
            )
        )


@contextmanager
def _in_context(ctx: Any) -> Iterator[None]:
    """Give errors of parsing, some of which come without, the command that they are about."""
    try:
        yield
    except typer.TyperException as error:
        if getattr(error, "ctx", None) is None:
            error.ctx = ctx  # type: ignore[attr-defined]
        raise


def _help(parameter: Any) -> str:
    if parameter.name == "help":
        return text("cli.option_help")
    return text(parameter.help or "")


def _page(usage: str, about: str, *sections: tuple[str, list[tuple[str, str]]], epilog: str) -> str:
    columns = min(_WIDEST, shutil.get_terminal_size().columns)
    lines = [text("cli.heading_usage") + " " + usage, ""]
    lines += [f"  {line}" for line in wrap(about, columns - 2)]
    for heading, entries in sections:
        if entries:
            lines += ["", f"{heading}:", *_definitions(entries, columns)]
    lines += ["", *epilog.rstrip("\n").split("\n")]
    return "\n".join(lines) + "\n"


def _definitions(entries: list[tuple[str, str]], columns: int) -> list[str]:
    left = min(_NAME_COLUMNS, max(width(name) for name, _ in entries) + 2)
    lines = []
    for name, meaning in entries:
        first, *rest = wrap(meaning, max(20, columns - left - 2))
        if width(name) > left - 2:
            lines += [f"  {name}", "  " + " " * left + first]
        else:
            lines.append("  " + pad(name, left) + first)
        lines += ["  " + " " * left + line for line in rest]
    return lines


def _version(asked: bool) -> None:
    if asked:
        from jaram import __version__

        typer.echo(f"jaram {__version__}")
        raise typer.Exit


app = typer.Typer(
    cls=TranslatedGroup,
    rich_markup_mode=None,
    add_completion=False,
    pretty_exceptions_enable=False,
)


@app.callback(invoke_without_command=True)
def _root(
    ctx: typer.Context,
    version: bool = typer.Option(
        False, "--version", callback=_version, is_eager=True, help="cli.option_version"
    ),
    lang: str | None = typer.Option(None, "--lang", metavar="ko|en", help="cli.option_lang"),
) -> None:
    if ctx.invoked_subcommand is None:
        typer.echo(ctx.get_help())


_COMMANDS: dict[str, Callable[..., int]] = {
    "train": train.train,
    "predict": predict.predict,
    "evaluate": evaluate.evaluate,
    "generate": generate.generate,
    "ensemble": ensemble.ensemble,
    "doctor": doctor.doctor,
    "search": search.search,
    "rate": rate.rate,
    "scale": scale.scale,
    "report": report.report,
    "show": show.show,
    "runs": runs.runs,
}
for _name, _function in _COMMANDS.items():
    app.command(
        _name,
        cls=TranslatedCommand,
        help=f"cli.{_name}_about",
        epilog=f"cli.{_name}_examples",
    )(_function)
