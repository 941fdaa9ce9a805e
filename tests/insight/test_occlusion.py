"""The words that mattered, against a network whose effects are known by hand."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from jaram.data.jamo import letters
from jaram.data.text import TextColumn
from jaram.data.vocabulary import PADDING, UNKNOWN, Vocabulary
from jaram.insight.occlusion import occluded, paired

VALUES = np.array([0.0, 0.3, 2.0, -1.0, 0.3])  # of each id: padding, unknown, good, bad, the


def bag_of_words(ids: NDArray[np.int32]) -> NDArray[np.float64]:
    """Logits of two classes: the sum of the words' values, and its negative."""
    z = VALUES[ids].sum(axis=1, keepdims=True)
    return np.hstack([-z, z])


def test_the_effect_of_a_word_is_what_the_sum_loses() -> None:
    ids = np.array([[2, 4, 3, 0], [3, 3, 2, 3]], np.int32)
    positive, negative = occluded(bag_of_words, ids, 10)
    # "the" is worth as much as an unknown word: it does not matter.
    np.testing.assert_allclose(positive, [2.0 - 0.3, 0.0, -1.0 - 0.3])
    # The answer is the first class, whose logit is the negative sum.
    np.testing.assert_allclose(negative, [1.3, 1.3, 0.3 - 2.0, 1.3])


def test_an_unknown_word_has_no_effect_and_padding_is_left_alone() -> None:
    seen: list[NDArray[np.int32]] = []

    def logits(ids: NDArray[np.int32]) -> NDArray[np.float64]:
        seen.append(ids)
        return bag_of_words(ids)

    (effects,) = occluded(logits, np.array([[UNKNOWN, 2, PADDING]], np.int32), 10)
    np.testing.assert_allclose(effects, [0.0, 1.7])
    assert len(seen) == 1  # asked once
    np.testing.assert_array_equal(seen[0], [[1, 2, 0], [1, 2, 0], [1, 1, 0]])


def test_of_a_long_text_the_first_units_are_hidden() -> None:
    (effects,) = occluded(bag_of_words, np.full((1, 9), 2, np.int32), 4)
    assert effects.shape == (4,)


def test_units_stand_beside_their_effects() -> None:
    text = TextColumn("review", Vocabulary("word", ("good", "bad")), 4)
    pairs = paired(text, np.array([2, 1, 3, 0], np.int32), [1.0, 0.0])
    assert pairs == [["good", 1.0], ["\N{REPLACEMENT CHARACTER}", 0.0], ["bad", None]]


def test_letters_of_hangul_become_syllables_with_the_sum_of_effects() -> None:
    units = tuple(dict.fromkeys(letters("값 나ㅋ")))
    text = TextColumn("review", Vocabulary("jamo", units), 20)
    ids = text.vocabulary.encode(["값 나ㅋ"], 20)[0]
    pairs = paired(text, ids, [1.0, 2.0, 4.0, 8.0, 16.0])
    assert [unit for unit, _ in pairs] == ["값", " ", "나", "ㅋ"]
    assert [effect for _, effect in pairs] == [pytest.approx(7.0), 8.0, None, None]
