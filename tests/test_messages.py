"""The catalogue: both languages say the same, every key in the code exists, none is left over."""

from __future__ import annotations

import ast
import re
import string
from pathlib import Path

import pytest

import jaram
from jaram.messages import _WORDS as WORDS
from jaram.messages import LANGUAGES, entry, language, rooms, set_language, text
from jaram.messages import _catalogue as catalogue
from jaram.messages.particles import with_particles

SOURCE = Path(jaram.__file__).parent
ROOMS = rooms()
KEY = re.compile(rf"(?:{'|'.join(ROOMS)})\.[a-z0-9_]+")
KEYS = [(room, name) for room in ROOMS for name in catalogue(room)]


class Uses(ast.NodeVisitor):
    """The keys that a module uses.

    ``spelled``: written out. A string counts as a key if it is a room's name, a dot and a name.
    ``composed``: a pattern for each f-string, since ``f"cli.part_{part}"`` uses what begins with
    ``cli.part_``. ``calls``: keys that are filled in the same place, with the names of the values.
    """

    def __init__(self) -> None:
        self.spelled: set[str] = set()
        self.composed: list[re.Pattern[str]] = []
        self.calls: list[tuple[str, set[str]]] = []

    def visit_Constant(self, node: ast.Constant) -> None:
        if isinstance(node.value, str) and KEY.fullmatch(node.value):
            self.spelled.add(node.value)

    def visit_JoinedStr(self, node: ast.JoinedStr) -> None:
        pattern = "".join(
            re.escape(str(part.value)) if isinstance(part, ast.Constant) else "[a-z0-9_.]+"
            for part in node.values
        )
        if re.match(rf"(?:{'|'.join(ROOMS)})\\\.", pattern):
            self.composed.append(re.compile(pattern))
        for part in node.values:
            if isinstance(part, ast.FormattedValue):
                self.visit(part)

    def visit_Call(self, node: ast.Call) -> None:
        name = node.func.id if isinstance(node.func, ast.Name) else ""
        first = node.args[0] if node.args else None
        if (name == "text" or name.endswith("Error")) and isinstance(first, ast.Constant):
            given = [keyword.arg for keyword in node.keywords]
            if name != "text" and isinstance(first.value, str) and "." in first.value:
                self.spelled.add(first.value)  # even of a room that has no catalogue
            if isinstance(first.value, str) and None not in given:
                self.calls.append((first.value, {str(argument) for argument in given}))
        self.generic_visit(node)


def uses() -> Uses:
    """The keys that the whole package uses."""
    visitor = Uses()
    for path in SOURCE.rglob("*.py"):
        visitor.visit(ast.parse(path.read_text(encoding="utf-8")))
    return visitor


USES = uses()
PAGES = ("report", "study", "scale")
"""Rooms whose texts the scripts of pages ask for."""
SCRIPTS = [
    path.read_text(encoding="utf-8")
    for path in (SOURCE / "report").rglob("*")
    if path.suffix in (".js", ".html") and path.stat().st_size < 200_000
]


@pytest.mark.parametrize(("room", "name"), KEYS, ids=[f"{room}.{name}" for room, name in KEYS])
def test_both_languages_have_the_same_placeholders(room: str, name: str) -> None:
    texts = entry(room, name)
    assert set(texts) == set(LANGUAGES)
    korean = {name.removesuffix("_ko") for name in placeholders(texts["ko"])}
    assert placeholders(texts["en"]) == korean, texts


def placeholders(template: str) -> set[str]:
    """Names in braces; ``{family_ko}`` is the Korean word for the thing that ``{family}`` is."""
    return {field for _, field, _, _ in string.Formatter().parse(template) if field is not None}


@pytest.mark.parametrize(("room", "name"), KEYS, ids=[f"{room}.{name}" for room, name in KEYS])
def test_the_korean_text_is_korean(room: str, name: str) -> None:
    texts = entry(room, name)
    letters = "".join(literal for literal, *_ in string.Formatter().parse(texts["en"]))
    if len(re.findall(r"[a-z]{3,}", letters)) >= 4:
        assert re.search("[가-힣]", texts["ko"]), texts["ko"]


def test_every_key_in_the_code_exists() -> None:
    file_names = {"html", "json", "toml", "jsonl", "py"}  # "report.html" only looks like a key
    keys = {
        key
        for key in USES.spelled
        if re.fullmatch(r"[a-z]+\.[a-z0-9_]+", key) and key.rpartition(".")[2] not in file_names
    }
    assert keys - {f"{room}.{name}" for room, name in KEYS} == set()


def test_every_composed_key_can_exist() -> None:
    known = [f"{room}.{name}" for room, name in KEYS]
    lost = [
        pattern.pattern
        for pattern in USES.composed
        if not any(pattern.fullmatch(key) for key in known)
    ]
    assert lost == []


def test_every_text_is_given_what_it_names() -> None:
    lacking = {}
    for key, given in USES.calls:
        room, _, name = key.partition(".")
        if room in ROOMS and name in catalogue(room):
            texts = entry(room, name)
            needed = placeholders(texts["en"]) | placeholders(texts["ko"])
            if not needed <= given:
                lacking[key] = needed - given
    assert lacking == {}


def test_every_text_is_used() -> None:
    unused = [
        f"{room}.{name}"
        for room, name in KEYS
        if f"{room}.{name}" not in USES.spelled
        and not any(pattern.fullmatch(f"{room}.{name}") for pattern in USES.composed)
        and not (room in PAGES and is_in_the_page(name))
        and not any(room == of and name.startswith(prefix) for of, prefix in WORDS.values())
    ]
    assert unused == []


def is_in_the_page(name: str) -> bool:
    """Whether the scripts of the report name this text, or a beginning that they complete."""
    beginnings = [name[:index] for index, letter in enumerate(name) if letter == "_"]
    return any(
        re.search(rf"\b{name}\b", script)
        or any(f"{word}_$" in script or f'label("{word}"' in script for word in beginnings)
        for script in SCRIPTS
    )


def test_a_count_has_its_noun() -> None:
    key = "findings.too_few_epochs_what"
    assert text(key, lang="en", epochs=1).startswith("After 1 epoch the loss")
    assert text(key, lang="en", epochs=2).startswith("After 2 epochs the loss")
    assert text(key, lang="ko", epochs=1).startswith("1에폭이")


COUNTED = "steps|windows|cells|rows|pictures|texts|epochs|seeds|examples|columns|channels|units"
PLURAL = re.compile(rf"(?<!of )(?<!all )(?<!than )(?<!from )(?<!first )\{{\w+\}} (?:{COUNTED})\b")
ALWAYS_MANY = {"data.target_number", "preflight.not_every_step", "rate.told_cut"}
"""Texts whose count can't be one; in whole rooms of findings none can."""


@pytest.mark.parametrize(("room", "name"), KEYS, ids=[f"{room}.{name}" for room, name in KEYS])
def test_no_count_of_one_has_a_plural(room: str, name: str) -> None:
    """ "1 steps", "1 windows": such a count is written {steps:step|steps}."""
    if f"{room}.{name}" not in ALWAYS_MANY and room not in ("findings", "scale", "report"):
        assert not PLURAL.findall(entry(room, name)["en"])


def test_names_of_the_program_are_words_in_a_sentence() -> None:
    key, values = "findings.underfitting_what", {"score": 0.5, "reference": 0.9}
    assert "balanced accuracy 0.5" in text(key, lang="en", metric="balanced_accuracy", **values)
    assert "균형 정확도: 0.5" in text(key, lang="ko", metric="balanced_accuracy", **values)
    assert "R² 0.5" in text(key, lang="en", metric="r2", **values)
    assert "odd_one 0.5" in text(key, lang="en", metric="odd_one", **values)
    assert text("recipe.chose_loss", lang="ko", task="binary") == "이진 분류 문제의 손실 함수입니다"


@pytest.mark.parametrize(
    ("both", "told"),
    [
        ("정확도을(를)", "정확도를"),
        ("손실은(는)", "손실은"),
        ("'손실'이(가)", "'손실'이"),
        ("드롭아웃(으)로", "드롭아웃으로"),
        ("모델(으)로", "모델로"),
        ("95%이(가)", "95%가"),
        ("10과(와) 12과(와)", "10과 12와"),
        ("0.1(으)로 3(으)로", "0.1로 3으로"),
        ("'loss'은(는)", "'loss'은(는)"),
        ("R²(결정 계수)을(를)", "R²(결정 계수)을(를)"),
        ("은(는)", "은(는)"),
    ],
)
def test_a_particle_follows_the_sound_before_it(both: str, told: str) -> None:
    assert with_particles(both) == told


def test_language_comes_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("JARAM_LANG", "LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(variable, raising=False)
    assert language() == "en"
    monkeypatch.setenv("LANG", "ko_KR.UTF-8")
    assert language() == "ko"
    monkeypatch.setenv("JARAM_LANG", "en")
    assert language() == "en"
    set_language("ko")
    try:
        assert text("cli.part_valid") == "검증"
    finally:
        set_language(None)
