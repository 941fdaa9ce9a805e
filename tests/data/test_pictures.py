"""Pictures from folders, tables of paths, IDX files and arrays; and pictures that are none."""

from __future__ import annotations

import gzip
import re
import struct
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from PIL import Image

from jaram import data as jd
from jaram.data.idx import read_idx
from jaram.data.new_examples import examples_for, inputs_for
from jaram.data.picture_files import BadPictureError, read_header, read_picture
from jaram.data.preparation import Preparation
from jaram.errors import DataError


@pytest.fixture(autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JARAM_CACHE", str(tmp_path_factory.mktemp("cache")))


def pixels(seed: int, height: int = 6, width: int = 5, channels: int = 3) -> np.ndarray:
    shape = (height, width, channels) if channels > 1 else (height, width)
    return np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Ten pictures of cats and of dogs, PNG, 6 × 5 in colour."""
    for kind, name in enumerate(("cat", "dog")):
        (tmp_path / "pets" / name).mkdir(parents=True)
        for i in range(10):
            Image.fromarray(pixels(10 * kind + i)).save(tmp_path / "pets" / name / f"{i}.png")
    return tmp_path / "pets"


def test_a_folder_for_each_class_is_read_bit_for_bit(folder: Path) -> None:
    data = jd.load(folder)
    assert data.x is not None and data.x.shape == (20, 6, 5, 3) and data.x.dtype == np.uint8
    assert data.task.kind == "binary" and data.task.classes == ("cat", "dog")
    assert data.row_names[:2] == ("cat/0.png", "cat/1.png") and data.y.tolist()[9:11] == [
        "cat",
        "dog",
    ]
    np.testing.assert_array_equal(data.x, np.stack([pixels(i) for i in range(20)]))


def test_channel_statistics_are_of_the_training_part(folder: Path) -> None:
    prepared = jd.prepare(jd.load(folder))
    raw = np.stack([pixels(i) for i in range(20)]).astype(np.float64)
    train = raw[prepared.train.rows].reshape(-1, 3)
    assert prepared.input_shape == (6, 5, 3) and prepared.preparation.kind == "pictures"
    np.testing.assert_allclose(prepared.preparation.center, train.mean(axis=0))
    np.testing.assert_allclose(prepared.preparation.scale, train.std(axis=0))
    assert prepared.valid is not None
    expected = (raw[prepared.valid.rows] - train.mean(axis=0)) / train.std(axis=0)
    np.testing.assert_allclose(prepared.valid.x, expected, rtol=1e-5, atol=1e-5)


def test_the_second_time_comes_from_the_cache_and_a_changed_file_does_not(folder: Path) -> None:
    first = jd.load(folder)
    cache = Path(__import__("os").environ["JARAM_CACHE"]) / "pictures"
    (kept,) = cache.glob("*.npy")
    np.testing.assert_array_equal(np.load(kept), first.x)  # an open format
    again = jd.load(folder)
    np.testing.assert_array_equal(np.asarray(first.x), np.asarray(again.x))
    before = np.array(first.x)
    kept.unlink()  # it may be mapped still
    kept.write_bytes(b"torn")
    np.testing.assert_array_equal(np.asarray(jd.load(folder).x), before)
    assert not list(cache.glob(".*"))
    Image.fromarray(pixels(99)).save(folder / "cat" / "0.png")
    changed = np.asarray(jd.load(folder).x)
    np.testing.assert_array_equal(changed[0], pixels(99))


def test_parts_in_folders_are_taken_as_such(folder: Path, tmp_path: Path) -> None:
    whole = tmp_path / "divided"
    whole.mkdir()
    folder.rename(whole / "train")
    (whole / "test" / "dog").mkdir(parents=True)
    Image.fromarray(pixels(77)).save(whole / "test" / "dog" / "x.png")
    data = jd.load(whole)
    assert data.n == 20 and data.test is not None and data.test.y.tolist() == ["dog"]
    np.testing.assert_array_equal(np.asarray(data.test.x)[0], pixels(77))


def table_of_paths(folder: Path, paths: list[str], name: str = "labels.csv") -> Path:
    labels = ["yes" if i % 2 else "no" for i in range(len(paths))]
    file = folder / name
    pl.DataFrame({"file": paths, "seen": labels}).write_csv(file)
    return file


def test_a_table_of_paths(folder: Path) -> None:
    paths = sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*.png"))
    data = jd.load(table_of_paths(folder, paths), "seen")
    assert data.y.tolist()[:2] == ["no", "yes"] and data.row_names == tuple(paths)
    np.testing.assert_array_equal(np.asarray(data.x)[3], pixels(3))


@pytest.mark.parametrize("path", ["../out.png", "/etc/out.png", "cat/../../out.png", "a\0.png"])
def test_a_table_of_paths_does_not_lead_out_of_its_folder(folder: Path, path: str) -> None:
    Image.fromarray(pixels(1)).save(folder.parent / "out.png")
    file = table_of_paths(folder, ["cat/0.png", "cat/1.png", "dog/0.png"])
    text = file.read_text(encoding="utf-8").replace("cat/1.png", path)
    file.write_text(text, encoding="utf-8")
    with pytest.raises(DataError, match=r"Line 3 of the table.*leads out|binary|not a text"):
        jd.load(file, "seen")


@pytest.mark.parametrize("path", ["../../etc/passwd", "/etc/passwd", "..", "~/../.."])
def test_one_path_without_a_suffix_does_not_make_the_others_a_category(
    folder: Path, path: str
) -> None:
    """The table was not seen as pictures any more: "nothing to learn from"."""
    paths = sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*.png"))
    file = table_of_paths(folder, [*paths, path])
    said = rf"Line {len(paths) + 2} of the table: '{re.escape(path)}' leads out"
    with pytest.raises(DataError, match=said):
        jd.load(file, "seen")


def test_a_link_out_of_the_folder_is_refused_too(folder: Path) -> None:
    Image.fromarray(pixels(1)).save(folder.parent / "out.png")
    (folder / "link.png").symlink_to(folder.parent / "out.png")
    with pytest.raises(DataError, match=r"Line 4 of the table.*'link.png'"):
        jd.load(table_of_paths(folder, ["cat/0.png", "dog/0.png", "link.png"]), "seen")


def test_bad_pictures_are_named_and_counted_and_can_be_skipped(folder: Path) -> None:
    whole = (folder / "cat" / "3.png").read_bytes()
    (folder / "cat" / "3.png").write_bytes(whole[: len(whole) // 2])
    (folder / "dog" / "4.png").write_bytes(b"")
    (folder / "dog" / "5.png").write_text("no picture")
    with pytest.raises(DataError, match=r"2 of 20 pictures .*4\.png \(empty\).*5\.png \(not a"):
        jd.load(folder)  # headers are read first, and the half picture has a whole one
    data = jd.load(folder, skip_bad=True)
    assert data.n == 17 and "cat/3.png" not in data.row_names
    told = " ".join(notice.message("en") for notice in data.notices)
    assert "2 of 20 pictures" in told and "1 of 18 pictures" in told and "3.png (damaged" in told
    np.testing.assert_array_equal(np.asarray(data.x)[3], pixels(4))
    for notice in data.notices:
        assert notice.message("ko")


def test_pictures_of_many_kinds_become_alike(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    gray = pixels(1, 8, 8, 1)
    Image.fromarray(gray).save(tmp_path / "a" / "gray.png")
    Image.fromarray(gray.astype(np.uint16) * 256 + 7).save(tmp_path / "a" / "deep.png")
    Image.fromarray(gray, "L").convert("1").save(tmp_path / "a" / "bits.png")
    frames = [Image.fromarray(pixels(i, 8, 8)) for i in (2, 3)]
    frames[0].save(tmp_path / "b" / "moves.gif", save_all=True, append_images=frames[1:])
    Image.fromarray(pixels(4, 8, 8, 4)).save(tmp_path / "b" / "clear.png")
    Image.fromarray(pixels(5, 8, 8)).save(tmp_path / "b" / "web.webp")
    Image.fromarray(pixels(6, 8, 8)).convert("CMYK").save(tmp_path / "b" / "ink.jpg")
    data = jd.load(tmp_path)
    told = " ".join(notice.message("en") for notice in data.notices)
    assert data.x is not None and data.x.shape == (7, 8, 8, 3)
    assert "3 of 7 pictures are gray" in told and "1 picture is animated" in told
    assert "16 bits" in told
    by_name = dict(zip(data.row_names, data.x, strict=True))
    np.testing.assert_array_equal(by_name["a/gray.png"], gray[..., None].repeat(3, axis=2))
    np.testing.assert_array_equal(by_name["a/deep.png"], gray[..., None].repeat(3, axis=2))
    seen = pixels(4, 8, 8, 4).astype(float)
    share = seen[..., 3:] / 255
    np.testing.assert_allclose(
        by_name["b/clear.png"], seen[..., :3] * share + 255 * (1 - share), atol=1.5
    )
    gray_all = jd.load(tmp_path, color="gray")
    assert gray_all.x is not None and gray_all.x.shape == (7, 8, 8, 1)


def test_sizes_are_made_equal(tmp_path: Path) -> None:
    bright = np.full((4, 8), 200, np.uint8)
    bright[:, :2] = bright[:, 6:] = 0
    Image.fromarray(bright).save(tmp_path / "wide.png")
    crop = read_picture(tmp_path / "wide.png", 4, 4, 1, "crop")
    assert (crop == 200).all()  # the middle is whole, both sides are cut
    pad = read_picture(tmp_path / "wide.png", 8, 8, 1, "pad")[..., 0]
    assert (pad[:2] == 0).all() and (pad[6:] == 0).all() and (pad[2:6, 2:6] == 200).all()
    stretched = read_picture(tmp_path / "wide.png", 4, 4, 1, "resize")[..., 0]
    assert stretched.shape == (4, 4) and stretched[0, 0] < 100 < stretched[0, 2]


def test_a_picture_taken_sideways_is_turned(tmp_path: Path) -> None:
    image = Image.fromarray(pixels(3, 4, 8))
    exif = Image.Exif()
    exif[0x0112] = 6
    image.save(tmp_path / "turned.png", exif=exif)
    header = read_header(tmp_path / "turned.png")
    assert (header.height, header.width) == (8, 4)
    turned = read_picture(tmp_path / "turned.png", 8, 4, 3, "resize")
    np.testing.assert_array_equal(turned, np.rot90(pixels(3, 4, 8), -1))


def test_huge_and_deep_pictures_are_bad(tmp_path: Path) -> None:
    Image.new("1", (10_000, 10_000)).save(tmp_path / "huge.png")
    with pytest.raises(BadPictureError, match="huge"):
        read_header(tmp_path / "huge.png")
    Image.fromarray(np.zeros((3, 3), np.float32)).save(tmp_path / "deep.tiff")
    with pytest.raises(BadPictureError, match="depth"):
        read_header(tmp_path / "deep.tiff")


def test_a_new_picture_of_another_size_is_read_as_those_of_training(folder: Path) -> None:
    prepared = jd.prepare(jd.load(folder))
    told = Preparation.from_json(prepared.preparation.to_json())
    assert told == prepared.preparation
    Image.fromarray(pixels(5, 60, 50)).save(folder.parent / "large.png")
    Image.fromarray(pixels(5, 6, 5, 1)).save(folder.parent / "gray.png")
    for name in ("large.png", "gray.png"):
        found = inputs_for(told, folder.parent / name)
        assert found.names == (name,) and told.transform(found).shape == (1, 6, 5, 3)
    all_of_it = inputs_for(told, folder)
    np.testing.assert_array_equal(told.transform(all_of_it)[prepared.train.rows], prepared.train.x)
    measured = examples_for(told, folder)
    np.testing.assert_array_equal(measured.y[::10], ["cat", "dog"])
    with pytest.raises(DataError, match="shape"):
        told.transform(np.zeros((2, 7, 7, 3), np.uint8))
    (folder.parent / "half.png").write_bytes((folder.parent / "large.png").read_bytes()[:200])
    with pytest.raises(DataError, match=r"half\.png"):
        inputs_for(told, folder.parent / "half.png")


@pytest.mark.parametrize(
    ("wish", "match"),
    [
        ({"size": 0}, "size"),
        ({"size": (3,)}, "size"),
        ({"fit": "melt"}, "fit"),
        ({"color": "x"}, "color"),
    ],
)
def test_wrong_wishes(folder: Path, wish: dict[str, Any], match: str) -> None:
    with pytest.raises(DataError, match=match):
        jd.load(folder, **wish)


def test_folders_that_cannot_be_learned_from(folder: Path, tmp_path: Path) -> None:
    (folder / "bird").mkdir()
    with pytest.raises(DataError, match="bird"):
        jd.load(folder)
    assert jd.load(folder, skip_bad=True).task.classes == ("cat", "dog")
    (folder / "bird").rmdir()
    (folder / "dog").rename(tmp_path / "dog")
    with pytest.raises(DataError, match="cat"):
        jd.load(folder)  # one class
    with pytest.raises(DataError, match="10 pictures but no folder"):
        jd.load(tmp_path / "dog")
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match="no pictures"):
        jd.load(tmp_path / "empty")


def write_idx(path: Path, array: np.ndarray, *, cut: int = 0) -> None:
    kinds = {"u1": 8, "i1": 9, "i2": 11, "i4": 12, "f4": 13, "f8": 14}
    head = struct.pack(
        f">BBBB{array.ndim}I", 0, 0, kinds[array.dtype.str[1:]], array.ndim, *array.shape
    )
    content = head + array.astype(array.dtype.newbyteorder(">")).tobytes()
    content = content[: len(content) - cut]
    path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)


@pytest.mark.parametrize("kind", ["u1", "i1", "i2", "i4", "f4", "f8"])
@pytest.mark.parametrize("suffix", ["", ".gz"])
def test_idx_files_of_every_type(tmp_path: Path, kind: str, suffix: str) -> None:
    array = (np.random.default_rng(0).normal(size=(3, 4, 5)) * 50).astype(kind)
    path = tmp_path / f"numbers{suffix}"
    write_idx(path, array)
    found = read_idx(path)
    assert found.dtype == array.dtype
    np.testing.assert_array_equal(found, array)
    for cut in (1, 30):
        write_idx(path, array, cut=cut)
        with pytest.raises(DataError, match="bytes"):
            read_idx(path)


def test_idx_pairs(tmp_path: Path) -> None:
    x = np.random.default_rng(0).integers(0, 256, (12, 5, 4), dtype=np.uint8)
    y = (np.arange(12) % 3).astype(np.uint8)
    images = tmp_path / "train-images-idx3-ubyte.gz"
    write_idx(images, x)
    with pytest.raises(DataError, match="train-labels-idx1-ubyte"):
        jd.load(images)
    write_idx(tmp_path / "train-labels-idx1-ubyte", y)
    for source in (images, tmp_path):
        data = jd.load(source, task="classification")
        assert data.x is not None and data.x.shape == (12, 5, 4, 1) and data.test is None
    write_idx(tmp_path / "t10k-images-idx3-ubyte", x[:2])
    write_idx(tmp_path / "t10k-labels-idx1-ubyte.gz", y[:2])
    data = jd.load(tmp_path, task="classification")
    assert data.test is not None and len(data.test) == 2
    write_idx(tmp_path / "train-labels-idx1-ubyte", y[:5])
    with pytest.raises(DataError, match="5"):
        jd.load(images)


def test_arrays_of_pictures(tmp_path: Path) -> None:
    x = np.random.default_rng(0).integers(0, 256, (20, 5, 4, 3), dtype=np.uint8)
    y = np.arange(20) % 2
    np.savez(tmp_path / "set.npz", x=x, y=y)
    data = jd.load(tmp_path / "set.npz")
    assert data.feature_names == ("red", "green", "blue")
    prepared, plain = jd.prepare(data), jd.prepare(jd.Data(x, y))
    np.testing.assert_array_equal(prepared.train.x, plain.train.x)
    np.savez(tmp_path / "gray.npz", x=x[..., 0], y=y)
    assert jd.prepare(jd.load(tmp_path / "gray.npz")).input_shape == (5, 4, 1)


def test_digits_as_pictures_are_the_digits() -> None:
    pictures, flat = jd.load("digits_pictures"), jd.load("digits")
    assert pictures.x is not None and flat.x is not None and pictures.x.shape == (1797, 8, 8, 1)
    np.testing.assert_allclose(pictures.x.reshape(1797, 64) / 255 * 16, flat.x, atol=0.04)


MNIST = Path(__file__).resolve().parents[3] / "shared" / "data" / "mnist10k"


@pytest.mark.skipif(not MNIST.is_dir(), reason="needs MNIST's files")
def test_mnist() -> None:
    data = jd.load(MNIST)
    assert data.x is not None and data.x.shape == (10_000, 28, 28, 1)
    assert np.bincount(data.y).tolist()[:3] == [980, 1135, 1032]  # as published


def test_names_of_pictures_that_are_not_there_are_a_column_like_another(folder: Path) -> None:
    rng = np.random.default_rng(0)
    frame = pl.DataFrame(
        {
            "photo": [f"http://somewhere/{i}.png" for i in range(30)],
            "size": rng.normal(size=30),
            "y": [i % 2 for i in range(30)],
        }
    )
    frame.write_csv(folder / "table.csv")
    assert jd.prepare(jd.load(folder / "table.csv", "y")).feature_names == ("size",)
    there = frame.with_columns(photo=pl.Series([f"cat/{i % 10}.png" for i in range(30)]))
    there.write_csv(folder / "table.csv")
    pictures = jd.load(folder / "table.csv", "y")
    assert pictures.x is not None and pictures.x.shape == (30, 6, 5, 3)
    assert any("size" in notice.message("en") for notice in pictures.notices)
    plain = jd.load(folder / "table.csv", "y", kinds={"photo": "identifier"})
    assert jd.prepare(plain).feature_names == ("size",)
