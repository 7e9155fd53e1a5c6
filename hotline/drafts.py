"""Words into a ticket's draft: each slot with the words it came from, nothing without them.

Pure: patterns find telephone, name, place and time (``slots_*``), two small logistic regressions
choose type and category (weights are data, ``hotline/training/drafts.json``), and the category
names its departments. An agent decides; below ``sure`` the choice is a mere proposal.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from hotline.classifier import Classifier, Sounds, features, runs, spoken_part
from hotline.errors import BadInput
from hotline.slots_address import address
from hotline.slots_person import person, telephone
from hotline.slots_time import Moment, happened, moments
from hotline.transcript import GAP, Found, Span, Turn, blanked
from hotline.words import TicketType

LONGEST_SUMMARY: Final = 80
KEYWORDS: Final = 4
_SMALL_TALK: Final = re.compile(
    r"^(?:喂|你好|您好|嗯|啊|哎|那个|就是|是这样的?|同志|不好意思|麻烦|请问一下|，|,|。|\s)+"
)
# What a caller calls it decides before any weights do.
_OUTRIGHT: Final = (
    (TicketType.REPORT, re.compile(r"(?:我|想|要|来|个)举报|^举报|实名举报|匿名举报")),
    (TicketType.COMPLAINT, re.compile(r"(?:我|想|要|来|个)投诉(?!了|过|好)|^投诉")),
    (TicketType.SUGGESTION, re.compile(r"(?:我|个|有|想|提)建议(?!书)|^建议|提个意见")),
)


@dataclass(frozen=True, slots=True)
class Choice:
    """A candidate and its probability, 0…1."""

    value: str
    p: float


@dataclass(frozen=True, slots=True)
class DraftModel:
    """The weights file of drafts, parsed once. ``departments`` are named by category."""

    version: str
    sounds: Sounds
    types: Classifier
    categories: Classifier
    departments: Mapping[str, tuple[str, ...]]
    cues: Mapping[str, re.Pattern[str]]
    sure: float

    @staticmethod
    def parse(body: Mapping[str, Any]) -> DraftModel:
        """From the weights file; raises BadInput naming what is wrong."""
        try:
            model = DraftModel(
                version=str(body["version"]),
                sounds=Sounds.parse(body["sounds"]),
                types=Classifier.parse(body["model_types"]),
                categories=Classifier.parse(body["model_categories"]),
                departments={name: tuple(units) for name, units in body["departments"].items()},
                cues={
                    str(name): re.compile("|".join(words)) for name, words in body["cues"].items()
                },
                sure=float(body["sure"]),
            )
        except (KeyError, TypeError, ValueError, AttributeError, re.error) as wrong:
            raise BadInput("weights", f"草稿的权重文件读不懂（{wrong}），请重新训练") from wrong
        if set(model.types.classes) != {each.value for each in TicketType}:
            raise BadInput("weights", "草稿的权重文件应有五种诉求类型，请重新训练")
        return model


@dataclass(frozen=True, slots=True)
class Filled:
    """What the words give. A slot without words is None or empty and has no evidence.

    ``types`` and ``categories`` hold up to two candidates, the likelier first. The evidence of
    ``department`` is the category's.
    """

    types: tuple[Choice, ...] = ()
    categories: tuple[Choice, ...] = ()
    department: tuple[str, ...] = ()
    address: str | None = None
    time: Moment | None = None
    phone: str | None = None
    name: str | None = None
    summary: str | None = None
    keywords: tuple[str, ...] = ()
    evidence: Mapping[str, Span] = field(default_factory=dict)


def cue_names(text: str, model_cues: Mapping[str, re.Pattern[str]]) -> list[str]:
    """The named cues of a text: how a matter is put."""
    return [name for name, pattern in model_cues.items() if pattern.search(text)]


def fill(
    turns: Sequence[Turn],
    at: dt.datetime,
    model: DraftModel,
    gazetteer: Iterable[str] = (),
) -> Filled:
    """Fill a draft from the turns so far; ``at`` is the aware moment of the call, in local time.

    ``gazetteer`` are names of local places (小区, 路, 村, 镇街), which need no pattern then.
    """
    phone, texts = telephone(turns)
    name = person(turns, texts)
    if name:
        _blank(texts, [name.evidence])
    matter = _Matter.of(turns, texts)
    unplaced = list(texts)
    # Dates first: 三月二号 is no house number; then addresses: 十二号楼 is no date.
    _blank(unplaced, [each.evidence for each in moments(turns, texts, at) if each.weight >= 50])
    place, parts, strong = address(turns, unplaced, gazetteer)
    _blank(texts, parts)
    when = happened(turns, texts, at)
    types, categories, cue_spans = _classes(matter, model)
    asks = bool(types) and types[0].value == TicketType.CONSULT
    if asks and not strong:
        place = None
    # A question is about a rule; a suggestion about what should be: when is beside the point.
    if when and types and types[0].value in {TicketType.CONSULT, TicketType.SUGGESTION}:
        when = when if when.weight >= 90 else None
    words = _keywords(matter, model, categories)
    evidence = _evidence(
        phone=phone,
        name=name,
        address=place,
        time=when.evidence if when else None,
        summary=matter.summary(),
        keywords=words[0] if words else None,
        **cue_spans,
    )
    return Filled(
        types=types,
        categories=categories,
        department=model.departments.get(categories[0].value, ()) if categories else (),
        address=place.value if place else None,
        time=when,
        phone=phone.value if phone else None,
        name=name.value if name else None,
        summary=span.words(turns) if (span := matter.summary()) else None,
        keywords=tuple(dict.fromkeys(word.words(turns) for word in words)),
        evidence=evidence,
    )


def _blank(texts: list[str], spans: Iterable[Span]) -> None:
    for span in spans:
        texts[span.turn] = blanked(texts[span.turn], span.start, span.end)


def _evidence(**found: Found | Span | None) -> dict[str, Span]:
    spans = {
        slot: value.evidence if isinstance(value, Found) else value for slot, value in found.items()
    }
    return {slot: span for slot, span in spans.items() if span is not None}


@dataclass(frozen=True, slots=True)
class _Matter:
    """What the citizen's words are about: the turns that carry it, without numbers and names."""

    said: tuple[tuple[int, str], ...]

    @staticmethod
    def of(turns: Sequence[Turn], texts: Sequence[str]) -> _Matter:
        return _Matter(
            tuple(
                (index, texts[index])
                for index, turn in enumerate(turns)
                if turn.role == "citizen" and len(spoken_part(texts[index])) > 1
            )
        )

    @property
    def text(self) -> str:
        return "".join(spoken_part(text) for _, text in self.said)

    def summary(self) -> Span | None:
        """The stretch that tells the matter: the longest of the first three turns."""
        best: Span | None = None
        for index, text in self.said[:3]:
            lead = _SMALL_TALK.match(text)
            start = lead.end() if lead else 0
            stretch = text[start:].split(GAP, 1)[0].rstrip("，,。 \t")
            span = Span(index, start, start + min(len(stretch), LONGEST_SUMMARY))
            if len(stretch) > 3 and (best is None or span.end - span.start > best.end - best.start):
                best = span
        return best

    def find(self, words: str) -> Span | None:
        for index, text in self.said:
            start = text.find(words)
            if words and start >= 0:
                return Span(index, start, start + len(words))
        return None


def _classes(
    matter: _Matter, model: DraftModel
) -> tuple[tuple[Choice, ...], tuple[Choice, ...], dict[str, Span | None]]:
    """Two candidates for type and for category, and the words that spoke for the first ones."""
    summary = matter.summary()
    if summary is None:
        return (), (), {}
    first = spoken_part(dict(matter.said)[summary.turn])
    looks = [
        features(text, model.sounds, cue_names(text, model.cues)) for text in (first, matter.text)
    ]
    types = _two(model.types, looks)
    for kind, outright in _OUTRIGHT:
        named = next(
            (
                Span(index, *match.span())
                for index, text in matter.said
                if (match := outright.search(text))
            ),
            None,
        )
        if named:
            others = tuple(each for each in types if each.value != kind)[:1]
            types = (Choice(kind.value, max(0.95, types[0].p)), *others)
            break
    else:
        named = _loudest(matter, model.types, types[0].value)
    categories = _two(model.categories, looks)
    spoke = _loudest(matter, model.categories, categories[0].value) or summary
    return types, categories, {"type": named or summary, "category": spoke, "department": spoke}


def _two(classifier: Classifier, looks: Sequence[Mapping[str, float]]) -> tuple[Choice, ...]:
    sums = dict.fromkeys(classifier.classes, 0.0)
    for look in looks:
        for name, p in classifier.probabilities(look).items():
            sums[name] += p / len(looks)
    ranked = sorted(sums.items(), key=lambda item: item[1], reverse=True)
    return tuple(Choice(name, round(p, 4)) for name, p in ranked[:2])


def _pushes(matter: _Matter, classifier: Classifier, towards: str) -> list[tuple[float, Span]]:
    """Each run of two or three characters that speaks for a class, the loudest first."""
    column = classifier.classes.index(towards)
    found = []
    for run in {run for _, text in matter.said for run in runs(text)}:
        row = classifier.weights.get(run)
        span = matter.find(run) if row and len(run) > 1 and GAP not in run else None
        if row and span:
            # Weights are relative to one class; against the average they mean something by itself.
            push = row[column] - sum(row) / len(row)
            if push > 0:
                found.append((push * len(run), span))
    return sorted(found, key=lambda item: (-item[0], item[1].turn, item[1].start))


def _loudest(matter: _Matter, classifier: Classifier, towards: str) -> Span | None:
    pushes = _pushes(matter, classifier, towards)
    return pushes[0][1] if pushes else None


def _keywords(matter: _Matter, model: DraftModel, categories: Sequence[Choice]) -> list[Span]:
    """Up to four words of the caller that made the category, none overlapping another."""
    chosen: list[Span] = []
    for _, span in _pushes(matter, model.categories, categories[0].value) if categories else ():
        apart = all(
            span.turn != other.turn or span.end <= other.start or span.start >= other.end
            for other in chosen
        )
        if apart:
            chosen.append(span)
        if len(chosen) == KEYWORDS:
            break
    return chosen
