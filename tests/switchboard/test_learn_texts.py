"""What the models learnt from: our own sentences, written out the same way every time."""

from __future__ import annotations

import json
import random
from collections import Counter

from switchboard.learn_texts import (
    LABELS,
    TRAINING,
    concepts,
    draft_matters,
    emergency_examples,
    enlarged,
    misheard,
    written_out,
)


def test_a_template_is_written_out_over_its_choices() -> None:
    dice = random.Random(1)
    assert written_out("(甲/乙)来了", 9, dice) == ["甲来了", "乙来了"]
    assert len(written_out("(甲/乙)(丙/丁)", 3, dice)) == 3


def test_there_are_a_thousand_emergencies_and_as_many_that_are_none() -> None:
    lines = (TRAINING / "utterances.tsv").read_text(encoding="utf-8").splitlines()[1:]
    labels = Counter(line.split("\t")[1] for line in lines)
    assert set(labels) == set(LABELS)
    assert labels["none"] >= 1000
    assert labels.total() - labels["none"] >= 1000


def test_the_list_of_sentences_is_what_the_templates_give() -> None:
    lines = (TRAINING / "utterances.tsv").read_text(encoding="utf-8").splitlines()[1:]
    examples = emergency_examples(6)
    assert [f"{each.text}\t{each.label}" for each in examples] == lines


def test_no_sentence_has_two_answers() -> None:
    answers: dict[str, set[str]] = {}
    for each in emergency_examples(6):
        answers.setdefault(each.text, set()).add(each.label)
    assert not [text for text, labels in answers.items() if len(labels) > 1]


def test_the_weights_hold_the_concepts_of_the_list() -> None:
    weights = json.loads((TRAINING / "emergency.json").read_text(encoding="utf-8"))
    assert weights["concepts"] == concepts()
    assert len(concepts()) >= 60


def test_a_sentence_is_misheard_the_same_way_each_time() -> None:
    heard = [misheard("我家厨房着火了快来人", random.Random(5), 0.5) for _ in range(2)]
    assert heard[0] == heard[1] != "我家厨房着火了快来人"


def test_sisters_of_a_sentence_keep_its_origin() -> None:
    few = emergency_examples(1)[:20]
    assert {each.origin for each in enlarged(few)} == {each.origin for each in few}


def test_every_category_of_the_drafts_names_its_departments() -> None:
    matters, departments = draft_matters(1)
    assert {each.category for each in matters} - {""} == set(departments)
    assert all(all(units) for units in departments.values())
