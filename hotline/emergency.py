"""Hears an emergency in words: which service, how sure, and why.

Inference only and pure; the weights are data (``hotline/training/emergency.json``). A logistic
regression decides over runs of characters and of sounds, named cues (what burns, what is past, what
is only asked) and concepts (words of one meaning, see concepts.py); the words of these that spoke
loudest are shown as the reason. docs/emergency.md says how the levels are used and how well this
was measured.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from hotline.classifier import Classifier, Sounds, features, runs, spoken_part
from hotline.concepts import Lexicon, Meant, concept_features
from hotline.errors import BadInput
from hotline.words import Service

NONE: Final = "none"
Level = Literal["none", "amber", "red"]

MATTERS: Final = {
    Service.POLICE: "治安警情",
    Service.FIRE: "火情或救援",
    Service.MEDICAL: "医疗急救",
    Service.TRAFFIC: "交通事故",
}
# A final of the recogniser may hold several sentences; a stretch about as long as the sentences
# the model was trained on is judged by itself, too.
LONG: Final = 36
# A telephone number is no call for help, though it may hold 110 or 120.
_NUMBERS: Final = re.compile(r"[零〇一二三四五六七八九幺0-9]{7,}")
STRETCH: Final = 24
STEP: Final = 8
FEW_RUNS: Final = 15
SHOWN: Final = 3
"""How many words and concepts a reason names."""


@dataclass(frozen=True, slots=True)
class Alarm:
    """What the words mean. ``p`` is the probability of any emergency, 0…1.

    ``reason`` is made of codes only and may be journalled; ``explanation`` quotes the caller and is
    for screens alone. At level ``none`` the service is the likeliest one all the same.
    """

    service: Service
    level: Level
    reason: str
    explanation: str
    p: float


@dataclass(frozen=True, slots=True)
class EmergencyModel:
    """The weights file, parsed once. ``cues`` are named patterns; the four services' come first."""

    version: str
    amber: float
    red: float
    sounds: Sounds
    cues: Mapping[str, re.Pattern[str]]
    lexicon: Lexicon
    classifier: Classifier

    @staticmethod
    def parse(body: Mapping[str, Any]) -> EmergencyModel:
        """From the weights file; raises BadInput naming what is wrong."""
        try:
            classifier = Classifier.parse(body["model"])
            cues = {
                str(name): re.compile("|".join(patterns)) for name, patterns in body["cues"].items()
            }
            sounds = Sounds.parse(body["sounds"])
            model = EmergencyModel(
                version=str(body["version"]),
                amber=float(body["amber"]),
                red=float(body["red"]),
                sounds=sounds,
                cues=cues,
                lexicon=Lexicon.parse(body["concepts"], sounds),
                classifier=classifier,
            )
        except (KeyError, TypeError, ValueError, AttributeError, re.error) as wrong:
            raise BadInput("weights", f"紧急识别的权重文件读不懂（{wrong}），请重新训练") from wrong
        if set(classifier.classes) != {NONE, *(service.value for service in Service)}:
            raise BadInput("weights", "紧急识别的权重文件应有 none、110、119、120、122 五类")
        return model


def matter_part(text: str) -> str:
    """What is judged of a text: the spoken characters without telephone numbers."""
    return _NUMBERS.sub("", spoken_part(text))


def cues_in(text: str, patterns: Mapping[str, re.Pattern[str]]) -> dict[str, str]:
    """The named cues of a text, each with the words that gave it."""
    found = {}
    for name, pattern in patterns.items():
        match = pattern.search(text)
        if match:
            found[name] = match[0]
    return found


def cue_features(names: Mapping[str, str]) -> list[str]:
    """Cues alone and each service's together with the others: 着火 and 昨天 is not 着火."""
    services = [name for name in names if name.isdigit()]
    others = [name for name in names if not name.isdigit()]
    return [*names, *(f"{service}&{other}" for service in services for other in others)]


def notice(heard: str | Sequence[str], model: EmergencyModel) -> Alarm:
    """Judge what a caller said: one text, or segments in the order they were spoken.

    Each segment is judged, each two neighbours together, and the stretches of a long one; the
    surest of them speaks. ≤ 1 ms for an ordinary utterance.
    """
    segments = [heard] if isinstance(heard, str) else list(heard)
    texts = [part for part in map(matter_part, segments) if part]
    pairs = [first + second for first, second in itertools.pairwise(texts)]
    windows = [piece for text in texts for piece in _stretches(text)]
    best: Alarm | None = None
    for text in (*texts, *pairs, *windows):
        alarm = _judge(text, model)
        if best is None or alarm.p > best.p:
            best = alarm
    return best or Alarm(Service.POLICE, "none", "nothing-said", "没有听到内容", 0.0)


def _stretches(text: str) -> list[str]:
    if len(text) <= LONG:
        return []
    last = len(text) - STRETCH
    return [text[start : start + STRETCH] for start in (*range(0, last, STEP), last)]


@dataclass(frozen=True, slots=True)
class Look:
    """All that is seen in one text: its cues, its words with concepts, and the features of both."""

    cues: Mapping[str, str]
    words: Sequence[Meant]
    features: Mapping[str, float]

    @staticmethod
    def at(text: str, model: EmergencyModel) -> Look:
        """``text`` is a :func:`matter_part`."""
        cues = cues_in(text, model.cues)
        words = model.lexicon.read(text, model.sounds.of(text))
        found = features(text, model.sounds, cue_features(cues), FEW_RUNS)
        return Look(cues, words, found | concept_features(words))


def _judge(text: str, model: EmergencyModel) -> Alarm:
    look = Look.at(text, model)
    likely = model.classifier.probabilities(look.features)
    p = 1 - likely[NONE]
    service = max(Service, key=lambda each: likely[each.value])
    level: Level = "red" if p >= model.red else "amber" if p >= model.amber else "none"
    spoke = _words_for(service, look, model)
    concepts = dict.fromkeys(name for _, word in spoke for name in word.names)
    codes = "+".join(dict.fromkeys([*sorted(look.cues), *list(concepts)[:SHOWN]])) or "no-cue"
    return Alarm(
        service=service,
        level=level,
        reason=f"words {service.value} p={p:.2f} {codes}",
        explanation=_explain(text, service, p, spoke, model),
        p=p,
    )


def _words_for(service: Service, look: Look, model: EmergencyModel) -> list[tuple[float, Meant]]:
    """The words whose concepts speak for the service against no emergency, the loudest first."""
    push = model.classifier.push
    weighed = [
        (max(push(f"={name}", service.value, NONE) for name in word.names), word)
        for word in look.words
    ]
    return sorted(
        ((weight, word) for weight, word in weighed if weight > 0),
        key=lambda item: (-item[0], item[1].start),
    )


def _explain(
    text: str,
    service: Service,
    p: float,
    spoke: Sequence[tuple[float, Meant]],
    model: EmergencyModel,
) -> str:
    """The words that spoke loudest for the service, or against any."""
    if p < model.amber:
        return f"不像紧急情况（{p:.0%}）"
    shown: list[str] = []
    for word in [text[meant.start : meant.end] for _, meant in spoke] + _runs_for(
        text, service, model
    ):
        if len(shown) == SHOWN:
            break
        if len(word) > 1 and not any(set(word) & set(other) for other in shown):
            shown.append(word)
    quoted = "".join(f"“{word}”" for word in sorted(shown, key=text.index))
    return f"听到{quoted or '的整句话'}，像{MATTERS[service]}（{p:.0%}）"


def _runs_for(text: str, service: Service, model: EmergencyModel) -> list[str]:
    """Runs of characters that speak for the service, for where no word has a concept."""
    push = model.classifier.push
    pushes = [(push(run, service.value, NONE) * len(run), run) for run in runs(text)]
    return [run for weight, run in sorted(pushes, reverse=True) if weight > 0]
