"""A dispatch directory as the rows of a table that officials keep: read, judged cell by cell, and
written again without loss.

Every wrong cell is reported, not the first alone: row number as the table program shows it, column,
one sentence.
"""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeVar

from hotline import rulings
from hotline.directory import Entry, plain
from hotline.grass_roots import never_leads
from hotline.rulings import Span
from hotline.words import UnitId

T = TypeVar("T")
ITEM: Final = "事项名称"
BASIS: Final = "法律依据"
UNIT: Final = "承办单位"
LIMIT: Final = "办理期限"
SUB_OFFICE: Final = "建议承办的镇街所属工作机构"
KEYWORDS: Final = "关键词"
BEGINS: Final = "生效日期"
ENDS: Final = "失效日期"
COLUMNS: Final = (ITEM, BASIS, UNIT, LIMIT, SUB_OFFICE, KEYWORDS, BEGINS, ENDS)
NEEDED: Final = (ITEM, BASIS, UNIT)
_OTHER_NAMES: Final = {
    "诉求事项": ITEM,
    "诉求事项名称": ITEM,
    "诉求事项的名称": ITEM,
    "依据": BASIS,
    "时限": LIMIT,
    "镇街所属工作机构": SUB_OFFICE,
    "建议承办机构": SUB_OFFICE,
    "建议承办的内设机构": SUB_OFFICE,
}
LONGEST: Final = {ITEM: 100, BASIS: 500, UNIT: 128, SUB_OFFICE: 128, KEYWORDS: 300}
MOST_ROWS: Final = 5000
_COUNTED: Final = (rulings.Unit.WORKING_DAY, rulings.Unit.DAY, rulings.Unit.HOUR)
_FIRST_DAY: Final = dt.date(1899, 12, 30)
"""Day 0 of the numbers table programs keep dates in."""


@dataclass(frozen=True, slots=True)
class KnownUnit:
    """A unit that may be named. ``kind`` is the city's word for what it is."""

    code: UnitId
    name: str
    kind: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """What rows are judged by: the units, who may never lead, and what the pack asks for."""

    units: Sequence[KnownUnit]
    never_lead: tuple[str, ...] = ()
    never_lead_article: str = ""
    towns_name_office: str = ""
    """The article by which a town's entry names its office; empty where none does."""


@dataclass(frozen=True, slots=True)
class WrongRow:
    """One wrong cell. ``row`` counts as table programs do, the heading is row 1; ``column`` is the
    heading, empty where the whole row or table is wrong."""

    row: int
    column: str
    why: str

    def __str__(self) -> str:
        place = f"第{self.row}行" + (f"“{self.column}”" if self.column else "")
        return f"{place}：{self.why}"


@dataclass(slots=True)
class Reading:
    """What the rows gave. ``entries`` are complete only where nothing is ``wrong``."""

    entries: list[Entry] = field(default_factory=list)
    wrong: list[WrongRow] = field(default_factory=list)


def read(rows: Sequence[Sequence[str]], ground: Ground) -> Reading:
    """Read a table whose first row is the heading; columns in any order, empty rows left out."""
    reading = Reading()
    if not rows:
        reading.wrong.append(WrongRow(1, "", f"表是空的，第一行应写列名：{'、'.join(COLUMNS)}"))
        return reading
    places = _heading(rows[0], reading)
    if reading.wrong:
        return reading
    if len(rows) > MOST_ROWS + 1:
        why = f"有{len(rows) - 1}行，最多{MOST_ROWS}行，请分开"
        reading.wrong.append(WrongRow(MOST_ROWS + 2, "", why))
        return reading
    numbered: list[tuple[int, Entry]] = []
    for number, row in enumerate(rows[1:], start=2):
        if not any(cell.strip() for cell in row):
            continue
        cells = {
            name: row[place].strip() if place < len(row) else "" for name, place in places.items()
        }
        entry = _row(number, cells, ground, reading)
        if entry is not None:
            numbered.append((number, entry))
    _twice(numbered, reading)
    if not numbered and not reading.wrong:
        reading.wrong.append(WrongRow(2, "", "列名下面没有一行事项"))
    reading.entries = [entry for _, entry in numbered]
    reading.wrong.sort(key=lambda one: one.row)
    return reading


def _heading(row: Sequence[str], reading: Reading) -> dict[str, int]:
    places: dict[str, int] = {}
    for place, cell in enumerate(row):
        name = plain(cell)
        name = _OTHER_NAMES.get(name, name)
        if not name:
            continue
        if name not in COLUMNS:
            why = f"不认识这一列，可用的列名是{'、'.join(COLUMNS)}"
            reading.wrong.append(WrongRow(1, cell.strip(), why))
        elif name in places:
            reading.wrong.append(WrongRow(1, name, "这一列出现了两次，请留一列"))
        else:
            places[name] = place
    reading.wrong.extend(
        WrongRow(1, name, "缺这一列，请在第一行写上") for name in NEEDED if name not in places
    )
    return places


class _Unreadable(ValueError):
    """A cell that cannot be taken; its text is the sentence."""


def _row(number: int, cells: Mapping[str, str], ground: Ground, reading: Reading) -> Entry | None:
    before = len(reading.wrong)

    def wrong(column: str, why: str) -> None:
        reading.wrong.append(WrongRow(number, column, why))

    for name, cell in cells.items():
        if cell.startswith(("=", "+", "-", "@")):
            wrong(name, f"以“{cell[0]}”开头会被表格软件当作公式，请改写")
        elif len(cell) > LONGEST.get(name, 40):
            wrong(name, f"有{len(cell)}字，最多{LONGEST.get(name, 40)}字，请删减")
    if not cells[ITEM]:
        wrong(ITEM, "没有写事项名称")
    if not cells[BASIS]:
        wrong(BASIS, "没有写法律依据，请写明文件和条款")
    unit = _read(wrong, UNIT, cells[UNIT], lambda text: _unit(text, ground))
    limit = _read(wrong, LIMIT, cells.get(LIMIT, ""), _limit)
    begins = _read(wrong, BEGINS, cells.get(BEGINS, ""), _day)
    ends = _read(wrong, ENDS, cells.get(ENDS, ""), _day)
    if begins and ends and ends < begins:
        wrong(ENDS, f"失效日期{ends}早于生效日期{begins}，请对调或改正")
    office = cells.get(SUB_OFFICE, "")
    if unit and unit.kind == "镇街" and ground.towns_name_office and not office:
        cite = ground.towns_name_office
        wrong(SUB_OFFICE, f"承办单位是镇街的，还应当列明建议承办的镇街所属工作机构〔{cite}〕")
    if unit is None or len(reading.wrong) > before:
        return None
    return Entry(
        item=cells[ITEM],
        basis=cells[BASIS],
        unit=unit.code,
        limit=limit,
        sub_office=office,
        keywords=_keywords(cells.get(KEYWORDS, "")),
        effective_from=begins,
        effective_to=ends,
    )


def _read(
    wrong: Callable[[str, str], None], column: str, text: str, reader: Callable[[str], T | None]
) -> T | None:
    try:
        return reader(text)
    except _Unreadable as unread:
        wrong(column, str(unread))
        return None


def _unit(text: str, ground: Ground) -> KnownUnit:
    if not text:
        raise _Unreadable("没有写承办单位")
    found = [one for one in ground.units if plain(one.name) == plain(text) or one.code == text]
    if not found:
        raise _Unreadable(f"没有“{text}”这个承办单位，请先在单位目录里登记，或改成已登记的名称")
    if len(found) > 1:
        codes = "、".join(one.code for one in found)
        raise _Unreadable(f"有{len(found)}个单位叫“{text}”，请写单位代码：{codes}")
    unit = found[0]
    if kind := never_leads(unit.kind, unit.name, ground.never_lead):
        cite = f"〔{ground.never_lead_article}〕" if ground.never_lead_article else ""
        raise _Unreadable(f"{kind}不得作为主责办理单位，请写镇街或部门{cite}")
    return unit


def _limit(text: str) -> Span | None:
    """5个工作日; empty: the directory sets no limit."""
    if not text:
        return None
    try:
        span = rulings.span(plain(unicodedata.normalize("NFKC", text)))
    except ValueError:
        span = None
    if span is None or span.unit not in _COUNTED:
        raise _Unreadable(f"看不懂办理期限“{text}”，请写成“5个工作日”“15天”或“24小时”，没有就空着")
    return span


def _day(text: str) -> dt.date | None:
    """2026-01-01, 2026/1/1, 2026年1月1日, 20260101, or the number a table program keeps."""
    if not text:
        return None
    written = re.fullmatch(
        r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?:[ T]00:00(?::00)?)?", text
    )
    written = written or re.fullmatch(r"(\d{4})(\d{2})(\d{2})", text)
    try:
        if written is not None:
            return dt.date(int(written[1]), int(written[2]), int(written[3]))
        if re.fullmatch(r"[1-9]\d{4}(?:\.0+)?", text):
            return _FIRST_DAY + dt.timedelta(days=int(float(text)))
    except ValueError:
        pass
    raise _Unreadable(f"看不懂日期“{text}”，请写成 2026-01-01")


def _keywords(text: str) -> tuple[str, ...]:
    words = (word.strip() for word in re.split(r"[、，,;；\s]+", text))
    return tuple(dict.fromkeys(word for word in words if word))


def _twice(numbered: Sequence[tuple[int, Entry]], reading: Reading) -> None:
    """One matter may not be two units' on one day."""
    seen: dict[str, list[tuple[int, Entry]]] = {}
    for number, entry in numbered:
        for other, earlier in seen.get(plain(entry.item), []):
            if _together(entry, earlier):
                why = f"与第{other}行是同一事项，日期又重叠，请留一行，或写开生效日期、失效日期"
                reading.wrong.append(WrongRow(number, ITEM, why))
                break
        seen.setdefault(plain(entry.item), []).append((number, entry))


def _together(one: Entry, other: Entry) -> bool:
    first = max(one.effective_from or dt.date.min, other.effective_from or dt.date.min)
    last = min(one.effective_to or dt.date.max, other.effective_to or dt.date.max)
    return first <= last


# ---------------------------------------------------------------------------------- written again


def written(entries: Sequence[Entry], units: Sequence[KnownUnit]) -> list[list[str]]:
    """The table of a directory, heading first. Read again it gives the same entries: a unit is
    written by its name, or by its code where two have that name."""
    names = [plain(one.name) for one in units]
    shown = {one.code: one.name for one in units if names.count(plain(one.name)) == 1}
    return [list(COLUMNS), *(_cells(entry, shown) for entry in entries)]


def _cells(entry: Entry, names: Mapping[UnitId, str]) -> list[str]:
    return [
        entry.item,
        entry.basis,
        names.get(entry.unit, entry.unit),
        str(entry.limit or ""),
        entry.sub_office,
        "、".join(entry.keywords),
        entry.effective_from.isoformat() if entry.effective_from else "",
        entry.effective_to.isoformat() if entry.effective_to else "",
    ]
