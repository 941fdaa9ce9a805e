"""The pages in English and Korean are the same lessons."""

from __future__ import annotations

import ast
import re

import pages
import pytest

from jaram.objective.table import table


def test_both_languages_have_the_same_pages() -> None:
    korean = tuple(sorted(page.stem for page in (pages.DOCS / "ko").glob("*.md")))
    assert korean == pages.NAMES


@pytest.mark.parametrize("name", pages.NAMES)
def test_both_languages_show_the_same_code_and_output(name: str) -> None:
    english, korean = (pages.examples(pages.read(language, name)) for language in pages.LANGUAGES)
    assert [ast.dump(ast.parse(one.code)) for one in english] == [
        ast.dump(ast.parse(one.code)) for one in korean
    ]  # all but the comments
    assert [one.output for one in english] == [one.output for one in korean]


@pytest.mark.parametrize("name", pages.NAMES)
def test_both_languages_show_the_same_commands(name: str) -> None:
    english, korean = (pages.commands(pages.read(language, name)) for language in pages.LANGUAGES)
    assert [one.code for one in english] == [one.code for one in korean]


@pytest.mark.parametrize("name", pages.NAMES)
def test_both_languages_have_the_same_sections(name: str) -> None:
    shapes = [
        re.findall(r"^(?:#+ |\|.*|```\w*$)", pages.read(language, name), flags=re.MULTILINE)
        for language in pages.LANGUAGES
    ]
    kinds = [[mark.count("|") or mark for mark in shape] for shape in shapes]
    assert kinds[0] == kinds[1]


@pytest.mark.parametrize("language", pages.LANGUAGES)
@pytest.mark.parametrize("name", pages.NAMES)
def test_links_lead_somewhere(language: str, name: str) -> None:
    for target in pages.links(pages.read(language, name)):
        assert (pages.DOCS / language / target).exists(), target


@pytest.mark.parametrize("language", pages.LANGUAGES)
def test_the_index_leads_to_every_lesson(language: str) -> None:
    found = {target.removesuffix(".md") for target in pages.links(pages.read(language, "index"))}
    assert found >= {name for name in pages.NAMES if name != "index"}


@pytest.mark.parametrize("language", pages.LANGUAGES)
def test_the_table_is_the_one_the_code_gives(language: str) -> None:
    page = pages.read(language, "task-loss-output")
    rows = [line for line in page.splitlines() if line.startswith("|")]
    assert "\n".join(rows) == table(language)


def test_numbers_agree_up_to_another_processor_and_words_exactly() -> None:
    assert pages.agrees("loss 0.51\n", "loss  0.52\n")
    assert not pages.agrees("loss 0.51\n", "loss 0.71\n")
    assert not pages.agrees("loss 0.51\n", "cost 0.51\n")
    assert pages.agrees("a 1\n…\nd 4\n", "a 1\nb 2\nc 3\nd 4\n")
    assert not pages.agrees("a 1\n…\nd 4\n", "a 1\nb 2\nc 3\n")
