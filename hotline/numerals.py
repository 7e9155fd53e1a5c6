"""Numbers as they are spoken: 二十三, 一百零八, and digit by digit 幺三八."""

from __future__ import annotations

import re
from typing import Final

DIGITS: Final = {
    **dict(zip("零〇一二三四五六七八九", "00123456789", strict=True)),
    "幺": "1",
    "两": "2",
    "洞": "0",
    "拐": "7",
    **{digit: digit for digit in "0123456789"},
}
SPOKEN_DIGIT: Final = "[零〇一二三四五六七八九幺两洞拐0-9]"
SEVERAL: Final = f"[两二三四五六2-6]个{SPOKEN_DIGIT}"
"""四个零: a digit said with how many of it there are."""
_SEVERAL: Final = re.compile(SEVERAL)
_PLACES: Final = {"十": 10, "百": 100, "千": 1000}


def placed_digits(text: str) -> list[tuple[str, int]]:
    """Each digit with the place it was said at; 四个零 is four, the last two characters' place."""
    found: list[tuple[str, int]] = []
    place = 0
    while place < len(text):
        if _SEVERAL.match(text, place):
            found += [(DIGITS[text[place + 2]], place + 2)] * int(DIGITS[text[place]])
            place += 3
        else:
            if text[place] in DIGITS:
                found.append((DIGITS[text[place]], place))
            place += 1
    return found


def digits(text: str) -> str:
    """``幺三八`` → ``138``, ``四个零`` → ``0000``; what is no digit is left out."""
    return "".join(digit for digit, _ in placed_digits(text))


def number(text: str) -> int | None:
    """``二十三`` → 23, ``一百零八`` → 108, ``幺零幺`` → 101, ``18`` → 18; None where it is none."""
    if not text or any(char not in DIGITS and char not in _PLACES for char in text):
        return None
    if not any(char in _PLACES for char in text):
        return int(digits(text))
    total, held = 0, ""
    for char in text:
        if char in _PLACES:
            total += int(held or "1") * _PLACES[char]
            held = ""
        else:
            held += DIGITS[char]
    return total + int(held or "0")
