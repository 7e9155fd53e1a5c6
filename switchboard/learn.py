"""Makes the weights of ``hotline/training`` anew: ``python -m switchboard.learn emergency``.

Needs scikit-learn (the extra ``learn``), which nothing needs to run. What is judged is judged by
cross-validation over templates: sentences of one template never stand on both sides.
"""

from __future__ import annotations

import datetime as dt
import json
import random
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from hotline.classifier import Sounds, features, spoken_part
from hotline.drafts import DraftModel, cue_names, fill
from hotline.emergency import EmergencyModel, Look, matter_part, notice
from hotline.transcript import Turn
from switchboard.evaluate_emergency import figures
from switchboard.learn_texts import (
    LABELS,
    TRAINING,
    Example,
    Matter,
    concepts,
    draft_matters,
    emergency_examples,
    enlarged,
    misheard,
    syllables,
)
from switchboard.terminal import tell

DRAFTS_VERSION: Final = "drafts-2"
SURE: Final = 0.7
JUDGED_AT: Final = dt.datetime(2026, 3, 12, 10, 20, tzinfo=dt.UTC)
EMERGENCY_VERSION: Final = "emergency-4"
AMBER: Final = 0.5
MISS_COSTS: Final = 2.0
"""A missed emergency is worse than a false amber one, which only tells the agent."""
RED: Final = 0.96
LIFT: Final = 1.386
"""Added to the score of each emergency (odds × 4), so that amber begins at one half: chosen on
held-out situations, where it keeps recall at 0.95 and a false alarm in twelve."""
FOLDS: Final = 5
PER_TEMPLATE: Final = 6
SCALE: Final = 100
FAINT: Final = 4
"""Weights below this (in hundredths) in every class are left out of the file."""

Row = Mapping[str, float]


def fit(
    rows: Sequence[Row],
    labels: Sequence[str],
    *,
    first: str,
    strength: float,
    rare: int = 2,
    emphasis: float = 1.0,
    exact: float = 1e-3,
) -> dict[str, Any]:
    """A logistic regression as plain data; weights are relative to the class ``first``.

    ``emphasis`` is how much more an example of any other class counts than one of ``first``;
    ``exact`` is the gradient to stop at, which many classes need smaller.
    """
    from sklearn.feature_extraction import DictVectorizer
    from sklearn.linear_model import LogisticRegression

    seen: dict[str, int] = {}
    for row in rows:
        for name in row:
            seen[name] = seen.get(name, 0) + 1
    kept = [{name: value for name, value in row.items() if seen[name] >= rare} for row in rows]
    vectors = DictVectorizer()
    matrix = vectors.fit_transform(kept)
    model = LogisticRegression(C=strength, max_iter=400, tol=exact)
    model.fit(matrix, labels, sample_weight=[1.0 if name == first else emphasis for name in labels])
    classes = [str(name) for name in model.classes_]
    zero = classes.index(first)
    bias = [round(float(value - model.intercept_[zero]) * SCALE) for value in model.intercept_]
    weights: dict[str, list[int]] = {}
    for column, name in enumerate(vectors.feature_names_):
        weighed = [
            round(float(model.coef_[index][column] - model.coef_[zero][column]) * SCALE)
            for index in range(len(classes))
        ]
        if max(map(abs, weighed)) >= FAINT:
            weights[str(name)] = weighed
    return {"classes": classes, "scale": SCALE, "bias": bias, "weights": weights}


def emergency_body(examples: Sequence[Example]) -> dict[str, Any]:
    """The weights file of the emergency model, trained on these examples."""
    cues = json.loads((TRAINING / "cues.json").read_text(encoding="utf-8"))
    table = {name: chars for name, chars in syllables().items() if chars}
    body: dict[str, Any] = {
        "version": EMERGENCY_VERSION,
        "amber": AMBER,
        "red": RED,
        "cues": cues,
        "concepts": concepts(),
        "sounds": table,
        "model": {"classes": LABELS, "scale": 1, "bias": [0] * 5, "weights": {}},
    }
    bare = EmergencyModel.parse(body)
    rows, labels = [], []
    for example in enlarged(examples):
        rows.append(Look.at(matter_part(example.text), bare).features)
        labels.append(example.label)
    body["model"] = fit(rows, labels, first="none", strength=5.0, emphasis=MISS_COSTS)
    body["model"]["bias"] = [
        value + (label != "none") * round(LIFT * SCALE)
        for label, value in zip(body["model"]["classes"], body["model"]["bias"], strict=True)
    ]
    return body


def write(name: str, body: Mapping[str, Any]) -> None:
    """A weights file with one feature a line, so that a change can be read."""
    rest = dict(body)
    models = {key: rest.pop(key) for key in list(rest) if key.startswith("model")}
    parts = [f"{json.dumps(key)}: {json.dumps(rest[key], ensure_ascii=False)}" for key in rest]
    for key, model in models.items():
        weights = ",\n".join(
            f"{json.dumps(name, ensure_ascii=False)}:{json.dumps(row, separators=(',', ':'))}"
            for name, row in sorted(model["weights"].items())
        )
        head = {name: value for name, value in model.items() if name != "weights"}
        parts.append(
            f'{json.dumps(key)}: {json.dumps(head, ensure_ascii=False)[:-1]}, "weights": {{\n'
            f"{weights}\n}}}}"
        )
    text = "{\n" + ",\n".join(parts) + "\n}\n"
    json.loads(text)
    (TRAINING / name).write_text(text, encoding="utf-8")


def folds(examples: Sequence[Example]) -> list[tuple[list[Example], list[Example]]]:
    """Five times a part to learn from and a part to be judged by, split between templates."""
    origins = sorted({each.origin for each in examples})
    random.Random(7).shuffle(origins)  # noqa: S311 - repeatable on purpose
    part = {origin: index % FOLDS for index, origin in enumerate(origins)}
    return [
        (
            [each for each in examples if part[each.origin] != fold],
            [each for each in examples if part[each.origin] == fold],
        )
        for fold in range(FOLDS)
    ]


def judge_emergency(examples: Sequence[Example]) -> None:
    """Tell recall, precision and service accuracy on templates the model has not seen."""
    sets: dict[str, list[dict[str, str]]] = {"clean": [], "misheard": []}
    dice = random.Random(99)  # noqa: S311 - repeatable on purpose
    for learnt, unseen in folds(examples):
        model = EmergencyModel.parse(emergency_body(learnt))
        for example in unseen:
            for kind, text in (
                ("clean", example.text),
                ("misheard", misheard(example.text, dice)),
            ):
                alarm = notice(text, model)
                predicted = alarm.service.value if alarm.level != "none" else "none"
                sets[kind].append(
                    {
                        "utterance": text,
                        "label": example.label,
                        "also": "",
                        "predicted": predicted,
                        "level": alarm.level,
                    }
                )
    for kind, rows in sets.items():
        tell(f"{kind}: {json.dumps(figures(rows), ensure_ascii=False)}")


def learn_emergency() -> None:
    """Judge, then train on everything and write the weights and the list of sentences."""
    examples = emergency_examples(PER_TEMPLATE)
    judge_emergency(emergency_examples(3))
    write("emergency.json", emergency_body(examples))
    table = "".join(f"{each.text}\t{each.label}\n" for each in examples)
    (TRAINING / "utterances.tsv").write_text(f"utterance\tlabel\n{table}", encoding="utf-8")
    tell(f"{len(examples)} utterances")


def draft_body(matters: Sequence[Matter], departments: Mapping[str, list[str]]) -> dict[str, Any]:
    """The weights file of the drafts, trained on these sentences."""
    sounds = Sounds.parse(syllables())
    cues = json.loads((TRAINING / "draft-cues.json").read_text(encoding="utf-8"))
    patterns = {name: re.compile("|".join(words)) for name, words in cues.items()}
    dice = random.Random(3)  # noqa: S311 - repeatable on purpose
    seen = [(each, each.text) for each in matters]
    seen += [(each, misheard(each.text, dice, 0.1)) for each in matters]
    rows = []
    for _, text in seen:
        spoken = spoken_part(text)
        rows.append(features(spoken, sounds, cue_names(spoken, patterns)))
    topics = [index for index, (each, _) in enumerate(seen) if each.category]
    return {
        "version": DRAFTS_VERSION,
        "sure": SURE,
        "cues": cues,
        "departments": departments,
        "sounds": syllables(),
        "model_types": fit(rows, [each.type for each, _ in seen], first="咨询", strength=20.0),
        "model_categories": fit(
            [rows[index] for index in topics],
            [seen[index][0].category for index in topics],
            first=seen[topics[0]][0].category,
            strength=30.0,
            exact=1e-5,
        ),
    }


def learn_drafts() -> None:
    """Judge types on unseen templates, then train on everything and write the weights."""
    matters, departments = draft_matters(4)
    kinds = [Example(each.text, each.type, each.origin) for each in matters]
    by_text = {each.text: each for each in matters}
    right = total = 0
    for learnt, unseen in folds(kinds):
        body = draft_body([by_text[each.text] for each in learnt], departments)
        model = DraftModel.parse(body)
        for example in unseen:
            filled = fill([Turn("citizen", example.text)], JUDGED_AT, model)
            total += 1
            right += bool(filled.types) and filled.types[0].value == example.label
    tell(f"types on unseen templates: {right}/{total}")
    write("drafts.json", draft_body(matters, departments))


TASKS: Final[Mapping[str, Callable[[], None]]] = {
    "emergency": learn_emergency,
    "drafts": learn_drafts,
}


def main(arguments: Sequence[str]) -> int:
    """Run the named tasks, or all of them."""
    for name in arguments or list(TASKS):
        TASKS[name]()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
