"""Words of one meaning under one name, read leftmost longest, by characters or by sound."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from hotline.classifier import Sounds
from hotline.concepts import Lexicon, concept_features
from switchboard.models import emergency_model

SOUNDS = Sounds.parse({"mei": "煤", "qi": "气器起", "guan": "罐", "huo": "火货", "che": "车"})
LEXICON = Lexicon.parse({"fire": "起火 火", "gas": "煤气 煤气罐", "idle": "火车"}, SOUNDS)
SHIPPED = emergency_model()


def names(text: str) -> list[tuple[str, ...]]:
    return [word.names for word in LEXICON.read(text, SOUNDS.of(text))]


def test_the_longest_word_is_taken_so_that_a_train_is_no_fire() -> None:
    assert names("火车") == [("idle",)]
    assert names("煤气罐起火") == [("gas",), ("fire",)]


def test_a_word_that_only_sounds_the_same_is_heard_and_marked() -> None:
    (word,) = LEXICON.read("煤器罐", SOUNDS.of("煤器罐"))
    assert word.names == ("gas",)
    assert word.heard
    assert "=~gas" in concept_features([word])


def test_a_single_character_is_never_taken_by_its_sound() -> None:
    assert names("货") == []


def test_two_concepts_of_a_text_are_a_feature_together_and_in_their_order() -> None:
    found = concept_features(LEXICON.read("煤气起火", SOUNDS.of("煤气起火")))
    assert {"=fire", "=gas", "=fire&gas", "=gas>fire"} == set(found)


@given(st.text(max_size=80))
def test_words_never_overlap_and_lie_within_the_text(text: str) -> None:
    end = 0
    for word in SHIPPED.lexicon.read(text, SHIPPED.sounds.of(text)):
        assert end <= word.start < word.end <= len(text)
        end = word.end
