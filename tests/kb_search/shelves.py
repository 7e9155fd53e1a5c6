"""Small articles for tests."""

from __future__ import annotations

import datetime as dt
from typing import Any

from hotline.policy import ZONE
from kb_search.articles import WORDS, Article, Section

NOON = dt.datetime(2026, 9, 28, 12, 0, tzinfo=ZONE)


def article(id: str, title: str, words: str = "请到窗口办理。", **more: Any) -> Article:
    return Article(id=id, title=title, sections=(Section(WORDS, words),), source="演示数据", **more)


THREE = (
    article("fund", "住房公积金怎么提取", "购买自住住房可以提取公积金。"),
    article("water", "家里停水了怎么办", "计划停水会提前通知。"),
    article("card", "社保卡丢失怎么补办", "请先挂失，再到网点补办。"),
)
