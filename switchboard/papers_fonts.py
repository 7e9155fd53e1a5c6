"""The fonts of printed papers: the machine's own, else Debian's, unpacked into the cache.

Noto Serif CJK is the face (宋体, with a heavy cut for titles); BabelStone Han stands in for
characters it lacks (生僻字). No package of Debian has a free 仿宋 with simplified characters.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from asterisk_conf.apt_state import Progress, unheard
from asterisk_conf.debian import Bundle, default_cache, fetch, unpacked
from asterisk_conf.errors import FetchFailed

SERIF: Final = Bundle("fonts-noto-cjk", "公文用的宋体字", ("fonts-noto-cjk",))
RARE: Final = Bundle("fonts-babelstone-han", "生僻字的字库", ("fonts-babelstone-han",))
SHARED: Final = Path("/usr/share/fonts")
_TEXT: Final = "opentype/noto/NotoSerifCJK-Regular.ttc"
_BOLD: Final = "opentype/noto/NotoSerifCJK-Bold.ttc"
_RARE: Final = "truetype/babelstone/BabelStoneHan.ttf"
SIMPLIFIED: Final = 2
"""Which face of a Noto collection has the forms of mainland China: JP, KR, SC, TC, HK."""


@dataclass(frozen=True, slots=True)
class PaperFonts:
    """Files. ``rare`` is None where only the common characters can be printed."""

    text: Path
    bold: Path
    rare: Path | None


def installed(cache: Path, shared: Path = SHARED) -> PaperFonts | None:
    """The fonts that are here already; None without the face."""
    places = [shared]
    for bundle in (SERIF, RARE):
        tree = unpacked(bundle, cache)
        places += [tree.root / "usr/share/fonts"] if tree else []
    found = {name: _first(places, name) for name in (_TEXT, _BOLD, _RARE)}
    text, bold = found[_TEXT], found[_BOLD]
    return PaperFonts(text, bold, found[_RARE]) if text and bold else None


def bring(cache: Path | None = None, say: Progress = unheard, shared: Path = SHARED) -> PaperFonts:
    """The fonts, fetched where missing. Raises FetchFailed; the rare ones may stay away."""
    folder = cache or default_cache()
    if installed(folder, shared) is None:
        fetch(SERIF, folder, say)
    here = installed(folder, shared)
    if here is not None and here.rare is None:
        with contextlib.suppress(FetchFailed):
            fetch(RARE, folder, say)
        here = installed(folder, shared)
    if here is None:
        raise FetchFailed("解开的软件包里没有打印用的字体。")
    return here


def _first(places: list[Path], name: str) -> Path | None:
    return next((place / name for place in places if (place / name).is_file()), None)
