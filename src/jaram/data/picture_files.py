"""One picture file: what its header says, and its pixels in the size that is wanted.

Pillow is imported when the first picture is met. What a file may be:

- PNG, JPEG, WebP, BMP, GIF or TIFF; anything else is *bad*, as is a file that is cut off;
- of an animated file the first frame is taken; of 16 bits a channel the upper eight;
- what is transparent is laid on white; a picture that says how the camera was held is turned;
- more than :data:`MOST_PIXELS` are *bad*: they would cost more memory than their size tells.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from jaram.data.causes import cause
from jaram.messages import text

if TYPE_CHECKING:
    from PIL.Image import Image

FitKind = Literal["resize", "crop", "pad"]
FIT_KINDS: tuple[FitKind, ...] = get_args(FitKind)
SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".webp", ".bmp", ".gif", ".tif", ".tiff"})
FORMATS = ("PNG", "JPEG", "WEBP", "BMP", "GIF", "TIFF")
MOST_PIXELS = 64_000_000
"""Pixels of a file at most: 192 MB when its colours are decoded."""
_GRAY_MODES = frozenset({"1", "L", "LA", "La", "I;16", "I;16B", "I;16L", "I;16N"})


class BadPictureError(Exception):
    """A file that is no usable picture; ``key`` names the reason in ``messages/data.toml``."""

    def __init__(self, key: str, **values: Any) -> None:
        super().__init__(key)
        self.key, self.values = key, values

    def reason(self) -> str:
        """The reason in the current language."""
        return text(self.key, **self.values)


@dataclass(frozen=True)
class Header:
    """What a picture's first bytes tell: its size in pixels as it is to be seen, whether it is made
    of shades of gray, of how many frames, and of 16 bits."""

    height: int
    width: int
    is_gray: bool
    frames: int
    is_deep: bool


def is_picture_name(path: str | Path) -> bool:
    """Whether a file is called like a picture."""
    return Path(path).suffix.lower() in SUFFIXES


def read_header(path: Path) -> Header:
    """The header of a picture, without decoding it. Raises BadPictureError."""
    with _opened(path) as image, _damage_told():
        width, height = image.size
        # Asked of a PNG without one, Pillow decodes it whole to look behind the pixels.
        has_exif = "exif" in image.info or image.format == "TIFF"
        if has_exif and image.getexif().get(_ORIENTATION, 1) >= _SIDEWAYS:
            width, height = height, width
        frames = int(getattr(image, "n_frames", 1)) if image.format != "MPO" else 1
        is_deep = image.mode.startswith("I;16")
        header = Header(height, width, image.mode in _GRAY_MODES, frames, is_deep)
    return header  # noqa: RET504 - mypy can't know that the context manager swallows nothing


_ORIENTATION, _SIDEWAYS = 0x0112, 5  # an EXIF tag, and its first value that swaps the sides


def read_picture(
    path: Path, height: int, width: int, channels: int, fit: FitKind
) -> NDArray[np.uint8]:
    """The pixels (height, width, channels) of a picture, 1 channel of gray or 3 of colour.

    ``fit``: "resize" stretches it to the size, "crop" covers the size and cuts what hangs over
    evenly, "pad" goes inside the size and leaves black at the sides. Raises BadPictureError.
    """
    from PIL import ImageOps

    with _opened(path) as image, _damage_told():
        # A JPEG is decoded at a half, a quarter or an eighth if that is still large enough.
        image.draft(None, (2 * width, 2 * height))
        plain = ImageOps.exif_transpose(_flat(image, channels))
        pixels = _fitted(plain, height, width, channels, fit)
    return pixels  # noqa: RET504 - as above


def fit_picture(
    pixels: NDArray[np.uint8], height: int, width: int, channels: int, fit: FitKind
) -> NDArray[np.uint8]:
    """Pixels (height, width, channels) of a picture (height', width', 1 or 3)."""
    from PIL import Image

    plain = Image.fromarray(pixels[..., 0] if pixels.shape[2] == 1 else pixels)
    return _fitted(_flat(plain, channels), height, width, channels, fit)


@contextmanager
def _damage_told() -> Iterator[None]:
    """Whatever the codecs raise (each its own), as BadPictureError."""
    try:
        yield
    except Exception as error:
        raise BadPictureError("data.picture_truncated", fault=cause(error)) from None


def _opened(path: Path) -> Image:
    from PIL import Image, UnidentifiedImageError

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a decompression bomb is refused below, by its size
            image = Image.open(path, formats=FORMATS)
    except FileNotFoundError:
        raise BadPictureError("data.picture_absent") from None
    except UnidentifiedImageError:
        empty = path.is_file() and not path.stat().st_size
        raise BadPictureError("data.picture_empty" if empty else "data.picture_unknown") from None
    except Image.DecompressionBombError:
        raise BadPictureError("data.picture_huge", most=MOST_PIXELS // 10**6) from None
    except Exception as error:  # the parsers of headers raise whatever their format makes them
        raise BadPictureError("data.picture_truncated", fault=cause(error)) from None
    width, height = image.size
    if width * height > MOST_PIXELS:
        image.close()
        raise BadPictureError("data.picture_huge", most=MOST_PIXELS // 10**6)
    if image.mode in ("I", "F"):
        image.close()
        raise BadPictureError("data.picture_depth", mode=image.mode)
    return image


def _flat(image: Image, channels: int) -> Image:
    """The picture in gray or colour of 8 bits, what is transparent laid on white."""
    from PIL import Image as Pillow

    if image.mode.startswith("I;16"):
        upper = (np.asarray(image).astype(np.uint16) >> 8).astype(np.uint8)
        image = Pillow.fromarray(upper)
    elif image.mode in ("LA", "La", "RGBA", "RGBa", "PA") or "transparency" in image.info:
        seen = image.convert("RGBA")
        ground = Pillow.new("RGBA", seen.size, (255, 255, 255, 255))
        image = Pillow.alpha_composite(ground, seen)
    return image.convert("L" if channels == 1 else "RGB")


def _fitted(
    image: Image, height: int, width: int, channels: int, fit: FitKind
) -> NDArray[np.uint8]:
    from PIL import ImageOps
    from PIL.Image import Resampling

    size = (width, height)
    if image.size != size:
        if fit == "crop":
            image = ImageOps.fit(image, size, Resampling.BILINEAR)
        elif fit == "pad":
            image = ImageOps.pad(image, size, Resampling.BILINEAR)
        else:
            image = image.resize(size, Resampling.BILINEAR)
    return np.asarray(image, np.uint8).reshape(height, width, channels)
