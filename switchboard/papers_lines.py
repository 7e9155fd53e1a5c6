"""Breaking Chinese text into lines: 避头尾 as GB/T 15834 asks, Latin words and numbers whole.

Pure; widths are asked of the caller, in any unit.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from typing import Final

Width = Callable[[str], float]

NOT_FIRST: Final = frozenset("，。、；：？！）】》〉」』”’…—·％%‰℃,.;:?!)]}")
"""No line begins with these."""
NOT_LAST: Final = frozenset("（【《〈「『“‘([{")
"""No line ends with these."""
_TOKEN: Final = re.compile(r"[A-Za-z0-9_@#/.:+\-]+(?:%|‰|℃)?|[ ]+|.", re.DOTALL)
_TAB: Final = "　　"


def clean(text: str) -> str:
    """Without what cannot be printed: control, bidi and other format characters."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\t", _TAB)
    kept = (one for one in text if one == "\n" or unicodedata.category(one) not in _UNSEEN)
    return unicodedata.normalize("NFC", "".join(kept))


_UNSEEN: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def paragraphs(text: str) -> list[str]:
    """The paragraphs of a text; one empty one for an empty text."""
    found = [one.strip(" ") for one in clean(text).split("\n")]
    return [one for one in found if one] or [""]


def broken(text: str, width: Width, room: float, first: float | None = None) -> list[str]:
    """One paragraph in lines of at most ``room``; the first has ``first`` where it is given. A
    character that is wider than the room stands alone."""
    tokens = _tokens(text, width, room)
    lines: list[list[str]] = [[]]
    used, most = 0.0, room if first is None else first
    for one in tokens:
        wide = width(one)
        if lines[-1] and used + wide > most:
            over = _pulled(lines[-1], one)
            lines.append(over)
            used, most = sum(width(part) for part in over), room
            if one.isspace() and not over:
                continue
        lines[-1].append(one)
        used += wide
    return ["".join(line).rstrip(" ") for line in lines]


def _pulled(line: list[str], token: str) -> list[str]:
    """What of a full line goes down with the token, so that neither line breaks the rules. At most
    four: a row of points longer than that is not language."""
    over: list[str] = []
    follows = token
    while len(line) > 1 and len(over) < 4:
        if follows[0] in NOT_FIRST or line[-1][-1] in NOT_LAST:
            follows = line.pop()
            over.insert(0, follows)
        else:
            break
    return over


def _tokens(text: str, width: Width, room: float) -> list[str]:
    """Characters, and words that stay whole unless no line is long enough for them."""
    found: list[str] = []
    for token in _TOKEN.findall(text):
        found += [token] if width(token) <= room else list(token)
    return found
