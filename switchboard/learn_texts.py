"""The texts models learn from: our templates written out, and what a recogniser makes of them.

Everything is drawn with a fixed seed: the same templates give the same weights.
"""

from __future__ import annotations

import random
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import product
from pathlib import Path
from typing import Final

import hotline.classifier
from hotline.classifier import fold

TRAINING: Final = Path(hotline.classifier.__file__).parent / "training"
LABELS: Final = ("none", "110", "119", "120", "122")
CHOICE = re.compile(r"\(([^()]*)\)")
ERROR_RATE: Final = 0.15
CALM_SPREAD: Final = 2
"""Templates of what is no emergency are written out to more sentences: most of what is said is."""
READ_AS: Final = {"着": "zhao"}
"""A character alone has one reading; in these the one that matters here is not the first."""


@dataclass(frozen=True, slots=True)
class Example:
    """One sentence with its label; sentences of one template share ``origin``.

    ``origin`` keeps sisters on one side when a model is judged, so that nothing is tested on what
    it has nearly seen.
    """

    text: str
    label: str
    origin: str


def lines(name: str) -> Iterator[tuple[int, str]]:
    """The lines of a file of ours that are not comments, with their numbers."""
    content = (TRAINING / name).read_text(encoding="utf-8")
    for number, line in enumerate(content.splitlines(), start=1):
        if line.strip() and not line.startswith("#"):
            yield number, line.strip()


def written_out(template: str, most: int, dice: random.Random) -> list[str]:
    """Up to ``most`` sentences of a template with (甲/乙) choices, spread over the choices."""
    parts = CHOICE.split(template)
    choices = [part.split("/") if index % 2 else [part] for index, part in enumerate(parts)]
    sentences = ["".join(words) for words in product(*choices)]
    return sentences if len(sentences) <= most else dice.sample(sentences, most)


def emergency_examples(most: int) -> list[Example]:
    """Every template of the five files written out; ordinary matters of the drafts are none."""
    dice = random.Random(12345)  # noqa: S311 - repeatable on purpose
    found = []
    for label in LABELS:
        name = f"emergency-{label}.txt"
        for number, line in lines(name):
            spread = most * CALM_SPREAD if label == "none" else most
            found += [
                Example(text, label, f"{name}:{number}") for text in written_out(line, spread, dice)
            ]
    matters, _ = draft_matters(2)
    return found + [Example(each.text, "none", each.origin) for each in matters]


@dataclass(frozen=True, slots=True)
class Matter:
    """A sentence of a citizen with its type; ``category`` is empty where only the type is told."""

    text: str
    type: str
    category: str
    origin: str


TYPES: Final = {"询": "咨询", "求": "求助", "诉": "投诉", "举": "举报", "建": "建议"}


def draft_matters(most: int) -> tuple[list[Matter], dict[str, list[str]]]:
    """Every template of the drafts written out, and the departments of each category."""
    dice = random.Random(54321)  # noqa: S311 - repeatable on purpose
    departments: dict[str, list[str]] = {}
    found = []
    for name in ("drafts.txt", "drafts-types.txt"):
        category = ""
        content = (TRAINING / name).read_text(encoding="utf-8")
        for number, line in enumerate(content.splitlines(), start=1):
            if line.startswith("## "):
                category, _, units = (part.strip() for part in line[3:].partition("="))
                departments[category] = units.split(",")
            elif line[:1] in TYPES:
                kind, sentences = TYPES[line[0]], written_out(line[1:].strip(), most, dice)
                found += [Matter(text, kind, category, f"{name}:{number}") for text in sentences]
    return found, departments


def concepts() -> dict[str, str]:
    """The words of each concept, as the weights carry them."""
    found: dict[str, str] = {}
    for number, line in lines("concepts.txt"):
        name, stroke, words = line.partition(": ")
        if not stroke or name in found:
            raise ValueError(f"concepts.txt:{number}: a new name, a colon and its words")
        found[name] = words
    return found


def fillers() -> tuple[list[str], list[str]]:
    """What people say before and after the matter itself."""
    kinds: dict[str, list[str]] = {"[before]": [], "[after]": []}
    here: list[str] = []
    for _, line in lines("fillers.txt"):
        if line in kinds:
            here = kinds[line]
        else:
            here.append(line)
    return kinds["[before]"], kinds["[after]"]


@cache
def syllables() -> dict[str, str]:
    """Toneless syllables with their characters: the 6,763 of GB 2312, by pypinyin (MIT)."""
    import pypinyin

    table: dict[str, list[str]] = defaultdict(list)
    for row, cell in product(range(0xB0, 0xF8), range(0xA1, 0xFF)):
        try:
            char = bytes((row, cell)).decode("gb2312")
        except UnicodeDecodeError:
            continue
        table[READ_AS.get(char) or pypinyin.lazy_pinyin(char)[0]].append(char)
    return {name: "".join(chars) for name, chars in sorted(table.items())}


@cache
def alike() -> dict[str, list[str]]:
    """For each common character those that sound like it, differences of dialect aside."""
    common: dict[str, list[str]] = defaultdict(list)
    sound: dict[str, str] = {}
    for name, chars in syllables().items():
        for char in chars:
            sound[char] = fold(name)
            if char.encode("gb2312") < b"\xd8":  # the 3,755 characters of level one
                common[fold(name)].append(char)
    return {char: common[name] for char, name in sound.items()}


def misheard(text: str, dice: random.Random, rate: float = ERROR_RATE) -> str:
    """The text with recognition errors: characters that sound alike, lost and doubled ones."""
    heard = []
    for char in text:
        if dice.random() >= rate:
            heard.append(char)
            continue
        kind = dice.random()
        if kind < 0.75:
            heard.append(dice.choice(alike().get(char) or [char]))
        elif kind < 0.9:
            heard.append("")
        else:
            heard.append(dice.choice("嗯啊呃那") + char)
    return "".join(heard)


def enlarged(examples: Iterable[Example], seed: int = 1) -> list[Example]:
    """Each example as it is, with fillers, and misheard: what the model is trained on."""
    dice = random.Random(seed)  # noqa: S311 - repeatable on purpose
    before, after = fillers()
    plain = list(examples)
    ordinary = [each.text for each in plain if each.label == "none"]
    found = list(plain)
    for each in plain:
        dressed = each.text
        if dice.random() < 0.6:
            dressed = dice.choice(before) + dressed
        if dice.random() < 0.4:
            dressed += dice.choice(after)
        if each.label == "none" and dice.random() < 0.25:
            dressed += dice.choice(ordinary)
        found.append(Example(dressed, each.label, each.origin))
        found.append(Example(misheard(each.text, dice), each.label, each.origin))
    return found
