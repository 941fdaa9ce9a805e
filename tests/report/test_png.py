"""The pictures: which are drawn, that they are pictures, and that Hangul is Hangul.

Warnings are errors here (pyproject.toml), and matplotlib warns of each glyph that no font has.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import made_up_runs
import pytest
from matplotlib.font_manager import get_font
from PIL import Image

import jaram.report
from jaram.errors import RunError
from jaram.report import write_pngs

ASSETS = Path(jaram.report.__path__[0]) / "assets"


@pytest.mark.parametrize("lang", ["en", "ko"])
def test_each_part_becomes_a_picture(run_folder: Path, tmp_path: Path, lang: str) -> None:
    written = write_pngs(run_folder, tmp_path / "pictures", lang=lang)  # type: ignore[arg-type]
    names = {path.stem for path in written}
    common = {"loss", "metrics", "vitals", "importance", "network"}
    assert names - common in ({"residuals"}, {"confusion", "calibration"})
    for path in written:
        with Image.open(path) as picture:
            assert picture.width > 500
            assert len(picture.convert("L").resize((60, 60)).getcolors() or ()) > 3


@pytest.mark.parametrize(
    ("kind", "names"),
    [
        ("pictures", {"augmented", "pictures_seen", "filters"}),
        ("text", {"words_that_mattered"}),
        ("series", {"series_seen"}),
        ("forecast", {"forecast"}),
    ],
)
def test_single_examples_become_pictures(
    kind: str, names: set[str], multiclass_folder: Path, tmp_path: Path
) -> None:
    plain = {path.stem for path in write_pngs(multiclass_folder, tmp_path / "plain")}
    made_up_runs.make_examples(multiclass_folder, kind)
    written = write_pngs(multiclass_folder, tmp_path / "pictures", lang="ko")
    assert {path.stem for path in written} - plain == names


def test_names_that_look_like_formulas_are_set_as_they_are(multiclass_folder: Path) -> None:
    evaluation = made_up_runs.read_json(multiclass_folder / "evaluation.json")
    evaluation["importance"][0]["column"] = "$x^{$ 똠방각하"
    evaluation["valid"]["confusion"]["classes"][0] = "_$\\frac$_"
    made_up_runs.write_json(multiclass_folder / "evaluation.json", evaluation)
    assert write_pngs(multiclass_folder, multiclass_folder / "pictures")


def test_a_run_with_little_gives_few_pictures(tmp_path: Path) -> None:
    (tmp_path / "history.jsonl").write_text('{"epoch": 1, "train/loss": NaN}\n')
    assert [path.name for path in write_pngs(tmp_path, tmp_path / "p")] == ["loss.png"]


def test_a_place_that_cannot_be_written_is_an_error(multiclass_folder: Path) -> None:
    with pytest.raises(RunError, match="cannot be written"):
        write_pngs(multiclass_folder, multiclass_folder / "run.json")


def test_the_font_has_every_syllable_and_jamo_and_keeps_its_licence() -> None:
    known = get_font(str(ASSETS / "JaramHangul.ttf")).get_charmap()
    needed = [*range(0x20, 0x7F), *range(0xAC00, 0xD7A4), *range(0x3131, 0x3164)]
    assert [hex(code) for code in needed if code not in known] == []
    assert (ASSETS / "JaramHangul.ttf").stat().st_size <= 1.4 * 2**20
    assert "SIL OPEN FONT LICENSE" in (ASSETS / "JaramHangul.OFL.txt").read_text()
    assert "MIT" in (ASSETS / "uPlot.LICENSE.txt").read_text()


def test_pyplot_stays_out_of_it(multiclass_folder: Path) -> None:
    program = (
        "import sys; from pathlib import Path; import jaram.report as report;"
        "assert 'matplotlib' not in sys.modules;"
        f"report.write_pngs(Path({str(multiclass_folder)!r}), Path({str(multiclass_folder)!r}));"
        "assert 'matplotlib.pyplot' not in sys.modules and 'jax' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
