"""Straight to the article of a law (精准定位): 工伤保险条例第三十条, 工伤条例30条. Pure.

Names of documents come from what articles rest on (依据) and from articles that are a document
themselves, whose sections or lines begin with 第N条. A name is known by its characters and, for
what a recogniser misheard, by its sounds: single ones for a shortened name, pairs for a whole one.
"""

from __future__ import annotations

import itertools
import math
import re
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from hotline.numerals import number
from kb_search.articles import Article
from kb_search.terms import plain, split

_NUMBER: Final = "[零〇一二三四五六七八九十百千两0-9]{1,7}"
_CLAUSE: Final = re.compile(rf"第?({_NUMBER})条(?:之({_NUMBER}))?")
_HEADED: Final = re.compile(rf"第({_NUMBER})条(?:之({_NUMBER}))?")
_NAMED: Final = re.compile(r"《([^《》]+)》")
_KINDS: Final = (
    "法", "法典", "条例", "办法", "规定", "细则", "规则", "决定", "通知", "意见", "标准", "规范",
    "解释", "制度", "方案", "章程",
)  # fmt: skip
_TAIL: Final = re.compile(r"[（(][^（）()]*[)）]$")
_STATE: Final = "中华人民共和国"
_FILLERS: Final = re.compile(
    "你好|您好|请问一下|请问|我想问一下|我想问|我要问|问一下|咨询一下|咨询|查一下|查询|帮我查|查|看一下|"
    "关于|根据|按照|依据|依照|里面|里头|里边|当中|中的|里的|那个|这个|的"
)
CERTAIN: Final = 0.55
"""From which likeness (0–1) on a name is taken for the one that was said."""
_ALONE: Final = 0.35
"""What a single sound counts, against 1 for a pair."""
_LONG_ENOUGH: Final = 4
_LAW_ITSELF, _RESTS_ON_IT = 0, 1


@dataclass(frozen=True, slots=True)
class Cited:
    """What was asked for: the words that name a document, and the article's number."""

    name: str
    clause: tuple[int, int]
    """第三十条 is (30, 0), 第三十条之二 is (30, 2)."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where it stands: an article of the knowledge base, in which of its sections (None: all of
    it), from which character on."""

    article: str
    section: int | None = None
    start: int = 0
    exact: bool = True
    """The number itself was found; else only the document."""


def cited(text: str) -> Cited | None:
    """The document and number a question names, None where it names none."""
    words = "".join(plain(text).split())
    for found in _CLAUSE.finditer(words):
        name = _FILLERS.sub("", words[: found.start()]).strip("《》〈〉“”\"'，,。、:：")
        clause = _clause(found)
        if clause and len(name) > 1:
            return Cited(name, clause)
    return None


class Documents:
    """The documents the articles know, by name and number. Safe to be asked and changed from
    several threads."""

    def __init__(self) -> None:
        self._places: dict[str, dict[tuple[int, int], dict[str, tuple[int, Place]]]] = {}
        self._names_of: dict[str, frozenset[str]] = {}
        self._weighed: _Weighed | None = None
        self._alone = threading.Lock()

    def put(self, article: Article) -> None:
        """What this article says of documents; replaces what was known of it."""
        found = tuple(_places(article))
        with self._alone:
            self._drop(article.id)
            for name, clause, kind, place in found:
                clauses = self._places.setdefault(name, {})
                clauses.setdefault(clause, {}).setdefault(article.id, (kind, place))
            if found:
                self._names_of[article.id] = frozenset(name for name, _, _, _ in found)

    def drop(self, id: str) -> None:
        """Forget an article; an unknown id is no error."""
        with self._alone:
            self._drop(id)

    def copied(self) -> Documents:
        """Another one that knows the same."""
        other = Documents()
        with self._alone:
            other._names_of, other._weighed = dict(self._names_of), self._weighed
            other._places = {
                name: {clause: dict(there) for clause, there in clauses.items()}
                for name, clauses in self._places.items()
            }
        return other

    def _drop(self, id: str) -> None:
        for name in self._names_of.pop(id, ()):
            clauses = self._places[name]
            for clause in list(clauses):
                clauses[clause].pop(id, None)
                if not clauses[clause]:
                    del clauses[clause]
            if not clauses:
                del self._places[name]

    def find(self, asked: Cited) -> tuple[Place, ...]:
        """The places of that article, the document's own text before what rests on it; where the
        number is not there, the document itself. Empty where no name is like the one said."""
        with self._alone:
            if self._weighed is None or self._weighed.names != self._places.keys():
                self._weighed = _Weighed(sorted(self._places))
            name = self._weighed.nearest(asked.name)
            clauses = self._places.get(name, {}) if name else {}
            if there := clauses.get(asked.clause):
                found = sorted(there.values(), key=lambda one: (one[0], one[1].article))
                return tuple(place for _, place in found)
            whole = {
                place.article: Place(place.article, exact=False)
                for places in clauses.values()
                for kind, place in places.values()
                if kind == _LAW_ITSELF
            }
        return tuple(whole[id] for id in sorted(whole))


class _Weighed:
    """Names of documents, and how much each sound tells among them."""

    def __init__(self, names: Sequence[str]) -> None:
        self.names = frozenset(names)
        self._names = names
        self._features = [_features(_short(name)) for name in names]
        self._having: dict[str, list[int]] = {}
        for at, features in enumerate(self._features):
            for one in features:
                self._having.setdefault(one, []).append(at)
        self._mass = [self._of(features) for features in self._features]

    def nearest(self, said: str) -> str | None:
        features = _features(_short(said))
        whole = self._of(features)
        shared: dict[int, float] = {}
        for one, weight in features.items():
            for at in self._having.get(one, ()):
                shared[at] = shared.get(at, 0.0) + weight * self._rarity(one)
        if not shared or not whole:
            return None
        likeness = {at: mass / math.sqrt(whole * self._mass[at]) for at, mass in shared.items()}
        best = max(likeness, key=lambda at: (likeness[at], -len(self._names[at]), -at))
        if likeness[best] >= CERTAIN:
            return self._names[best]
        names = [self._names[at] for at in likeness]
        shortened = [name for name in names if _shortens(said, name)]
        return min(shortened, key=lambda name: (len(name), name), default=None)

    def _of(self, features: dict[str, float]) -> float:
        return sum(weight * self._rarity(one) for one, weight in features.items())

    def _rarity(self, feature: str) -> float:
        having = len(self._having.get(feature, ()))
        return math.log(1 + (len(self._names) + 1) / (having + 0.5))


def _places(article: Article) -> Iterator[tuple[str, tuple[int, int], int, Place]]:
    for basis in article.basis:
        found = _HEADED.search(plain(basis.clause))
        yield (
            basis.document,
            (found and _clause(found)) or (0, 0),
            _RESTS_ON_IT,
            Place(article.id),
        )
    name = document_named(article.title)
    if name:
        yield name, (0, 0), _LAW_ITSELF, Place(article.id)
        for at, section in enumerate(article.sections):
            found = _HEADED.match(plain(section.heading))
            if found and (clause := _clause(found)):
                yield name, clause, _LAW_ITSELF, Place(article.id, at)
            for line in re.finditer(r"^[ \t　]*(?=第)", section.text, re.MULTILINE):
                found = _HEADED.match(plain(section.text[line.end() : line.end() + 20]))
                if found and (clause := _clause(found)):
                    yield name, clause, _LAW_ITSELF, Place(article.id, at, line.end())


def document_named(title: str) -> str:
    """The document a title is the name of; empty where it is none."""
    quoted = _NAMED.fullmatch(title.strip())
    name = quoted[1] if quoted else title.strip()
    bare = _TAIL.sub("", name)
    return name if quoted or bare.endswith(_KINDS) else ""


def _clause(found: re.Match[str]) -> tuple[int, int] | None:
    main, sub = number(found[1]), number(found[2]) if found[2] else 0
    return None if main is None or sub is None else (main, sub)


def _short(name: str) -> str:
    """Without the state's name and what stands in brackets at the end."""
    return _TAIL.sub("", name).removeprefix(_STATE) or name


def _shortens(said: str, name: str) -> bool:
    """劳合法 for 劳动合同法, 公积金条例 for 住房公积金管理条例: its sounds in their order, the last
    among them, and the first as well where it is short."""
    short, whole = (
        [unit.sound for stretch in split(_short(one)) for unit in stretch] for one in (said, name)
    )
    rest = iter(whole)
    return (
        1 < len(short) < len(whole)
        and short[-1] == whole[-1]
        and (short[0] == whole[0] or len(short) >= _LONG_ENOUGH)
        and all(sound in rest for sound in short)
    )


def _features(name: str) -> dict[str, float]:
    units = [unit for stretch in split(name) for unit in stretch]
    found = {f"{unit.sound}": _ALONE for unit in units}
    for first, second in itertools.pairwise(units):
        found[f"{first.sound}-{second.sound}"] = 1.0
        found[f"{first.text}{second.text}"] = 0.5
    return found
