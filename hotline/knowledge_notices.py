"""Notices of outages and works (停水、停电、停气、施工 …) and which of them concern an address
(中山 第三十五条, 河北 第三十一条); urgent wordings (应答口径, 肇庆高新区 第二十一条（三）).

A notice names its area as a list of places, as the company that sends it writes them: districts,
roads, villages, compounds. An address is concerned when it names one of them and contradicts none
of the same notice: 文昌路 of another district does not.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from hotline.errors import BadInput
from hotline.words import AgentId, UnitId, UserId


class NoticeKind(StrEnum):
    """What is interrupted or told."""

    WATER = "停水"
    POWER = "停电"
    GAS = "停气"
    HEAT = "停暖"
    TELECOM = "通讯中断"
    WORKS = "施工"
    TRAFFIC = "交通"
    WEATHER = "天气"
    OTHER = "提示"


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """A notice with its area and its time, both ends included. ``places`` empty: the whole city.
    ``all_of`` places must be in the address as well, e.g. the district."""

    id: str
    kind: NoticeKind
    title: str
    words: str
    places: tuple[str, ...]
    starts_at: dt.datetime
    ends_at: dt.datetime
    made_by: UserId
    made_at: dt.datetime
    district: str = ""
    unit: UnitId | None = None
    source: str = ""
    withdrawn_at: dt.datetime | None = None
    version: int = 1

    def active(self, at: dt.datetime, ahead: dt.timedelta = dt.timedelta(hours=24)) -> bool:
        """Whether it is on now, or begins within ``ahead``."""
        return self.withdrawn_at is None and self.starts_at - ahead <= at <= self.ends_at


@dataclass(frozen=True, slots=True, kw_only=True)
class UrgentWords:
    """口径: a wording for something grave that has just happened, on every agent's screen until
    ``until``, or until it is withdrawn."""

    id: str
    title: str
    words: str
    made_by: UserId
    made_at: dt.datetime
    until: dt.datetime
    article: str = ""
    withdrawn_at: dt.datetime | None = None
    acknowledged: tuple[tuple[AgentId, dt.datetime], ...] = ()
    version: int = 1

    def active(self, at: dt.datetime) -> bool:
        return self.withdrawn_at is None and at < self.until


LONGEST_URGENT: Final = 500
_SPLIT: Final = re.compile(r"[、，,；;。\s]+")
_REGION: Final = re.compile(r"[一-鿿]{2,6}?(?:新区|区|县|镇|乡|街道)")
_FIGURES: Final = str.maketrans("０１２３４５６７８９", "0123456789")
_KIND: Final = re.compile(r"(?:小区|社区|片区|一带|附近|沿线|全段|路段)$")
_LEAST: Final = 2
"""Characters of a place: a single one would be in every second address."""


def check_notice(notice: Notice) -> None:
    """Raises BadInput for the first field that is wrong."""
    if not notice.title.strip() or len(notice.title) > 100:
        raise BadInput("title", "请填写标题，最多100字")
    if not notice.words.strip() or len(notice.words) > 2000:
        raise BadInput("words", "请填写内容，最多2000字")
    if notice.ends_at <= notice.starts_at:
        raise BadInput("ends_at", "结束时间应晚于开始时间")
    if notice.ends_at - notice.starts_at > dt.timedelta(days=400):
        raise BadInput("ends_at", "一条通知最长400天，请分开发布")
    for place in notice.places:
        if len(plain_place(place)) < _LEAST:
            raise BadInput("places", f"地点“{place}”太短，请至少写两个字")


def check_urgent(words: UrgentWords) -> None:
    """Raises BadInput for the first field that is wrong."""
    if not words.title.strip() or len(words.title) > 60:
        raise BadInput("title", "请填写标题，最多60字")
    if not words.words.strip() or len(words.words) > LONGEST_URGENT:
        raise BadInput("words", f"请填写口径，最多{LONGEST_URGENT}字，要能在电话里念出来")
    if words.until <= words.made_at:
        raise BadInput("until", "失效时间应晚于现在")
    if words.until - words.made_at > dt.timedelta(days=31):
        raise BadInput("until", "紧急口径最长31天，长期有效的请写成知识")


def places_of(text: str) -> tuple[str, ...]:
    """The places of an area as companies write it: 文昌路、国际城小区，大旺街道."""
    return tuple(dict.fromkeys(one for one in _SPLIT.split(text.strip()) if one))


def plain_place(text: str) -> str:
    """A place or an address as it is compared: without what stands in brackets, spaces and marks,
    plain figures."""
    text = re.sub(r"[（(][^（）()]*[）)]", "", text)
    return re.sub(r"[\s、，,；;。（）()·-]+", "", text).translate(_FIGURES).lower()


def stem(place: str) -> str:
    """A place without the word for its kind that callers leave out: 国际城小区 is 国际城."""
    plain = plain_place(place)
    short = _KIND.sub("", plain)
    return short if len(short) >= _LEAST else plain


def concerns(notice: Notice, address: str) -> str:
    """The place of the notice that an address names; ``全市`` where the notice is for everybody;
    empty where it does not concern it."""
    here = plain_place(address)
    if not notice.places:
        return notice.district or "全市" if _in_district(notice, here) else ""
    if not here or not _in_district(notice, here):
        return ""
    named = [one for one in notice.places if stem(one) in here]
    return max(named, key=len, default="")


def _in_district(notice: Notice, here: str) -> bool:
    """An address that names another district is elsewhere; one that names none may be here."""
    if not notice.district:
        return True
    district = plain_place(notice.district)
    others = [one for one in _REGION.findall(here) if not _same(one, district)]
    return district in here or not others


def _same(region: str, district: str) -> bool:
    return region in district or district in region or region.endswith(district)


@dataclass(frozen=True, slots=True)
class Concern:
    """A notice that concerns an address, and the place that made it so."""

    notice: Notice
    place: str


def matching(
    notices: Iterable[Notice], addresses: Sequence[str], at: dt.datetime, *, most: int = 5
) -> tuple[Concern, ...]:
    """The notices active at ``at`` that concern one of the addresses, the nearest in place and
    then in time first. Notices for the whole city are shown beside none of the addresses alike."""
    found: list[tuple[int, dt.datetime, str, Concern]] = []
    for one in notices:
        if not one.active(at):
            continue
        places = [place for address in addresses if (place := concerns(one, address))]
        if places:
            place = max(places, key=len)
            whole = 1 if not one.places else 0
            found.append((whole, one.starts_at, one.id, Concern(one, place)))
    return tuple(concern for *_, concern in sorted(found, key=lambda row: row[:3])[:most])
