"""Hears an emergency in words: which service, how sure, and why.

Inference only and pure; the weights are data (``hotline/training/emergency.json``). A logistic
regression decides; the named cues (what burns, what is past, what is only asked) are features of it
and the words shown as the reason. Real emergencies often name none: 屋里全是烟. docs/emergency.md
says how the levels are used and how well this was measured.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from hotline.classifier import Classifier, Sounds, features, runs, spoken_part
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
STRETCH: Final = 24
STEP: Final = 8


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
    classifier: Classifier

    @staticmethod
    def parse(body: Mapping[str, Any]) -> EmergencyModel:
        """From the weights file; raises BadInput naming what is wrong."""
        try:
            classifier = Classifier.parse(body["model"])
            cues = {
                str(name): re.compile("|".join(patterns)) for name, patterns in body["cues"].items()
            }
            model = EmergencyModel(
                version=str(body["version"]),
                amber=float(body["amber"]),
                red=float(body["red"]),
                sounds=Sounds.parse(body["sounds"]),
                cues=cues,
                classifier=classifier,
            )
        except (KeyError, TypeError, ValueError, AttributeError, re.error) as wrong:
            raise BadInput("weights", f"紧急识别的权重文件读不懂（{wrong}），请重新训练") from wrong
        if set(classifier.classes) != {NONE, *(service.value for service in Service)}:
            raise BadInput("weights", "紧急识别的权重文件应有 none、110、119、120、122 五类")
        return model


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
    texts = [part for part in map(spoken_part, segments) if part]
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


def _judge(text: str, model: EmergencyModel) -> Alarm:
    cues = cues_in(text, model.cues)
    found = features(text, model.sounds, cue_features(cues))
    likely = model.classifier.probabilities(found)
    p = 1 - likely[NONE]
    service = max(Service, key=lambda each: likely[each.value])
    level: Level = "red" if p >= model.red else "amber" if p >= model.amber else "none"
    codes = "+".join(sorted(cues)) or "no-cue"
    return Alarm(
        service=service,
        level=level,
        reason=f"words {service.value} p={p:.2f} {codes}",
        explanation=_explain(text, service, p, model),
        p=p,
    )


def _explain(text: str, service: Service, p: float, model: EmergencyModel) -> str:
    """The words that spoke loudest for the service, or against any."""
    if p < model.amber:
        return f"不像紧急情况（{p:.0%}）"
    weights = model.classifier
    pushes = sorted(
        ((weights.push(run, service.value, NONE) * len(run), run) for run in runs(text)),
        reverse=True,
    )
    shown: list[str] = []
    named = model.cues.get(service.value)
    match = named.search(text) if named else None
    if match:
        shown.append(match[0])
    for push, run in pushes:
        if len(shown) == 3 or push <= 0:
            break
        if len(run) > 1 and not any(set(run) & set(other) for other in shown):
            shown.append(run)
    quoted = "".join(f"“{word}”" for word in sorted(shown, key=text.index))
    return f"听到{quoted or '的整句话'}，像{MATTERS[service]}（{p:.0%}）"
