"""A small dispatch directory for the demonstration of Zhongshan. Marked 演示数据.

Limits and sub-offices are invented. A basis is cited only where the city's own regulation names the
service; the others say that they have none.
"""

from __future__ import annotations

import datetime as dt
from typing import Final

from hotline.directory import DEMO, Entry
from hotline.rulings import Span, Unit
from hotline.words import UnitId
from ledger.store import Ledger

CITY: Final = "zhongshan"
NO_BASIS: Final = "演示数据，无依据"
_UTILITIES: Final = "中山市接诉即办工作办法（市政府令第24号）第三十五条；期限为演示数据"


def _entry(item: str, unit: str, limit: Span | None, *keywords: str, **more: str) -> Entry:
    return Entry(
        item=item,
        basis=more.get("basis", NO_BASIS),
        unit=UnitId(unit),
        limit=limit,
        sub_office=more.get("sub_office", ""),
        keywords=keywords,
    )


_DAY: Final = Span(24, Unit.HOUR)
_THREE: Final = Span(3, Unit.WORKING_DAY)
_FIVE: Final = Span(5, Unit.WORKING_DAY)
_TEN: Final = Span(10, Unit.WORKING_DAY)
ENTRIES: Final = (
    _entry("停水和供水故障", "gongshui", _DAY, "供水供电供气", "停水", basis=_UTILITIES),
    _entry("停电和供电故障", "gongdian", _DAY, "供水供电供气", "停电", basis=_UTILITIES),
    _entry("夜间施工噪声", "chengguan", _FIVE, "噪声扰民"),
    _entry("占道经营", "jiedao", _THREE, "市容环境", sub_office="综合行政执法办公室（演示）"),
    _entry("物业服务纠纷", "jiedao", _TEN, "物业管理", sub_office="公共服务办公室（演示）"),
    _entry("房屋质量", "zhujian", _TEN, "房屋建设"),
    _entry("拖欠工资", "renshe", _TEN, "劳动社保"),
    _entry("消费纠纷", "shichang", _TEN, "市场监管"),
    _entry("废气污水", "shengtai", _FIVE, "环境保护"),
    _entry("公交线路", "jiaotong", _TEN, "交通出行"),
    _entry("入学咨询", "jiaoyu", _THREE, "教育"),
    _entry("医疗服务", "weijian", _TEN, "医疗卫生"),
    _entry("户口办理", "gongan", None, "户籍证照"),
)


async def seed_directory(ledger: Ledger, city: str, today: dt.date) -> None:
    """The first version, from today on, where the demonstration is Zhongshan and has none."""
    if city == CITY and not await ledger.directory.all():
        await ledger.directory.add(
            ENTRIES, after=0, effective_from=today, origin=DEMO, by="demonstration"
        )
