"""Decoded pictures kept between trainings: one ``.npy`` file for a set of files read in one way.

The name is a hash of every file's path, size and time of change and of the way it was read, so that
a file that changes is decoded again. The file is mapped and not read: pictures that are not used
cost no memory. ``JARAM_CACHE`` names another folder.
"""

from __future__ import annotations

import hashlib
import math
import os
import threading
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

ZEROS = 1 << 20
"""Bytes that a file is made long by at a time."""
CACHE_BYTES = 4 << 30
"""Bytes that the kept sets have together; those longest unused go first."""


def cache_folder() -> Path:
    """Where decoded pictures are kept."""
    if chosen := os.environ.get("JARAM_CACHE"):
        return Path(chosen) / "pictures"
    if os.name == "nt":
        base = Path(os.environ.get("LOCALAPPDATA", Path.home() / "AppData" / "Local"))
    else:
        base = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache"))
    return base / "jaram" / "pictures"


def key_of(paths: Sequence[Path], way: str) -> str:
    """The name of the set ``paths`` read in ``way``, hexadecimal. Files must exist."""
    hashed = hashlib.blake2b(way.encode(), digest_size=16)
    for path in paths:
        facts = path.stat()
        hashed.update(f"\0{path.absolute()}\0{facts.st_mtime_ns}\0{facts.st_size}".encode())
    return hashed.hexdigest()


def kept(key: str, shape: tuple[int, ...]) -> NDArray[np.uint8] | None:
    """The set of that name, mapped, if it is kept whole."""
    path = cache_folder() / f"{key}.npy"
    try:
        found = np.load(path, mmap_mode="r", allow_pickle=False)
        if found.shape != shape or found.dtype != np.uint8:
            return None
        os.utime(path)
    except (OSError, ValueError, EOFError):  # not there, or torn: decoded again
        return None
    return np.asarray(found)


def room(key: str, shape: tuple[int, ...]) -> NDArray[np.uint8]:
    """Where a set can be decoded to: a file of the cache, mapped, or memory where there is no room
    or no right to write."""
    part = _part(key)
    try:
        part.parent.mkdir(parents=True, exist_ok=True)
        with part.open("wb") as file:
            header = {"descr": "|u1", "fortran_order": False, "shape": shape}
            np.lib.format.write_array_header_1_0(file, header)
            # Written and not left as a hole: a disk that is full is told here, and not by a signal
            # that kills the process when a page is filled.
            left = math.prod(shape)
            while left:
                left -= file.write(bytes(min(left, ZEROS)))
        mapped: NDArray[np.uint8] = np.load(part, mmap_mode="r+", allow_pickle=False)
    except OSError:
        part.unlink(missing_ok=True)
        return np.zeros(shape, np.uint8)
    return mapped


def keep(key: str, pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The decoded set that lies in its :func:`room`, kept under its name if it has one there."""
    part = _part(key)
    if not isinstance(pixels, np.memmap):
        return pixels
    try:
        pixels.flush()
        part.replace(part.with_name(f"{key}.npy"))
        _prune(part.parent)
    except OSError:  # some systems rename no file that is mapped: decoded again next time
        return pixels
    found = kept(key, pixels.shape)
    return pixels if found is None else found


def forget(key: str) -> None:
    """Give up the room of a set that was not kept."""
    with suppress(OSError):  # some systems remove no file that is mapped
        _part(key).unlink(missing_ok=True)


def _part(key: str) -> Path:
    return cache_folder() / f".{key}.{os.getpid()}-{threading.get_ident()}.part"


def _prune(folder: Path) -> None:
    oldest_first = sorted(folder.glob("*.npy"), key=lambda path: path.stat().st_mtime)
    total = sum(path.stat().st_size for path in oldest_first)
    for path in oldest_first[:-1]:
        if total <= CACHE_BYTES:
            return
        total -= path.stat().st_size
        path.unlink(missing_ok=True)
