"""Every finding has a page in both languages, and its experiment shows what the page says."""

from __future__ import annotations

import ast
import contextlib
import io
import re
import tomllib
from importlib import resources

import pytest

from jaram.doctor import explanation
from jaram.doctor.registry import all_definitions
from jaram.errors import UsageError
from jaram.messages import LANGUAGES, Language, set_language

NAMES = explanation.names()
SECTIONS = {
    "en": ("How you see it", "Why it happens", "What helps", "An experiment"),
    "ko": ("어떻게 보이는가", "왜 생기는가", "무엇이 도움이 되는가", "실험"),
}


def test_every_finding_has_a_page_in_both_languages() -> None:
    assert set(NAMES) >= set(all_definitions())
    korean = resources.files("jaram.doctor").joinpath("pages", "ko")
    assert {page.name for page in korean.iterdir()} == {f"{name}.md" for name in NAMES}


@pytest.mark.parametrize("name", NAMES)
def test_both_languages_show_the_same_experiment(name: str) -> None:
    english, korean = (explanation.experiment(name, lang) for lang in LANGUAGES)
    assert ast.dump(ast.parse(english)) == ast.dump(ast.parse(korean))  # all but the comments


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("name", NAMES)
def test_a_page_has_its_sections(name: str, lang: Language) -> None:
    page = explanation.page(name, lang)
    assert page.startswith("# ")
    assert tuple(re.findall(r"^## (.+)$", page, flags=re.MULTILINE)) == SECTIONS[lang]


@pytest.mark.parametrize("name", NAMES)
def test_both_languages_have_the_same_lists_and_formulas(name: str) -> None:
    shapes = [_marks(explanation.page(name, lang)) for lang in LANGUAGES]
    assert shapes[0] == shapes[1]


def _marks(page: str) -> list[str]:
    """The beginnings of headings, items of lists, formulas and blocks of code, in their order."""
    without_code = re.sub(r"^```python\n.*?^```$", "```", page, flags=re.DOTALL | re.MULTILINE)
    return re.findall(r"^(?:#+ |- |\d+\. |    (?=\S)|```)", without_code, flags=re.MULTILINE)


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("name", NAMES)
def test_a_page_refers_to_findings_that_exist(name: str, lang: Language) -> None:
    """Names such as ``dead_units`` in the prose lead to pages."""
    named = set(re.findall(r"`([a-z]+(?:_[a-z]+)+)`", explanation.page(name, lang)))
    texts = tomllib.loads(
        resources.files("jaram.messages").joinpath("findings.toml").read_text(encoding="utf-8")
    )
    findings = {key.removesuffix("_what") for key in texts if key.endswith("_what")}
    assert named & findings <= set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_the_experiment_shows_what_the_page_says(name: str) -> None:
    """Its last lines are assertions."""
    code = explanation.experiment(name)
    assert isinstance(ast.parse(code).body[-1], ast.Assert)
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(code, f"{name}.md", "exec", dont_inherit=True), {})
    assert len(printed.getvalue().splitlines()) >= 2


def test_a_name_may_be_written_as_one_speaks() -> None:
    assert explanation.page("Dead units") == explanation.page("dead_units")


def test_the_page_is_in_the_current_language() -> None:
    set_language("ko")
    try:
        assert explanation.page("overfitting").startswith("# 과적합")
    finally:
        set_language(None)
    assert explanation.page("overfitting", "en").startswith("# Overfitting")


@pytest.mark.parametrize("lang", LANGUAGES)
def test_an_unknown_name_suggests_the_nearest(lang: Language) -> None:
    set_language(lang)
    try:
        with pytest.raises(UsageError, match="'vanishing_gradient'"):
            explanation.page("vanishing_gradients")
        with pytest.raises(UsageError, match="overfitting"):  # among those there are
            explanation.page("xyz")
    finally:
        set_language(None)
