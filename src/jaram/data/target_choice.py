"""Which columns are the target, and which have another special role."""

from __future__ import annotations

from typing import Any

from jaram.data.notices import listed
from jaram.data.table import Table
from jaram.errors import DataError
from jaram.messages.nearest import suggestion

TARGET_NAMES = frozenset(
    [
        "target",
        "label",
        "labels",
        "class",
        "y",
        "outcome",
        "output",
        "response",
        "정답",
        "레이블",
        "라벨",
        "목표",
        "타깃",
        "타겟",
        "종속변수",
        "결과",
        "클래스",
    ]
)
"""Names by which a column is taken for the target if none was given."""


def choose_targets(names: list[str], target: Any) -> tuple[list[str], bool]:
    """The names of the target columns, and whether they were assumed.

    ``target`` is as :func:`~jaram.data.load.load` takes it. Raises DataError for a column that is
    not there, and if none is given and none is called like a target.
    """
    if target is None:
        called = [name for name in names if name.strip().casefold() in TARGET_NAMES]
        if len(called) == 1:
            return called, True
        if called and names[-1] in called:
            return [names[-1]], True
        raise DataError("data.no_target", known=listed(names))
    several = target if isinstance(target, list | tuple) else [target]
    if not several:
        raise DataError("data.no_target", known=listed(names))
    chosen = [column_named(names, one) for one in several]
    if len(set(chosen)) < len(chosen):
        raise DataError("data.target_twice", columns=listed(chosen))
    if len(chosen) >= len(names):
        raise DataError("data.no_features")
    return chosen, False


def column_named(names: list[str], one: Any) -> str:
    if isinstance(one, str):
        if one in names:
            return one
        if one == "last":
            return names[-1]
        stripped = {name.strip().casefold(): name for name in names}
        if one.strip().casefold() in stripped:
            return stripped[one.strip().casefold()]
        if not one.strip().lstrip("-").isdecimal():
            raise DataError(
                "data.no_such_column",
                column=one,
                suggestion=suggestion(one, names),
                known=listed(names),
            )
        one = int(one)
    if isinstance(one, bool) or not isinstance(one, int):
        raise DataError("data.bad_target", target=str(one))
    if not (1 <= one <= len(names) or one == -1):
        raise DataError("data.target_number", number=one, columns=len(names))
    return names[one - 1] if one > 0 else names[-1]


def choose_columns(table: Table, wishes: dict[str, str | None]) -> dict[str, str]:
    """The columns of the roles that were asked for; raises DataError for one that is not there."""
    chosen = {role: column for role, column in wishes.items() if column is not None}
    for column in chosen.values():
        if column not in table.names:
            raise table.no_column(column)
    if len(set(chosen.values())) < len(chosen):
        raise DataError("data.two_roles", column=listed(chosen.values()))
    return chosen
