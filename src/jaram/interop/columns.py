"""What the columns of a log mean, told from their names."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from jaram.data.notices import listed
from jaram.errors import DataError, UsageError
from jaram.messages.nearest import suggestion

ROLES = (
    "train/loss",
    "valid/loss",
    "train/accuracy",
    "valid/accuracy",
    "train/r2",
    "valid/r2",
    "learning_rate",
    "epoch",
    "step",
)
"""What a column can be."""


def _list(words: str) -> tuple[str, ...]:
    return tuple(words.split())


_PARTS = {
    "train": _list("train training tr trn 학습 훈련"),
    "valid": _list("val valid validation eval evaluation dev holdout 검증"),
    "test": _list("test testing 시험 테스트"),
}
_QUANTITIES = {
    "loss": _list("loss cost objective 손실 비용"),
    "accuracy": _list("accuracy acc 정확도"),
    "r2": _list("r2 r²"),
    # A loss by its own name: taken where no column is called a loss.
    "named_loss": _list("mse mae rmse nll bce crossentropy logloss error err 오차"),
}
_PASSED_OVER = _list(
    "epoch step total avg average mean metric metrics scalars history log logs categorical sparse "
    "binary multiclass top1 score fn function 값"
)
"""Words that leave the meaning of a name as it is."""
_OTHER_THINGS = _list(
    "best min max lowest highest final std var scale scaler grad gradient ema balanced top5 top3 "
    "smooth smoothed patience delta time weight weights regularization reg penalty"
)
"""Words that make it another quantity: the best loss so far, the scale of a loss."""

_EPOCH = _list("epoch epochs 에폭 에포크")
_STEP = _list("step steps globalstep iteration iterations iter iters batch 스텝 단계 반복")
_BESIDE_CLOCK = _list("trainer global current num n")
_RATES = ("lr", "learning rate", "learningrate", "학습률")

_SPELLINGS = {"cross entropy": "crossentropy", "log loss": "logloss", "r squared": "r2"}
_PART_OF = {word: part for part, words in _PARTS.items() for word in words}
_QUANTITY_OF = {word: quantity for quantity, words in _QUANTITIES.items() for word in words}
_CUT = re.compile(r"[^\w]+|_+|(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


@dataclass(frozen=True)
class _Reading:
    """What a name says: a quantity, the part it was measured on ("" if it does not say), and how
    many of its words are unknown."""

    quantity: str
    part: str
    unknown: int
    is_of_step: bool
    is_of_epoch: bool


def recognise(
    names: Iterable[str], given: Mapping[str, str] | None = None, where: str = ""
) -> dict[str, str]:
    """The column of each role in :data:`ROLES`, of those that are there.

    names: columns that hold numbers, in the log's order. given: roles that the user assigned; these
    are taken as they are.

    Raises DataError if several columns could be a loss, UsageError for a role that there is not.
    A log without any loss is no error here.
    """
    names = list(names)
    found = _checked(names, dict(given or {}), where)
    free = [name for name in names if name not in found.values()]
    for role in ("epoch", "step", "learning_rate"):
        if role not in found and (fitting := [name for name in free if _is(role, name)]):
            found[role] = min(fitting, key=lambda name: len(_words(name)))
    free = [name for name in free if name not in found.values()]
    readings = {name: reading for name in free if (reading := _read(name))}
    for quantity in ("loss", "accuracy", "r2"):
        found |= _assign(quantity, readings, found, where)
    if "train/loss" not in found and "valid/loss" not in found:
        found |= _assign("named_loss", readings, found, where)
    if "train/loss" not in found and "valid/loss" not in found:
        found |= _by_part_alone(free)
    return found


def _checked(names: list[str], given: dict[str, str], where: str) -> dict[str, str]:
    for role, name in given.items():
        if role not in ROLES:
            raise UsageError(
                "interop.no_such_role",
                role=role,
                suggestion=suggestion(role, ROLES),
                known=", ".join(ROLES),
            )
        if name not in names:
            raise DataError(
                "interop.no_such_column",
                where=where,
                column=name,
                suggestion=suggestion(str(name), names),
                known=listed(names),
            )
    return given


def _words(name: str) -> list[str]:
    """The words of a name, in small letters; ``valloss`` and ``훈련손실`` are two words."""
    found: list[str] = []
    for piece in _CUT.split(name):
        word = piece.lower()
        heads = (p for p in _PART_OF if word.startswith(p) and word[len(p) :] in _QUANTITY_OF)
        head = next(heads, "")
        found += [part for part in (head, word[len(head) :]) if part]
    return found


def _is(role: str, name: str) -> bool:
    words = _words(name)
    if role == "learning_rate":
        joined = " ".join(words)
        return not set(_OTHER_THINGS) & set(words) and any(
            joined == rate or joined.startswith(f"{rate} ") or joined.endswith(f" {rate}")
            for rate in _RATES
        )
    rest = [word for word in words if word not in _BESIDE_CLOCK and word not in _PART_OF]
    return len(rest) == 1 and rest[0] in (_EPOCH if role == "epoch" else _STEP)


def _read(name: str) -> _Reading | None:
    """What a name says; None if it names no quantity."""
    joined = " ".join(_words(name))
    for apart, together in _SPELLINGS.items():
        joined = joined.replace(apart, together)
    words = joined.split()
    parts = {_PART_OF[word] for word in words if word in _PART_OF}
    quantities = {_QUANTITY_OF[word] for word in words if word in _QUANTITY_OF}
    if not quantities or len(parts) > 1 or set(_OTHER_THINGS) & set(words):
        return None
    known = (_PART_OF, _QUANTITY_OF, _PASSED_OVER)
    return _Reading(
        quantity=next(one for one in _QUANTITIES if one in quantities),
        part=next(iter(parts), ""),
        unknown=sum(not any(word in words_known for words_known in known) for word in words),
        is_of_step="step" in words,
        is_of_epoch="epoch" in words,
    )


def _assign(
    quantity: str, readings: Mapping[str, _Reading], found: Mapping[str, str], where: str
) -> dict[str, str]:
    """The columns of one quantity on the training and on the validation part."""
    name = "loss" if quantity == "named_loss" else quantity
    train_role, valid_role = f"train/{name}", f"valid/{name}"

    def best(part: str, role: str) -> str | None:
        columns = [
            column
            for column, reading in readings.items()
            if (reading.quantity, reading.part) == (quantity, part)
        ]
        return _best(columns, readings, role, where) if role not in found else None

    train = best("train", train_role)
    valid = best("valid", valid_role) or best("test", valid_role)
    if train is None:
        # fastai writes train_loss, valid_loss, accuracy: what says no part, beside losses that do,
        # is of the validation part.
        labelled = any(one.quantity == "loss" and one.part == "train" for one in readings.values())
        if name != "loss" and valid is None and labelled:
            valid = best("", valid_role)
        else:
            train = best("", train_role)
    taken = {train_role: train, valid_role: valid}
    return {role: column for role, column in taken.items() if column is not None}


def _best(
    columns: list[str], readings: Mapping[str, _Reading], role: str, where: str
) -> str | None:
    """The column that fits best; a score of several that fit equally is left unknown."""
    if not columns:
        return None

    def fit(name: str) -> tuple[int, bool, bool]:
        reading = readings[name]
        return reading.unknown, reading.is_of_step, not reading.is_of_epoch

    best = min(fit(name) for name in columns)
    fitting = [name for name in columns if fit(name) == best]
    if len(fitting) == 1:
        return fitting[0]
    if not role.endswith("/loss"):
        return None
    raise DataError(
        "interop.several_columns",
        where=where,
        role=role,
        columns=listed(fitting),
        example=fitting[0],
    )


def _by_part_alone(names: list[str]) -> dict[str, str]:
    """Columns called ``train`` and ``valid`` and nothing else are losses."""
    by_part: dict[str, str] = {}
    for name in names:
        words = [word for word in _words(name) if word not in _PASSED_OVER]
        if len(words) == 1 and words[0] in _PART_OF:
            by_part.setdefault(_PART_OF[words[0]], name)
    valid = by_part.get("valid", by_part.get("test"))
    found = {"train/loss": by_part.get("train"), "valid/loss": valid}
    return {role: name for role, name in found.items() if name is not None}


def names_a_part(name: str) -> bool:
    """Whether a name says which part of the data it is about."""
    return any(word in _PART_OF for word in _words(name))
