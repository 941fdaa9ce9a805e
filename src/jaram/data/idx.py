"""IDX files, in which MNIST and its relatives come: http://yann.lecun.com/exdb/mnist/.

A file is two zero bytes, a byte for the type of its numbers, a byte for the number of axes, the
length of each axis as a big-endian int32, and the numbers, big-endian, the last axis running
fastest. Often it is compressed by gzip.
"""

from __future__ import annotations

import gzip
import math
import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from jaram.data.causes import cause
from jaram.data.files import check_file
from jaram.errors import DataError

TYPES = {0x08: ">u1", 0x09: ">i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}
"""NumPy's types by the third byte."""
MOST_BYTES = 16 << 30


def is_idx(path: Path) -> bool:
    """Whether a file starts as an IDX file does, compressed or not."""
    try:
        if not path.is_file():
            return False
        with _opened(path) as file:
            return _is_magic(file.read(4))
    except (OSError, ValueError, EOFError, zlib.error):
        return False


def read_idx(path: Path) -> NDArray[Any]:
    """The array in a file, of the machine's byte order; bytes that lie there unpacked are mapped.

    Raises DataError for a file that is no IDX file, is cut off or goes on after its end.
    """
    check_file(path)
    try:
        with _opened(path) as file:
            start = file.read(4)
            if not _is_magic(start):
                raise DataError("data.not_idx", path=str(path))
            kind, axes = np.dtype(TYPES[start[2]]), start[3]
            shape = struct.unpack(f">{axes}I", file.read(4 * axes))
            size = math.prod(shape) * kind.itemsize
            if kind.itemsize == 1 and axes > 1 and _is_whole(file, path, size):
                return np.memmap(path, kind, "r", file.tell(), shape)
            if size > MOST_BYTES:
                raise DataError("data.idx_size", path=str(path), got="?", expected=size)
            content = file.read(size + 1)
    except (OSError, EOFError, zlib.error, struct.error) as error:
        raise DataError("data.unreadable", path=str(path), fault=cause(error)) from None
    if len(content) != size:
        got = len(content) if len(content) < size else f"> {size}"
        raise DataError("data.idx_size", path=str(path), got=got, expected=size)
    return np.frombuffer(content, kind).reshape(shape).astype(kind.newbyteorder("="))


def _is_whole(file: Any, path: Path, size: int) -> bool:
    """Whether a file lies there unpacked, with ``size`` bytes to come."""
    is_packed = isinstance(file, gzip.GzipFile)
    return size > 0 and not is_packed and path.stat().st_size == file.tell() + size


def _opened(path: Path) -> Any:
    with path.open("rb") as file:
        is_packed = file.read(2) == b"\x1f\x8b"
    return gzip.open(path) if is_packed else path.open("rb")


def _is_magic(start: bytes) -> bool:
    return len(start) == 4 and start[:2] == b"\0\0" and start[2] in TYPES and 1 <= start[3] <= 8


def labels_beside(pictures: Path) -> Path:
    """The file of labels that goes with a file of pictures, by its name.

    ``t10k-images-idx3-ubyte.gz`` has ``t10k-labels-idx1-ubyte.gz``, compressed or not. Raises
    DataError if there is none.
    """
    name = pictures.name.removesuffix(".gz")
    wanted = name.replace("images", "labels").replace("idx3", "idx1")
    for candidate in (wanted, f"{wanted}.gz"):
        path = pictures.with_name(candidate)
        if candidate.removesuffix(".gz") != name and path.is_file():
            return path
    raise DataError("data.no_idx_labels", path=str(pictures), wanted=wanted)


def read_pair(pictures: Path) -> tuple[NDArray[Any], NDArray[Any]]:
    """Pictures (n, height, width, channels) and labels (n,) of a pair of files."""
    x, y = with_channels(read_idx(pictures)), read_idx(labels_beside(pictures))
    if y.ndim != 1 or len(y) != len(x):
        raise DataError("data.lengths", what="labels", got=len(y), expected=len(x))
    return x, y


def pairs_in(folder: Path) -> dict[str, Path]:
    """The files of pictures in a folder by the part they are: "train" and, if there is more than
    one file, "test"."""
    found = sorted(path for path in folder.iterdir() if "images" in path.name and is_idx(path))
    unique = {path.name.removesuffix(".gz"): path for path in found}
    files = sorted(unique.values(), key=lambda path: not path.name.startswith("train"))
    return dict(zip(("train", "test"), files, strict=False))


def with_channels(x: NDArray[Any]) -> NDArray[Any]:
    """Grey pictures (n, height, width) of bytes with the axis of their one channel."""
    return x[..., np.newaxis] if x.ndim == 3 and x.dtype == np.uint8 else x
