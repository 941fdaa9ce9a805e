"""Pictures as arrays: one size and number of channels for all, decided from the files.

:class:`Pictures` is the intake of a set: how a file becomes pixels. It is written with a run, so
that a picture that comes later is treated exactly as those that were learned from.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from jaram.data.notices import Notice, listed
from jaram.data.picture_cache import forget, keep, kept, key_of, room
from jaram.data.picture_files import (
    FIT_KINDS,
    BadPictureError,
    FitKind,
    Header,
    fit_picture,
    read_header,
    read_picture,
)
from jaram.errors import DataError
from jaram.messages.nearest import suggestion

ColorKind = Literal["auto", "gray", "color"]
COLOR_KINDS: tuple[ColorKind, ...] = ("auto", "gray", "color")
LARGEST_SIDE = 96
"""Pixels that a side has at most if no size is said: ten times the work of 32 pixels."""
MOST_BYTES = 2 << 30
"""Bytes of the prepared pictures (float32) if no size is said; the sides shrink to fit."""
THREADS = 4
"""Pillow decodes outside the interpreter's lock; reading waits for the disk."""


@dataclass(frozen=True)
class PictureWishes:
    """What a person says about pictures.

    - ``size``: pixels of both sides, or (height, width); None takes the files' own if it is one
      for all, else the median of the heights and of the widths, at most :data:`LARGEST_SIDE`;
    - ``fit``: "resize", "crop" or "pad", see :func:`~jaram.data.picture_files.read_picture`;
    - ``color``: "gray", "color", or "auto": gray if every file is;
    - ``skip_bad``: leave out files that can't be read instead of raising.

    Raises DataError for anything else.
    """

    size: int | tuple[int, int] | None = None
    fit: FitKind = "resize"
    color: ColorKind = "auto"
    skip_bad: bool = False

    def __post_init__(self) -> None:
        for option, value, known in (
            ("fit", self.fit, FIT_KINDS),
            ("color", self.color, COLOR_KINDS),
        ):
            if value not in known:
                raise DataError(
                    "data.unknown_option",
                    option=option,
                    value=value,
                    known=", ".join(known),
                    suggestion=suggestion(str(value), known),
                )
        sides = self.sides
        if sides is not None and not (
            len(sides) == 2 and all(isinstance(side, int) and 1 <= side <= 4096 for side in sides)
        ):
            raise DataError("data.bad_size", size=self.size)

    @property
    def sides(self) -> tuple[int, int] | None:
        """(height, width), or None if nothing was said."""
        if self.size is None:
            return None
        return (self.size, self.size) if isinstance(self.size, int) else self.size


@dataclass(frozen=True)
class Pictures:
    """How a picture file becomes pixels (height, width, channels) uint8."""

    height: int
    width: int
    channels: int
    fit: FitKind = "resize"
    kind: ClassVar[Literal["pictures"]] = "pictures"

    @property
    def shape(self) -> tuple[int, int, int]:
        """The shape of one picture."""
        return self.height, self.width, self.channels

    @property
    def feature_names(self) -> tuple[str, ...]:
        """The names of the channels."""
        return ("gray",) if self.channels == 1 else ("red", "green", "blue")

    def read(
        self, paths: Sequence[Path], skip_bad: bool = False
    ) -> tuple[NDArray[np.uint8], NDArray[np.int64], tuple[Notice, ...]]:
        """Pixels (n, height, width, channels) of files, the numbers of those that could be read.

        Raises DataError naming the bad files, unless they are to be skipped.
        """
        good = np.arange(len(paths))
        shape = (len(paths), *self.shape)
        key = self._key(paths) if _exist(paths) else None
        known = None if key is None else kept(key, shape)
        if known is not None:
            return known, good, ()
        pixels = np.zeros(shape, np.uint8) if key is None else room(key, shape)

        def decode(place: int) -> None:
            pixels[place] = read_picture(paths[place], *self.shape, self.fit)

        bad: dict[int, BadPictureError] = {}
        try:
            bad = _each(decode, range(len(paths)))
            notices = _told(paths, bad, skip_bad)
            if not bad:
                return pixels if key is None else keep(key, pixels), good, notices
            good = np.setdiff1d(good, list(bad))
            return np.array(pixels[good]), good, notices
        finally:  # nothing is left of it if it is kept
            if key is not None:
                forget(key)

    def can_fit(self, x: NDArray[Any]) -> bool:
        """Whether ``x`` (n, …) are pixels of 8 bits in gray or colour of another shape."""
        return (
            x.dtype == np.uint8
            and x.ndim == 4
            and x.shape[3] in (1, 3)
            and (x.shape[1:] != self.shape)
        )

    def fitted(self, x: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Pixels (n, height, width, channels) of pictures (n, height', width', channels')."""
        pixels = np.empty((len(x), *self.shape), np.uint8)
        for place, picture in enumerate(x):
            pixels[place] = fit_picture(picture, *self.shape, self.fit)
        return pixels

    def _key(self, paths: Sequence[Path]) -> str:
        return key_of(paths, f"1 {self.shape} {self.fit}")

    def to_json(self) -> dict[str, Any]:
        """The intake as plain JSON values."""
        return {
            "kind": self.kind,
            "height": self.height,
            "width": self.width,
            "channels": self.channels,
            "fit": self.fit,
        }

    @classmethod
    def from_json(cls, table: Mapping[str, Any]) -> Pictures:
        """The inverse of :meth:`to_json`."""
        fit = table["fit"]
        if fit not in FIT_KINDS:
            raise ValueError(fit)
        return cls(int(table["height"]), int(table["width"]), int(table["channels"]), fit)


def survey(
    paths: Sequence[Path], wishes: PictureWishes
) -> tuple[Pictures, NDArray[np.int64], tuple[Notice, ...]]:
    """The intake that fits the files, the numbers of the usable ones, and what to say of them.

    Reads headers only. Raises DataError naming the bad files, unless they are to be skipped.
    """
    headers: dict[int, Header] = {}

    def look(place: int) -> None:
        headers[place] = read_header(paths[place])

    bad = _each(look, range(len(paths)))
    notices = list(_told(paths, bad, wishes.skip_bad))
    good = np.setdiff1d(np.arange(len(paths)), list(bad)).astype(np.int64)
    if not good.size:
        raise DataError("data.no_pictures", path=str(paths[0].parent) if paths else "")
    found = [headers[int(place)] for place in good]
    height, width = wishes.sides or _size_of(found)
    is_gray = (
        all(one.is_gray for one in found) if wishes.color == "auto" else wishes.color == "gray"
    )
    sizes = {(one.height, one.width) for one in found}
    if len(sizes) > 1 or (height, width) not in sizes:
        told = {"count": len(sizes), "height": height, "width": width, "fit": wishes.fit}
        notices.append(Notice("data.pictures_fitted", told))
    if wishes.color == "auto" and len({one.is_gray for one in found}) == 2:
        gray = sum(one.is_gray for one in found)
        notices.append(Notice("data.pictures_mixed", {"gray": gray, "count": len(found)}))
    for key, count in (
        ("data.pictures_animated", sum(one.frames > 1 for one in found)),
        ("data.pictures_deep", sum(one.is_deep for one in found)),
    ):
        if count:
            notices.append(Notice(key, {"count": count}))
    return Pictures(height, width, 1 if is_gray else 3, wishes.fit), good, tuple(notices)


def _size_of(headers: list[Header]) -> tuple[int, int]:
    """The median height and width, within :data:`LARGEST_SIDE` and :data:`MOST_BYTES`."""
    height = float(np.median([one.height for one in headers]))
    width = float(np.median([one.width for one in headers]))
    channels = 1 if all(one.is_gray for one in headers) else 3
    shrink = min(1.0, LARGEST_SIDE / max(height, width))
    numbers = len(headers) * height * width * channels * shrink**2
    shrink *= min(1.0, (MOST_BYTES / 4 / numbers) ** 0.5)
    return max(1, round(height * shrink)), max(1, round(width * shrink))


def _each(work: Callable[[int], None], places: Sequence[int]) -> dict[int, BadPictureError]:
    """Do ``work`` for every place; the places where a picture was bad."""
    bad: dict[int, BadPictureError] = {}

    def tried(place: int) -> None:
        try:
            work(place)
        except BadPictureError as fault:
            bad[place] = fault

    with ThreadPoolExecutor(THREADS) as pool:
        for _ in pool.map(tried, places):
            pass
    return bad


def _told(
    paths: Sequence[Path], bad: Mapping[int, BadPictureError], skip_bad: bool
) -> tuple[Notice, ...]:
    """The notice that bad files were left out; raises DataError if they are not to be."""
    if not bad:
        return ()
    names = listed(
        f"{paths[place].parent.name}/{paths[place].name} ({bad[place].reason()})"
        for place in sorted(bad)[:3]
    )
    if len(bad) > 3:
        names = f"{names}, … (+{len(bad) - 3})"
    count, total = len(bad), len(paths)
    if not skip_bad:
        raise DataError("data.bad_pictures", count=count, total=total, names=names)
    told = {"count": count, "total": total, "names": names}
    return (Notice("data.skipped_pictures", told),)


def _exist(paths: Sequence[Path]) -> bool:
    return all(path.is_file() for path in paths)
