"""How a Chinese text is said: numbers into words, hanzi into tone-numbered pinyin. No I/O."""

from __future__ import annotations

import re
from typing import Final

_DIGITS: Final = "零一二三四五六七八九"
_MEASURES: Final = (
    "元块角分名位人户个件条次栋幢楼层号室天日月年周岁时点秒米里吨斤克度倍家辆台亩页期批间路届"
    "百千万亿"
)
_NAMED: Final = {"12345": "一二三四五"}
"""Numbers that are a name and have their own way of being said."""

# Letters as they are named in Chinese (车牌粤A, 4G): close enough for a voice that knows no other.
_LETTERS: Final = dict(
    zip(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZ",
        "ei1 bi4 xi1 di4 yi4 ai2fu5 ji4 ei1chi5 ai4 zhei4 kei4 ai2lou5 ai2mu5 en1 ou1 pi4 "
        "kiu1 a2 ai2si5 ti4 you1 wei1 da2bu5liu5 ai2ke5si5 wai4 zei4".split(),
        strict=True,
    )
)
_PAUSES: Final = str.maketrans(
    {
        **dict.fromkeys('，、,;；:：（）()“”"《》—…·', "，"),
        **dict.fromkeys("。.!！\n", "。"),
        **dict.fromkeys("?？", "？"),
    }
)
_SAID_PAUSES: Final = {"，": ",", "。": ".", "？": "?"}


def number_in_words(value: int) -> str:
    """A number below 10¹² as it is said: 二百零三, 十五, 一万零八十."""
    if not value:
        return "零"
    text = ""
    gap = False
    for weight, name in ((10**8, "亿"), (10**4, "万"), (1, "")):
        part, value = divmod(value, weight)
        if part:
            text += (
                ("零" if text and (gap or part < 1000) else "") + _below_ten_thousand(part) + name
            )
        gap = bool(text) and not part
    return text.removeprefix("一") if text.startswith("一十") else text


def _below_ten_thousand(value: int) -> str:
    text = ""
    zero = False
    for weight, name in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit, value = divmod(value, weight)
        if digit:
            text += ("零" if zero and text else "") + _DIGITS[digit] + name
        zero = not digit
    return text


def digit_by_digit(digits: str) -> str:
    """A telephone number or code as it is read out: 一 is said 幺."""
    return _NAMED.get(digits) or "".join(_DIGITS[int(one)] for one in digits).replace("一", "幺")


def numbers_in_words(text: str) -> str:
    """Every number of `text` in Chinese: amounts as amounts, telephone numbers digit by digit."""
    text = re.sub(r"([0-9]{1,12}(?:\.[0-9]+)?)[%％]", r"百分之\1", text)
    text = re.sub(r"([0-9]{1,2}):([0-9]{2})(?![0-9])", r"\1点\2分", text)
    text = re.sub(
        r"([0-9]{1,12})\.([0-9]+)",
        lambda found: (
            number_in_words(int(found[1])) + "点" + "".join(_DIGITS[int(one)] for one in found[2])
        ),
        text,
    )

    def said(found: re.Match[str]) -> str:
        digits, after = found[1], text[found.end() : found.end() + 1]
        amount = len(digits) <= 2 or (len(digits) <= 8 and after and after in _MEASURES)
        if len(digits) == 4 and after == "年":
            return "".join(_DIGITS[int(one)] for one in digits)
        if amount and not (digits.startswith("0") and len(digits) > 1):
            return number_in_words(int(digits))
        return digit_by_digit(digits)

    return re.sub(r"([0-9]+)", said, text)


def pinyin(text: str) -> str:
    """`text` as syllables with their tones (neutral: 5), parted by blanks, pauses kept.

    What has no sound (emoji, other scripts) is left out; '' when nothing remains.
    """
    # Its dictionaries take a quarter of a second: only who speaks pays for them.
    from pypinyin import Style, lazy_pinyin

    plain = numbers_in_words(text.translate(_WIDE)).translate(_PAUSES)
    kept = re.sub(r"[^\u3400-\u9fffA-Za-z，。？]", " ", plain)
    said: list[str] = []
    for part in lazy_pinyin(kept, style=Style.TONE3, neutral_tone_with_five=True):
        if re.fullmatch(r"[a-zü]+[1-5]", part):
            said.append(part.replace("ü", "v"))
        else:
            said += _other(part)
    return " ".join(said).strip(" ,.?") and " ".join(said)


_WIDE: Final = {ord("０") + value: str(value) for value in range(10)}


def _other(part: str) -> list[str]:
    return [
        _SAID_PAUSES.get(sign) or _LETTERS[sign.upper()]
        for sign in part
        if sign in _SAID_PAUSES or sign.upper() in _LETTERS
    ]
