"""A speech model on disk: what it is, and whether it can be one. Reads files, loads nothing.

The small model comes with Jiesu; a public one (PUBLIC) is brought by the hotline as a folder.
Nothing is ever downloaded.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from hotline.errors import HotlineError

SMALL: Final = Path(__file__).parent / "models" / "small-zh"
"""The model that comes with Jiesu."""

PUBLIC: Final = ("vosk-model-small-cn-0.22", "vosk-model-cn-0.22")
"""The public Chinese models of the vosk project, the light one first."""
PUBLIC_AT: Final = "alphacephei.com/vosk/models"
"""Where the vosk project lists and describes them."""

SMALL_NOTICE: Final = (
    "正在使用随附的小模型：只认识几百个热线用词，只听过合成语音，不能用来判断系统听真人的水平。"
    f"正式使用请取公开模型（{' 或 '.join(PUBLIC)}，见 {PUBLIC_AT}），"
    "解压到本机，用 --model 目录 指定。"
)
"""What page and terminal say while the small model listens."""

_RATE: Final = re.compile(r"^--sample-frequency=(\d+)", re.MULTILINE)
_TAKES_LESS: Final = re.compile(r"^--allow-upsample=true", re.MULTILINE)
_OWN_RATE: Final = 16000  # Kaldi's when its conf names none


class NoModel(HotlineError):
    """The folder holds no model that vosk can load. One sentence."""


@dataclass(frozen=True, slots=True)
class SpeechModel:
    """A folder with a vosk model.

    `rate` is the model's own, samples a second; `resample` says that telephone sound must be
    brought to it first; `words` is how many it knows, None when its files do not tell.
    """

    folder: Path
    rate: int
    resample: bool
    words: int | None

    @property
    def name(self) -> str:
        """The folder's name."""
        return self.folder.name

    @property
    def small(self) -> bool:
        """Whether it is the one that comes with Jiesu: see SMALL_NOTICE."""
        return self.folder == SMALL.resolve()


def read_model(folder: Path | None = None) -> SpeechModel:
    """What the folder holds, the small model where none is named. NoModel."""
    chosen = (folder or SMALL).expanduser().resolve()
    if not chosen.is_dir():
        raise NoModel(f"没有这个语音模型目录：{chosen}，请给出解压后的 vosk 模型目录")
    # vosk's own rule: am/final.mdl marks the present layout, else everything lies flat.
    flat = not (chosen / "am" / "final.mdl").is_file()
    conf = chosen / ("mfcc.conf" if flat else "conf/mfcc.conf")
    if lacking := _lacking(chosen, flat=flat):
        raise NoModel(
            f"{chosen} 不是 vosk 语音模型（缺少 {'、'.join(lacking)}），"
            f"请给出解压后的模型目录{_inside(chosen)}"
        )
    features = conf.read_text("utf-8", "replace")
    stated = _RATE.search(features)
    rate = int(stated[1]) if stated else _OWN_RATE
    if rate not in {8000, 16000}:
        raise NoModel(f"{chosen} 的采样率是 {rate} 赫兹，请换用 8000 或 16000 赫兹的模型")
    return SpeechModel(
        folder=chosen,
        rate=rate,
        resample=rate > 8000 and _TAKES_LESS.search(features) is None,
        words=_count_words(chosen / ("words.txt" if flat else "graph/words.txt")),
    )


def _lacking(folder: Path, *, flat: bool) -> list[str]:
    """What vosk needs and does not find: the sound's model, its measures, and a graph of words in
    one piece or in two."""
    names = ("final.mdl", "mfcc.conf") if flat else ("am/final.mdl", "conf/mfcc.conf")
    graph = folder if flat else folder / "graph"
    missing = [name for name in names if not (folder / name).is_file()]
    whole = (graph / "HCLG.fst").is_file()
    if not whole and not all((graph / name).is_file() for name in ("HCLr.fst", "Gr.fst")):
        missing.append("HCLG.fst" if flat else "graph/HCLG.fst")
    return missing


def _inside(folder: Path) -> str:
    """An archive unpacked into a folder of its own has the model one step further down."""
    deeper = [one for one in sorted(folder.iterdir()) if one.is_dir() and (one / "am").is_dir()]
    return f"，例如 {deeper[0]}" if deeper else ""


def _count_words(path: Path) -> int | None:
    try:
        lines = path.read_text("utf-8", "replace").splitlines()
    except OSError:
        return None
    marks = ("<", "[", "#", "!")
    return sum(1 for line in lines if line and not line.startswith(marks))
