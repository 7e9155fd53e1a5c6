"""How a name and a number look to who need not know them."""

from __future__ import annotations

from typing import Final

from hotline.words import Phone

_DOUBLE_SURNAMES: Final = frozenset(
    {"欧阳", "司马", "上官", "诸葛", "东方", "皇甫", "尉迟", "公孙", "慕容"}
)


def masked_name(name: str) -> str:
    """The family name and stars: 欧阳**, 林**."""
    name = name.strip()
    if not name:
        return ""
    kept = 2 if name[:2] in _DOUBLE_SURNAMES and len(name) > 2 else 1
    return f"{name[:kept]}**"


def masked_number(phone: Phone) -> str:
    """``138 **** 6027``, ``0311 **** 0001``, as the design groups it."""
    if phone.withheld or len(phone.digits) < 11:
        return phone.masked
    return phone.masked.replace("****", " **** ")


def grouped_number(phone: Phone) -> str:
    """``138 0000 6027``; other numbers as they are dialled."""
    digits = phone.digits
    return f"{digits[:3]} {digits[3:7]} {digits[7:]}" if phone.is_mobile else digits
