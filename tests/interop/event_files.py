"""TensorBoard event files made by hand, from the formats' own descriptions."""

from __future__ import annotations

import struct
from collections.abc import Iterable
from pathlib import Path


def crc32c(content: bytes) -> int:
    """CRC-32C bit by bit (polynomial 0x1EDC6F41, reflected)."""
    crc = 0xFFFFFFFF
    for byte in content:
        crc ^= byte
        for _ in range(8):
            crc = (crc >> 1) ^ (0x82F63B78 * (crc & 1))
    return crc ^ 0xFFFFFFFF


def masked(content: bytes) -> bytes:
    crc = crc32c(content)
    return struct.pack("<I", (((crc >> 15) | (crc << 17)) + 0xA282EAD8) % 2**32)


def record(content: bytes) -> bytes:
    """A TFRecord."""
    size = struct.pack("<Q", len(content))
    return size + masked(size) + content + masked(content)


def varint(value: int) -> bytes:
    value %= 2**64
    found = bytearray()
    while value >= 0x80:
        found.append(value % 0x80 | 0x80)
        value //= 0x80
    return bytes([*found, value])


def field(number: int, content: bytes | int) -> bytes:
    """A field of a protocol buffer: an int as a varint, bytes with their length."""
    if isinstance(content, int):
        return varint(number << 3) + varint(content)
    return varint(number << 3 | 2) + varint(len(content)) + content


def simple(value: float) -> bytes:
    """``simple_value`` of a summary's value."""
    return varint(2 << 3 | 5) + struct.pack("<f", value)


def tensor(value: float, kind: str = "float") -> bytes:
    """``tensor`` of a summary's value: a scalar, stored in one of the ways there are."""
    metadata = field(9, field(1, field(1, b"scalars")))
    parts = {
        "float": field(1, 1) + field(2, b"") + field(5, struct.pack("<f", value)),
        "double": field(1, 2) + field(2, b"") + field(6, struct.pack("<d", value)),
        "content": field(1, 1) + field(2, b"") + field(4, struct.pack("<f", value)),
        "half": field(1, 19) + field(4, struct.pack("<e", value)),
        "int": field(1, 3) + field(7, int(value)),
        "two": field(1, 1) + field(4, struct.pack("<ff", value, value)),
        "text": field(1, 7) + field(8, b"some text"),
    }
    return metadata + field(8, parts[kind])


def event(step: int, values: Iterable[tuple[str, bytes]], time: float = 1.0) -> bytes:
    """An event with a summary; each value is a tag and its content."""
    summary = b"".join(field(1, field(1, tag.encode()) + value) for tag, value in values)
    clock = varint(1 << 3 | 1) + struct.pack("<d", time)
    return clock + (field(2, step) if step else b"") + field(5, summary)


def version() -> bytes:
    """The event that begins every file."""
    return varint(1 << 3 | 1) + struct.pack("<d", 1.0) + field(3, b"brain.Event:2")


def write(path: Path, events: Iterable[bytes]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"".join(record(one) for one in [version(), *events]))
    return path


def scalars(tag: str, values: Iterable[float], first: int = 0, every: int = 1) -> list[bytes]:
    """Events of one tag."""
    return [event(first + every * i, [(tag, simple(v))]) for i, v in enumerate(values)]
