"""When it happened: Chinese expressions of time, normalised against the moment of the call.

``norm`` is as exact as what was said: ``2025``, ``2025-08``, ``2026-03-07``, ``2026-03-12T09``
(the hour), ``recurring`` for 每天…, None where the words give no time (长期).
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from hotline.numerals import number
from hotline.transcript import CORRECTION, Span, Turn, asked, said_by_citizen

N: Final = (
    r"(?:[0-9]{1,4}|[一二两三四五六七八九]百(?:零?[一二三四五六七八九]?十?[一二三四五六七八九]?)"
    r"|[一二两三四五六七八九]?十[一二三四五六七八九]?|[零一二两三四五六七八九])"
)
_PART: Final = (
    r"(?:一?大?清?早上?|早晨|清晨|凌晨|上午|中午|下午|傍晚|晚上|夜里|半夜|深夜|夜间|晚间|晚|夜)"
)
_CLOCK: Final = rf"(?:{N}点(?:半|一刻|三刻|{N}分?|多|左右|钟)?)"
_AT: Final = rf"(?:的?{_PART})?(?:的?{_CLOCK})?(?:左右|前后)?"
_WEEKDAY: Final = r"(?:周|星期|礼拜)[一二三四五六日天末]"
_ASKED: Final = re.compile(r"什么时候|什么时间|几点|哪天|哪一天|几号|多久|几天|啥时候|时间段")
_NEW_YEAR: Final = {2024: (2, 10), 2025: (1, 29), 2026: (2, 17), 2027: (2, 6), 2028: (1, 26)}
_EARLY: Final = re.compile(r"年(?:初|头)")
_DAYS: Final = {
    "大前": -3, "前": -2, "昨": -1, "今": 0, "当": 0, "明": 1, "后": 2, "大后": 3,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Moment:
    """An expression of time: its words, what it means, and how exact it is (higher wins)."""

    text: str
    norm: str | None
    evidence: Span
    weight: int


Reading = Callable[[re.Match[str], dt.datetime], str | None]


def _day(day: dt.date, words: str) -> str:
    """The day, and the hour where a clock time was said."""
    clock = re.search(rf"({N})点", words)
    hour = number(clock[1]) if clock else None
    if hour is None or hour > 24:
        return day.isoformat()
    if re.search(r"下午|傍晚|晚|夜里|半夜|深夜", words) and hour < 12:
        late = not re.search(r"夜里|半夜|深夜", words) or hour >= 6
        hour += 12 if late else 0
    elif "中午" in words and hour < 3:
        hour += 12
    elif hour == 12 and re.search(r"晚|夜", words):
        hour = 24
    moment = dt.datetime.combine(day, dt.time()) + dt.timedelta(hours=hour)
    return moment.isoformat()[:13]


def _month_before(now: dt.datetime, months: int) -> tuple[int, int]:
    total = now.year * 12 + now.month - 1 - months
    return total // 12, total % 12 + 1


def _relative_day(match: re.Match[str], now: dt.datetime) -> str:
    return _day(now.date() + dt.timedelta(days=_DAYS[match["day"]]), match[0])


def _weekday(match: re.Match[str], now: dt.datetime) -> str:
    monday = now.date() - dt.timedelta(days=now.weekday())
    back = match["back"] or ""
    name = match["name"][-1]
    offset = {"日": 6, "天": 6, "末": 5}.get(name, "一二三四五六".find(name))
    day = monday + dt.timedelta(days=offset - 7 * back.count("上") + 7 * back.count("下"))
    if not back and day > now.date():
        day -= dt.timedelta(days=7)
    return _day(day, match[0])


def _date(match: re.Match[str], now: dt.datetime) -> str | None:
    month, day = number(match["month"]), number(match["day"])
    year = _year(match["year"], now)
    if month is None or day is None:
        return None
    if year is None:
        year = now.year if (month, day) <= (now.month, now.day) else now.year - 1
    try:
        return _day(dt.date(year, month, day), match[0].partition("号")[2])
    except ValueError:
        return None


def _day_of_month(match: re.Match[str], now: dt.datetime) -> str | None:
    year, month = _month_before(now, match["month"].count("上"))
    day = number(match["day"])
    try:
        return _day(dt.date(year, month, day or 0), match[0].partition("号")[2])
    except ValueError:
        return None


def _year(words: str | None, now: dt.datetime) -> int | None:
    if not words:
        return None
    known = {"今年": 0, "去年": 1, "前年": 2, "大前年": 3, "本年": 0}
    if words in known:
        return now.year - known[words]
    said = number(words.removesuffix("年"))
    return said if said is None or said > 99 else 2000 + said


def _month(match: re.Match[str], now: dt.datetime) -> str | None:
    month = number(match["month"])
    if month is None or not 1 <= month <= 12:
        return None
    year = _year(match["year"], now) or (now.year if month <= now.month else now.year - 1)
    return f"{year:04d}-{month:02d}"


def _this_month(match: re.Match[str], now: dt.datetime) -> str:
    return "{:04d}-{:02d}".format(*_month_before(now, match[0].count("上")))


def _only_year(match: re.Match[str], now: dt.datetime) -> str | None:
    year = _year(match["year"], now)
    return None if year is None else f"{year:04d}"


def _end_of_year(match: re.Match[str], now: dt.datetime) -> str | None:
    year = _year(match["year"], now)
    return None if year is None else f"{year:04d}-{'01' if _EARLY.search(match[0]) else '12'}"


def _new_year_day(match: re.Match[str], now: dt.datetime) -> str | None:
    """正月初三, 大年三十: counted from the first day of the lunar year."""
    first = _NEW_YEAR.get(now.year)
    day = number(match["lunar"].removeprefix("初"))
    if first is None or not day:
        return None
    eve = match["lunar"] == "三十"
    return _day(dt.date(now.year, *first) + dt.timedelta(days=-1 if eve else day - 1), match[0])


def _this_month_day(match: re.Match[str], now: dt.datetime) -> str | None:
    day = number(match["day"])
    year, month = _month_before(now, 1 if (day or 0) > now.day else 0)
    try:
        return _day(dt.date(year, month, day or 0), match[0].partition("号")[2])
    except ValueError:
        return None


def _past_week(match: re.Match[str], now: dt.datetime) -> str:
    weeks = match[0].count("上") + match[0].count("大")
    monday = now.date() - dt.timedelta(days=now.weekday() + 7 * weeks)
    return monday.isoformat()


def _ago(match: re.Match[str], now: dt.datetime) -> str | None:
    words, unit = match["many"], match["unit"]
    half = words.startswith("半")
    many = 0.5 if half else number(words)
    if many is None or many > 1000:
        return None
    if "年" in unit and not half:
        return f"{now.year - int(many):04d}"
    if "年" in unit:
        return "{:04d}-{:02d}".format(*_month_before(now, 6))
    if "月" in unit and not half:
        return "{:04d}-{:02d}".format(*_month_before(now, int(many)))
    if "小时" in unit or "钟头" in unit or "分钟" in unit:
        back = dt.timedelta(minutes=many) if "分" in unit else dt.timedelta(hours=many)
        return (now - back).isoformat()[:13]
    days = 15 if "月" in unit else many * 7 if unit[-1] in "周期拜" else many
    return (now.date() - dt.timedelta(days=int(days))).isoformat()


def _festival(match: re.Match[str], now: dt.datetime) -> str | None:
    name = match["name"]
    fixed = {"元旦": (1, 1), "五一": (5, 1), "国庆": (10, 1)}
    year = _year(match["year"], now)
    month, day = fixed.get(name) or _NEW_YEAR.get(year or now.year, (2, 1))
    if year is None:
        year = now.year if (month, day) <= (now.month, now.day) else now.year - 1
    return f"{year:04d}-{month:02d}" if name not in fixed else f"{year:04d}-{month:02d}-{day:02d}"


_YEAR: Final = r"(?P<year>今年|去年|大前年|前年|[二0-9零一三四五六七八九]{2,4}年)"
_NOT_IN_A_MONTH: Final = r"(?<![正腊0-9一二三四五六七八九十])"
_DAY_END: Final = r"(?:[天日]|儿个?|个(?=早|上|中|下|晚|夜|半)|(?=[晚早夜]))"
_UNIT: Final = r"(?P<unit>天|日|个?小时|个?钟头|分钟|个?星期|个?礼拜|周|个?月|年)"
_READINGS: Final[tuple[tuple[int, str, Reading], ...]] = (
    (6, rf"每[到逢](?:周末|节假日|饭点|下雨天?|{_WEEKDAY})?{_AT}", lambda *_: "recurring"),
    (6, rf"每(?:天|日|晚|夜|周|个?星期|个?月|年|到|逢)(?:都)?{_AT}(?:[和跟到]{_PART})*",
     lambda *_: "recurring"),
    (6, rf"一到(?:{_PART}|周末|下雨天?|夏天|冬天|饭点)", lambda *_: "recurring"),
    (9, rf"(?:{_YEAR}的?)?(?P<month>{N})月(?P<day>{N})[号日]?{_AT}", _date),
    (9, rf"(?P<month>上上个?月|上个?月|这个月|本月)的?(?P<day>{N})[号日]{_AT}", _day_of_month),
    (9, rf"(?P<day>大前|大后|前|昨|今|当|明|后){_DAY_END}{_AT}", _relative_day),
    (8, rf"(?P<back>(?:上+|这|本|下)(?:个|一)?)?(?P<name>{_WEEKDAY}){_AT}", _weekday),
    (8, rf"(?P<many>半|{N})[来几]?(?:个[多半]?|多)?{_UNIT}(?:多|左右|半)?(?:之前|以前|前)", _ago),
    (7, r"刚刚|刚才|刚刚才|方才", lambda _, now: now.isoformat()[:13]),
    (5, rf"(?:{_YEAR}的?)?(?P<month>{N})月份?(?:初|中旬|底|末)?(?!{N})", _month),
    (5, rf"(?:{_YEAR}的?)?(?P<name>春节|过年|元旦|五一|国庆)(?:期间|前后|节|的?时候)?", _festival),
    (9, rf"(?:正月|大年)(?P<lunar>初?{N}|三十){_AT}", _new_year_day),
    (6, rf"{_YEAR}的?(?:年底|年末|底|年初|年头)", _end_of_year),
    (6, rf"(?<![月楼路街巷院道第0-9一二三四五六七八九十])(?P<day>{N})号(?:那天)?(?={_PART}){_AT}",
     _this_month_day),
    (5, r"(?:大上|上上|上)个?(?:周|星期|礼拜)(?![一二三四五六日天末])", _past_week),
    (4, r"(?:上上个?月|上个?月|这个月|本月)(?:初|底|末|中旬)?", _this_month),
    (4, rf"[前这]几天|[前这头]两天|[前这]一?阵子|{_NOT_IN_A_MONTH}月初|[前这]些天|最近|近期",
     lambda _, now: now.isoformat()[:7]),
    (3, r"一大早|大清早", lambda _, now: now.date().isoformat()),
    (3, rf"天天(?:{_PART})?", lambda *_: "recurring"),
    (3, rf"(?:周末|大?半夜|{_PART})(?:总是|经常|老是|常常)", lambda *_: "recurring"),
    (3, rf"{_PART}的?{_CLOCK}", lambda match, now: _day(now.date(), match[0])),
    (3, _YEAR, _only_year),
    (2, rf"(?:有|都|快|[断停等坏]了)?(?P<many>半|{N})[来几]?(?:个?多)?{_UNIT}多?(?=了(?!还)|没|不)",
     _ago),
    (2, rf"(?:连续|持续|整整)(?P<many>半|{N})[来几]?(?:个?多)?{_UNIT}多?", _ago),
    (1, r"长期|常年|长年|好久|很久|一直以来", lambda *_: None),
)  # fmt: skip
_COMPILED: Final = tuple((weight, re.compile(pattern), read) for weight, pattern, read in _READINGS)


def moments(turns: Sequence[Turn], texts: Sequence[str], now: dt.datetime) -> list[Moment]:
    """Every expression of time the citizen used; ``texts`` have numbers and addresses blanked."""
    found = []
    for index in said_by_citizen(turns):
        text, taken = texts[index], [False] * len(texts[index])
        answers = asked(turns, index, _ASKED)
        for weight, pattern, read in _COMPILED:
            for match in pattern.finditer(text):
                start, end = match.span()
                if any(taken[start:end]) or start == end:
                    continue
                norm = read(match, now)
                if norm is None and weight > 1:
                    continue
                taken[start:end] = [True] * (end - start)
                corrected = bool(CORRECTION.search(text[max(start - 8, 0) : start]))
                score = weight * 10 + 5 * answers + 50 * corrected
                found.append(Moment(match[0], norm, Span(index, start, end), score))
    return found


def happened(turns: Sequence[Turn], texts: Sequence[str], now: dt.datetime) -> Moment | None:
    """The most exact expression; of equally exact ones the first, unless it was corrected."""
    return max(moments(turns, texts, now), key=lambda each: each.weight, default=None)
