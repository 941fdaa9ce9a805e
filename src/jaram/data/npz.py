"""``.npz`` files: arrays by name in a zip; large ones that are not compressed are mapped."""

from __future__ import annotations

import struct
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

MAPPED_BYTES = 256 << 20
"""Arrays of so many bytes are mapped and not read. Smaller ones are read, because reading compares
them with their checksum."""


def npz_arrays(path: Path) -> dict[str, NDArray[Any]]:
    """The arrays in a file, by their names in lower case. Never unpickles; raises what zipfile,
    zlib, struct and NumPy each raise for a file that is none."""
    with np.load(path, allow_pickle=False) as file, zipfile.ZipFile(path) as archive:
        return {name.lower(): _array(path, name, file, archive) for name in file.files}


def _array(path: Path, name: str, file: Mapping[str, Any], archive: zipfile.ZipFile) -> Any:
    member = f"{name}.npy"
    known = archive.NameToInfo.get(member)
    if known is None or known.compress_type or known.file_size < MAPPED_BYTES:
        return file[name]
    found = _mapped(path, known)
    return file[name] if found is None else found


def _mapped(path: Path, member: zipfile.ZipInfo) -> NDArray[Any] | None:
    """An array that lies in the zip as it is; None for one of objects or in Fortran's order.

    The member's bytes come after its own header of 30 bytes, a name and a field whose lengths are
    the header's last numbers (APPNOTE.TXT 4.3.7).
    """
    with path.open("rb") as file:
        file.seek(member.header_offset + 26)
        file.seek(sum(struct.unpack("<HH", file.read(4))), 1)
        version = np.lib.format.read_magic(file)
        read = {
            (1, 0): np.lib.format.read_array_header_1_0,
            (2, 0): np.lib.format.read_array_header_2_0,
        }.get(version)
        if read is None:
            return None
        shape, is_fortran, dtype = read(file)
        if is_fortran or dtype.hasobject:
            return None
        return np.memmap(path, dtype, "r", file.tell(), shape)
