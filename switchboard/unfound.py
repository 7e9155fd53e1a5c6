"""What was asked and not found: which questions are worth an editor's look, without whose they
were, and which of them are the same. Pure.

Names and numbers are taken out before anything is kept. Two questions are the same where they have
the same telling sounds, whatever characters a recogniser wrote.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Final

from hotline.numerals import SPOKEN_DIGIT
from hotline.slots_person import person
from hotline.transcript import GAP, Turn
from kb_search.everyday import weights
from kb_search.terms import terms

TELLING: Final = 3.0
"""So much a question has to say besides what everybody says (kb_search.everyday)."""
NEAR: Final = 0.6
LONGEST: Final = 80
_FIGURES: Final = re.compile(rf"(?:{SPOKEN_DIGIT}[\s\-，、]?){{3,}}")
_NAME: Final = re.compile(
    r"(?:我叫|名叫|姓名是?|名字[叫是]?|免贵姓|我姓)[一-鿿]{1,3}|[一-鿿](?=先生|女士|小姐)"
)
_MARKS: Final = re.compile(
    r"[A-Za-z0-9_.+\-]+@[A-Za-z0-9_.\-]+|[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣桂甘晋蒙陕吉闽贵粤青藏川宁琼鄂]?"
    r"(?<![A-Za-z0-9])(?=[A-Za-z_.\-]*[0-9])[A-Za-z0-9][A-Za-z0-9_.\-]{3,}\s?"
)
"""What names somebody or something of theirs: plates, permits, numbers of cases, addresses of mail.
"""
_ASKS: Final = re.compile(
    r"怎么|如何|怎样|什么|啥|哪|吗|多少|多久|多长|能不能|可不可以|是否|是不是|有没有|要不要|用不用"
    r"|谁|几[个天岁年号]|为何|能否|想问|请问|咨询|条件|材料|流程|手续|政策|规定|标准|办理|申请|申报"
)


def plain_question(words: str) -> str:
    """Without the names and numbers that the hotline's own rules know, in one line, short."""
    text = _FIGURES.sub(GAP, _MARKS.sub(GAP, " ".join(words.split())))
    if name := person((Turn("citizen", text),), (text,)):
        text = text[: name.evidence.start] + GAP + text[name.evidence.end :]
    text = _NAME.sub(GAP, text)
    return re.sub(rf"{GAP}(?:\s*{GAP})*", "…", text)[:LONGEST].strip("，,。 ")


def worth_asking(words: str) -> bool:
    """Whether somebody asked for something that an article could answer: no small talk."""
    telling = sum(weights(terms(words)).values())
    return telling >= TELLING and _ASKS.search(words) is not None


def sound_of_question(words: str) -> str:
    """The same for questions that tell the same by their sounds; empty where they tell nothing."""
    return " ".join(sorted(_telling(words)))


def grouped(questions: Sequence[tuple[str, int, int]]) -> list[tuple[str, int, int]]:
    """(words, asked, missed), the most missed first, with those that sound nearly alike added to
    the one missed most."""
    groups: list[tuple[str, frozenset[str], int, int]] = []
    having: dict[str, list[int]] = {}
    for words, asked, missed in sorted(questions, key=lambda one: (-one[2], one[0])):
        sounds = _telling(words)
        for at in sorted({at for sound in sounds for at in having.get(sound, ())}):
            name, theirs, sum_asked, sum_missed = groups[at]
            if _near(sounds, theirs):
                groups[at] = (name, theirs, sum_asked + asked, sum_missed + missed)
                break
        else:
            for sound in sounds:
                having.setdefault(sound, []).append(len(groups))
            groups.append((words, sounds, asked, missed))
    found = [(words, asked, missed) for words, _, asked, missed in groups]
    return sorted(found, key=lambda one: (-one[2], one[0]))


def _telling(words: str) -> frozenset[str]:
    """Sounds across function words (金怎) differ with every way of putting it."""
    return frozenset(sound for sound, tells in weights(terms(words)).items() if tells == 1.0)


def _near(one: Iterable[str], other: frozenset[str]) -> bool:
    sounds = frozenset(one)
    every = len(sounds | other)
    return bool(every) and len(sounds & other) / every >= NEAR
