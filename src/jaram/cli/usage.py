"""Command lines that typer can't make sense of, told in our words and in both languages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import typer

from jaram.errors import UsageError
from jaram.messages import text
from jaram.messages.nearest import nearest, suggestion


class NoSuchCommandError(UsageError):
    """``jaram trian``."""

    def __init__(self, name: str, commands: Sequence[str]) -> None:
        super().__init__(
            "cli.no_such_command",
            name=name,
            suggestion=suggestion(name, commands),
            known=", ".join(commands),
        )


class ExtraArgumentError(UsageError):
    """``jaram runs here there``: more arguments than the command takes."""

    def __init__(self, extra: Sequence[str], command: str) -> None:
        super().__init__("cli.extra_argument", extra=" ".join(extra), command=command)


class CommandInterruptedError(Exception):
    """Ctrl-C while a command ran that has nothing to save."""


class OutputClosedError(Exception):
    """Whoever read our output has gone, as ``head`` does."""


def sentence(error: Exception) -> str | None:
    """What is wrong with the command line or the machine; None if ``error`` is a bug.

    typer keeps the classes of its usage errors in a private module, so they are told apart by name.
    """
    if isinstance(error, MemoryError):
        return text("cli.out_of_memory")
    if isinstance(error, OSError):
        problem = error.strerror or str(error)
        if error.filename is None:
            return text("cli.os_error", problem=problem)
        return text("cli.os_error_file", file=error.filename, problem=problem)
    if not isinstance(error, typer.TyperException):
        return None
    context = getattr(error, "ctx", None)
    command = context.command_path if context is not None else "jaram"
    kind = type(error).__name__
    if kind == "NoSuchOption":
        name: str = getattr(error, "option_name", "")
        if name.lstrip("-").lower() in _CROSS_VALIDATION:
            return text("cli.no_folds", name=name)
        return text(
            "cli.no_such_option",
            name=name,
            suggestion=_meant(name, _options(context)),
            command=command,
        )
    if kind == "MissingParameter":
        return text("cli.missing_argument", name=_hint(error), command=command)
    if kind == "BadParameter":
        return text("cli.bad_value", name=_hint(error), problem=error.message)
    if kind == "BadOptionUsage":
        return _value_told(getattr(error, "option_name", ""), context, command)
    return text("cli.bad_usage", problem=error.format_message(), command=command)


_CROSS_VALIDATION = ("kfold", "k-fold", "folds", "cv", "cross-validate", "cross-validation")


def _meant(name: str, known: Sequence[str]) -> str:
    """The nearest option, dashes not compared: they make any two options alike."""
    options = {option.lstrip("-"): option for option in known if option.startswith("--")}
    found = nearest(name.lstrip("-"), options)
    return "" if found is None else text("spec.did_you_mean", nearest=options[found])


def _value_told(name: str, context: object, command: str) -> str:
    """That an option lacks its value, or was given one that it does not take."""
    if name == "--explain":
        from jaram.doctor.explanation import names

        return text("cli.doctor_explain_which", known=", ".join(names()))
    option = next((one for one in _parameters(context) if name in one.opts), None)
    if getattr(option, "is_flag", False):
        return text("cli.option_without_value", name=name, command=command)
    value = getattr(option, "metavar", None) or "…"
    return text("cli.option_needs_value", name=name, value=value, command=command)


def _hint(error: typer.TyperException) -> str:
    parameter = getattr(error, "param", None)
    if parameter is None:
        return str(getattr(error, "param_hint", "") or "")
    return str(parameter.opts[0] if parameter.param_type_name == "option" else parameter.metavar)


def _parameters(context: object) -> list[Any]:
    return list(getattr(getattr(context, "command", None), "params", ()))


def _options(context: object) -> list[str]:
    known = [name for one in _parameters(context) for name in one.opts if name[:1] == "-"]
    return [*known, "--help"]
