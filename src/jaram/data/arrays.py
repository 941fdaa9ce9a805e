"""Files of arrays, ``.npz`` and IDX, as data."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from jaram.data.causes import cause
from jaram.data.data import Data
from jaram.data.files import check_file
from jaram.data.idx import is_idx, pairs_in, read_pair, with_channels
from jaram.data.notices import listed
from jaram.data.npz import npz_arrays
from jaram.data.table import Source
from jaram.errors import DataError


def arrays_in(source: Any) -> tuple[NDArray[Any], NDArray[Any]] | None:
    """The arrays ``x`` and ``y`` of an ``.npz`` file or a pair of IDX files; None for other
    sources. Never unpickles."""
    if not isinstance(source, str | Path):
        return None
    path = Path(source).expanduser()
    if is_idx(path):
        return read_pair(path)
    if path.suffix.lower() != ".npz":
        return None
    check_file(path)
    try:
        arrays = npz_arrays(path)
    except Exception as error:  # zipfile, zlib, struct and NumPy each raise their own
        raise DataError("data.unreadable", path=str(path), fault=cause(error)) from None
    x, y = (next((arrays[k] for k in keys if k in arrays), None) for keys in _ARRAY_NAMES)
    if x is None or y is None:
        raise DataError("data.npz_names", path=str(path), known=listed(arrays))
    return with_channels(x), y


_ARRAY_NAMES = (("x", "x_train", "data"), ("y", "y_train", "target", "labels"))


def array_data(
    arrays: tuple[NDArray[Any], NDArray[Any]],
    source: Path,
    *,
    task: str | None,
    valid: Any,
    test: Any,
) -> Data:
    """The data of arrays ``x`` and ``y``, whose parts are arrays or files of such."""
    x, y = arrays
    parts = {name: _part(part) for name, part in (("valid", valid), ("test", test))}
    names = {1: ("gray",), 3: ("red", "green", "blue")}
    is_picture = x.ndim == 4 and x.dtype == np.uint8
    return Data(
        x,
        y,
        task=task,
        name=source.stem,
        feature_names=names.get(x.shape[-1]) if is_picture else None,
        source=Source("arrays", str(source)),
        **parts,
    )


def folder_of_arrays(folder: Path, *, task: str | None, valid: Any, test: Any) -> Data | None:
    """The data of the IDX files in a folder, one of which may be the test part; None if there are
    none."""
    pairs = pairs_in(folder)
    if not pairs:
        return None
    arrays = read_pair(pairs["train"])
    if test is None:
        test = pairs.get("test")
    return array_data(arrays, folder, task=task, valid=valid, test=test)


def _part(part: Any) -> Any:
    """A part of data made of arrays: given as such, or as a file of them."""
    arrays = arrays_in(part)
    return part if arrays is None else arrays
