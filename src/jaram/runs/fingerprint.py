"""The fingerprint of prepared data: by which a resumed training knows its own examples."""

from __future__ import annotations

import hashlib

import numpy as np

from jaram.data.prepare import Prepared

FINGERPRINT_ROWS = 50_000
ROWS_AT_A_TIME = 500


def fingerprint_of(prepared: Prepared) -> str:
    """A hash of the training and validation parts (of evenly spread rows, if large),
    hexadecimal."""
    hashed = hashlib.blake2b(digest_size=16)
    for part in (prepared.train, prepared.valid):
        if part is None:
            continue
        stride = max(1, len(part.x) // FINGERPRINT_ROWS)
        for array in (part.x, part.y, part.weight):
            if array is not None:
                hashed.update(repr(array.shape).encode())
                for start in range(0, len(array), stride * ROWS_AT_A_TIME):
                    some = array[start : start + stride * ROWS_AT_A_TIME : stride]
                    hashed.update(np.ascontiguousarray(some).tobytes())
    return hashed.hexdigest()
