"""Numbers as they are spoken: 二十三, 一百零八, and digit by digit 幺三八."""

from __future__ import annotations

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
_PLACES: Final = {"十": 10, "百": 100, "千": 1000}


def digits(text: str) -> str:
    """``幺三八`` → ``138``; characters that are no digits are left out."""
    return "".join(DIGITS.get(char, "") for char in text)


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
