"""What libraries say of damaged files is told in the reader's language, their words beside it."""

from __future__ import annotations

import io
import os
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import jaram as jr
from jaram.data.causes import cause
from jaram.data.picture_files import BadPictureError, read_picture
from jaram.messages import set_language


@pytest.fixture(autouse=True)
def korean() -> Iterator[None]:
    set_language("ko")
    yield
    set_language(None)


def picture(kind: str) -> bytes:
    buffer = io.BytesIO()
    pixels = np.random.default_rng(0).integers(0, 255, (64, 64, 3), np.uint8)
    Image.fromarray(pixels).save(buffer, kind)
    return buffer.getvalue()


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_a_picture_that_was_cut_off(tmp_path: Path, kind: str) -> None:
    whole = picture(kind)
    (tmp_path / "cut").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(BadPictureError) as error:
        read_picture(tmp_path / "cut", 64, 64, 3, "resize")
    assert "중간에 잘림(" in error.value.reason() and "truncated" in error.value.reason()


def test_a_picture_whose_bytes_were_altered(tmp_path: Path) -> None:
    whole = bytearray(picture("PNG"))
    whole[20] ^= 255  # in its header, whose checksum is then wrong
    (tmp_path / "altered").write_bytes(whole)
    with pytest.raises(BadPictureError) as error:
        read_picture(tmp_path / "altered", 64, 64, 3, "resize")
    assert "바이트가 바뀜(" in error.value.reason() or "그림이 아님" in error.value.reason()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # NumPy's own file
def test_damaged_arrays(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    np.savez(path, x=np.zeros((50, 4)), y=np.arange(50) % 2)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(jr.DataError, match="온전한 zip 파일이 아님"):
        jr.load(path)
    altered = bytearray(whole)
    altered[400] ^= 255
    path.write_bytes(altered)
    with pytest.raises(jr.DataError, match=r"바이트가 바뀜\(Bad CRC-32"):
        jr.load(path)
    np.savez(path, x=np.array([{"a": 1}] * 9, object), y=np.arange(9))
    with pytest.raises(jr.DataError, match="열지 않는 파이썬 객체"):
        jr.load(path)


@pytest.mark.skipif(os.geteuid() == 0, reason="the superuser may read everything")
def test_a_file_that_may_not_be_read(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("a,b\n1,2\n")
    (tmp_path / "t.csv").chmod(0)
    with pytest.raises(jr.DataError, match="권한이 없음"):
        jr.load(tmp_path / "t.csv", "b")


def test_the_words_stay_and_are_one_short_line() -> None:
    told = cause(zipfile.BadZipFile("File is not a zip file\nbecause of " + "x" * 200))
    assert told == "온전한 zip 파일이 아님(File is not a zip file)"
    assert cause(ValueError("something else")) == "something else"
    assert cause(EOFError()) == "중간에 잘림(EOFError)"
    assert len(cause(ValueError("x" * 500))) <= 60
