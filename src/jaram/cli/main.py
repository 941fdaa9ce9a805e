"""The command ``jaram``: where a command line becomes an exit code.

0: done. 1: a bug of ours. 2: wrong input, told in one line on standard error. 130: interrupted by
the person, with what was saved. No input of a person ever ends in a traceback; ``JARAM_DEBUG=1``
shows it.
"""

from __future__ import annotations

import gc
import os
import sys
import traceback
import warnings
from functools import partial
from typing import NoReturn

from jaram.cli.output import print_error
from jaram.errors import JaramError
from jaram.messages import LANGUAGES, set_language, text

DONE, BUG, WRONG_INPUT, INTERRUPTED = 0, 1, 2, 130


def main() -> NoReturn:
    """Run ``sys.argv`` and exit."""
    # A training makes a million objects that live until the end; looking through them again and
    # again for garbage took a tenth of a short one.
    gc.set_threshold(100_000, 50, 100)
    # The doctor's matrices are small: threads only get in each other's way (jaram.doctor.threads).
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    code = run(sys.argv[1:])
    try:
        sys.stdout.flush()
    except OSError:  # whoever read our output has gone
        _forget_stdout()
    sys.stderr.flush()
    # All files are written and closed. Python and JAX would take 0.15 s more to tear down what the
    # system frees at once.
    os._exit(code)


def run(arguments: list[str]) -> int:
    """Run one command line and return its exit code."""
    _speak(arguments)
    warnings.showwarning = partial(_note, arguments)
    try:
        from jaram.cli.app import app

        return int(app(arguments, prog_name="jaram", standalone_mode=False) or DONE)
    except KeyboardInterrupt:
        print_error(text("cli.interrupted"), arguments)
        return INTERRUPTED
    except Exception as error:
        try:
            return _told(error, arguments)
        except Exception as second:  # a bug in the telling is still not the person's business
            return _bug(second, arguments)


def _told(error: Exception, arguments: list[str]) -> int:
    """Say what is wrong; the exit code."""
    from jaram.cli.usage import CommandInterruptedError, OutputClosedError, sentence

    if isinstance(error, OutputClosedError):
        _forget_stdout()
        return DONE
    if isinstance(error, CommandInterruptedError):
        print_error(text("cli.interrupted"), arguments)
        return INTERRUPTED
    told = str(error) if isinstance(error, JaramError) else sentence(error)
    if told is None:
        return _bug(error, arguments)
    if os.environ.get("JARAM_DEBUG"):
        traceback.print_exception(error)
    print_error(told, arguments)
    return WRONG_INPUT


def _bug(error: Exception, arguments: list[str]) -> int:
    if os.environ.get("JARAM_DEBUG"):
        traceback.print_exception(error)
    detail = f"{type(error).__name__}: {error}".splitlines()[0][:300]
    print_error(text("cli.bug", detail=detail), arguments)
    return BUG


def _note(arguments: list[str], message: Warning | str, *_: object) -> None:
    """Warnings about data in one line; those of libraries are not the person's business."""
    if type(message).__name__ == "DataWarning" and not {"--quiet", "-q"} & set(arguments):
        sys.stderr.write(text("cli.note", message=message) + "\n")


def _speak(arguments: list[str]) -> None:
    """Set the language before anything is read: ``--help`` and a misspelled option speak it."""
    set_language(None)
    for index, argument in enumerate(arguments):
        if argument == "--":
            return
        name, _, value = argument.partition("=")
        if name == "--lang":
            asked = value or (arguments[index + 1] if index + 1 < len(arguments) else "")
            set_language(next((code for code in LANGUAGES if code == asked), None))


def _forget_stdout() -> None:
    """Let Python's own flush at exit go nowhere instead of complaining about a closed pipe."""
    sys.stdout = open(os.devnull, "w")  # noqa: PTH123, SIM115
