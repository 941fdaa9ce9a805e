"""Decoded pictures kept between trainings: one ``.npy`` file for a set of files read in one way.

The name is a hash of every file's path, size and time of change and of the way it was read, so that
a file that changes is decoded again. The file is mapped and not read: pictures that are not used
cost no memory. ``JARAM_CACHE`` names another folder.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

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


def keep(key: str, pixels: NDArray[np.uint8]) -> None:
    """Keep a set under a name; nothing where the cache can't be written."""
    folder = cache_folder()
    part = folder / f".{key}.{os.getpid()}.part"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with part.open("wb") as file:
            np.save(file, pixels, allow_pickle=False)
        part.replace(folder / f"{key}.npy")
        _prune(folder)
    except OSError:  # no room or no right: the pictures are decoded each time
        part.unlink(missing_ok=True)


def _prune(folder: Path) -> None:
    oldest_first = sorted(folder.glob("*.npy"), key=lambda path: path.stat().st_mtime)
    total = sum(path.stat().st_size for path in oldest_first)
    for path in oldest_first[:-1]:
        if total <= CACHE_BYTES:
            return
        total -= path.stat().st_size
        path.unlink(missing_ok=True)
