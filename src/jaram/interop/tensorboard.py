"""TensorBoard event files, read without TensorBoard.

A file is a sequence of TFRecords: length (uint64), masked CRC-32C of these eight bytes, content,
masked CRC-32C of the content, all little-endian. The content is a protocol buffer, of which only
these fields are read:

=========== ====================================================================================
Event       wall_time 1 (double), step 2 (int64), summary 5
Summary     value 1 (repeated)
Value       tag 1, simple_value 2 (float), tensor 8
TensorProto dtype 1, tensor_content 4, float_val 5, double_val 6, int_val 7, int64_val 10
=========== ====================================================================================

Sources: TensorFlow's ``record_writer.h``, ``event.proto``, ``summary.proto`` and ``tensor.proto``;
the wire format of protocol buffers.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple

import numpy as np

from jaram.errors import DataError

FILE_MARK = "tfevents"
"""What the name of every event file holds."""
MOST_CONTENT = 1 << 24
"""Bytes of a record beyond which it holds pictures or a graph and is passed over."""

_DTYPES = {1: "<f4", 2: "<f8", 3: "<i4", 9: "<i8", 19: "<f2"}
"""Numbers of TensorFlow's ``DataType`` for those NumPy has too."""
_PACKED = {5: "<f4", 6: "<f8"}
_VARINTS = (7, 10)


class Scalar(NamedTuple):
    """One number that was logged."""

    tag: str
    step: int
    value: float


def _crc_table() -> tuple[int, ...]:
    table = []
    for byte in range(256):
        crc = byte
        for _ in range(8):
            crc = (crc >> 1) ^ (0x82F63B78 if crc & 1 else 0)
        table.append(crc)
    return tuple(table)


_CRC_TABLE = _crc_table()


def masked_crc(content: bytes) -> int:
    """CRC-32C of ``content``, rotated and shifted as TFRecords store it."""
    crc = 0xFFFFFFFF
    for byte in content:
        crc = (crc >> 8) ^ _CRC_TABLE[(crc ^ byte) & 0xFF]
    crc ^= 0xFFFFFFFF
    return (((crc >> 15) | (crc << 17)) + 0xA282EAD8) & 0xFFFFFFFF


def is_event_file(content: bytes) -> bool:
    """Whether these bytes, the beginning of a file, begin a TFRecord."""
    return len(content) >= 12 and masked_crc(content[:8]) == int.from_bytes(content[8:12], "little")


def read_scalars(path: Path) -> Iterator[Scalar]:
    """The numbers of an event file, in the order in which they were written.

    A last record that is not there whole ends the file: its writer is still at work or was killed.

    Raises DataError, naming the place, where a record is damaged.
    """
    with path.open("rb") as file:
        while True:
            start = file.tell()
            content = _record(file, path)
            if content is None:
                return
            try:
                found = list(_scalars(content))
            except (IndexError, ValueError, struct.error):
                raise DataError("interop.events_damaged", path=str(path), byte=start) from None
            yield from found


def _record(file: BinaryIO, path: Path) -> bytes | None:
    """The content of the next record, empty for one that is passed over; None at the end."""
    start = file.tell()
    head = file.read(12)
    if len(head) < 12:
        return None
    size = int.from_bytes(head[:8], "little")
    if not is_event_file(head):
        raise DataError("interop.events_damaged", path=str(path), byte=start)
    if size > MOST_CONTENT:
        file.seek(size + 4, 1)
        return b""
    content = file.read(size + 4)
    if len(content) < size + 4:
        return None
    content, crc = content[:size], int.from_bytes(content[size:], "little")
    # Only scalars are read, and they are small: checking pictures and graphs would take seconds.
    if size < 4096 and masked_crc(content) != crc:
        raise DataError("interop.events_damaged", path=str(path), byte=start)
    return content


def _scalars(event: bytes) -> Iterator[Scalar]:
    step, summaries = 0, []
    for field, value in _fields(event):
        if field == 2 and isinstance(value, int):
            step = value - (1 << 64) if value >> 63 else value
        elif field == 5 and isinstance(value, bytes):
            summaries.append(value)
    for summary in summaries:
        for field, content in _fields(summary):
            if field != 1 or not isinstance(content, bytes):
                continue
            tag, number = "", None
            for inner, part in _fields(content):
                if not isinstance(part, bytes):
                    continue
                if inner == 1:
                    tag = part.decode("utf-8", "replace")
                elif inner == 2:
                    number = struct.unpack("<f", part)[0]
                elif inner == 8:
                    number = _tensor(part)
            if number is not None:
                yield Scalar(tag, step, float(number))


def _tensor(content: bytes) -> float | None:
    """The number in a tensor that holds one; None for any other tensor."""
    dtype, numbers = 0, np.empty(0)
    for field, value in _fields(content):
        if field == 1 and isinstance(value, int):
            dtype = value
        elif field == 4 and isinstance(value, bytes) and dtype in _DTYPES:
            if len(value) != np.dtype(_DTYPES[dtype]).itemsize:
                return None
            numbers = np.frombuffer(value, _DTYPES[dtype])
        elif field in _PACKED and isinstance(value, bytes):
            numbers = np.frombuffer(value, _PACKED[field])
        elif field in _VARINTS:
            packed = value if isinstance(value, bytes) else _as_varint(value)
            numbers = np.array(list(_varints(packed)), np.float64)
    return float(numbers[0]) if len(numbers) == 1 else None


def _fields(message: bytes) -> Iterator[tuple[int, int | bytes]]:
    """Number and content of each field: an int for a varint, else its bytes."""
    place, end = 0, len(message)
    while place < end:
        key, place = _varint(message, place)
        field, kind = key >> 3, key & 7
        if kind == 0:
            number, place = _varint(message, place)
            yield field, number
            continue
        if kind == 2:
            size, place = _varint(message, place)
        elif kind in (1, 5):
            size = 8 if kind == 1 else 4
        else:
            raise ValueError("groups are not used")
        if place + size > end:
            raise ValueError("a field goes beyond the end")
        yield field, message[place : place + size]
        place += size


def _varint(message: bytes, place: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = message[place]
        value |= (byte & 0x7F) << shift
        place += 1
        if byte < 0x80:
            return value, place
        shift += 7


def _varints(content: bytes) -> Iterator[int]:
    place = 0
    while place < len(content):
        value, place = _varint(content, place)
        yield value - (1 << 64) if value >> 63 else value


def _as_varint(value: int | bytes) -> bytes:
    if isinstance(value, bytes):
        return value
    found = bytearray()
    while value >= 0x80:
        found.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*found, value])
