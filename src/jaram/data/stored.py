"""Arrays that lie in a file and are read a few rows at a time.

A mapped array would do, but what is read through a map counts as the process's own memory, a file
that was cut off kills the process instead of raising, and jumps are read page by page. Here the
file is read in stretches as long as its rows lie near each other.
"""

from __future__ import annotations

import io
import os
import threading
import weakref
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from jaram.errors import DataError

GAP_BYTES = 16 * 1024
"""Rows this near each other are read in one go: what lies between costs less than another call."""

RowKey = slice | NDArray[np.integer[Any]]


class Stored:
    """An array (n, …) in a file, rows in C order from byte ``offset`` on.

    ``stored[rows]`` reads rows by a slice or by their numbers, in the order asked for, from any
    thread. Raises DataError where the file is gone, or is no longer what it was at first.
    """

    def __init__(self, path: Path, dtype: np.dtype[Any], shape: tuple[int, ...], offset: int):
        self.path, self.dtype, self.shape = path, dtype, shape
        self._offset = offset
        self._row_bytes = int(np.prod(shape[1:])) * dtype.itemsize
        self._lock = threading.Lock()
        try:
            # Kept open: a file that is removed while it is read, as old ones in a cache are, stays.
            self._file = io.FileIO(path)
            weakref.finalize(self, self._file.close)
            self._facts = self._seen()
        except OSError as fault:
            raise self._error(str(fault.strerror or fault)) from None
        if self._facts[0] < offset + shape[0] * self._row_bytes:
            raise DataError("data.stored_changed", path=str(path))

    @property
    def ndim(self) -> int:
        return len(self.shape)

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, key: RowKey) -> NDArray[Any]:
        n = len(self)
        rows = np.arange(*key.indices(n)) if isinstance(key, slice) else np.asarray(key, np.int64)
        found = np.empty((rows.size, *self.shape[1:]), self.dtype)
        if not found.size:
            return found
        order = np.argsort(rows, kind="stable")
        ascending = rows[order]
        if ascending[0] < 0 or ascending[-1] >= n:
            raise IndexError(f"rows {ascending[0]} to {ascending[-1]} of {n}")
        apart = np.diff(ascending) * self._row_bytes > max(GAP_BYTES, self._row_bytes)
        edges = [0, *(np.flatnonzero(apart) + 1).tolist(), rows.size]
        with self._lock:
            if self._seen() != self._facts:
                raise DataError("data.stored_changed", path=str(self.path))
            for start, stop in pairwise(edges):
                first, last = int(ascending[start]), int(ascending[stop - 1])
                stretch = self._read(first, last + 1 - first)
                found[order[start:stop]] = stretch[ascending[start:stop] - first]
        return found

    def _read(self, first: int, count: int) -> NDArray[Any]:
        stretch = np.empty((count, *self.shape[1:]), self.dtype)
        wanted = memoryview(stretch.reshape(-1).view(np.uint8).data)
        try:
            self._file.seek(self._offset + first * self._row_bytes)
            while wanted:
                got = self._file.readinto(wanted)
                if not got:
                    raise DataError("data.stored_changed", path=str(self.path))
                wanted = wanted[got:]
        except OSError as fault:
            raise self._error(str(fault.strerror or fault)) from None
        return stretch

    def _seen(self) -> tuple[int, int]:
        """Size and time of change of the file that is open."""
        facts = os.fstat(self._file.fileno())
        return facts.st_size, facts.st_mtime_ns

    def _error(self, fault: str) -> DataError:
        return DataError("data.stored_unreadable", path=str(self.path), fault=fault)


def stored(x: NDArray[Any]) -> NDArray[Any] | Stored:
    """The file that ``x`` is mapped from, to be read without the map; ``x`` itself if it is in
    memory, or is a part of a map that does not lie together in its file."""
    owner: Any = x
    while isinstance(owner.base, np.ndarray):
        owner = owner.base
    is_mapped = isinstance(owner, np.memmap) and owner.filename is not None
    if not is_mapped or not x.flags.c_contiguous:
        return x
    offset = owner.offset + x.ctypes.data - owner.ctypes.data
    return Stored(Path(owner.filename), x.dtype, x.shape, offset)
