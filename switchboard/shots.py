"""./jiesu shots: every page × state × size into docs/shots/, and no flaw in any of them.

The scenes live with the tests (tests/browser/scenes.py): a page cannot be photographed in a state
that no test looks at.
"""

from __future__ import annotations

import asyncio
import importlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol, cast

from asterisk_conf.debian import default_cache
from switchboard.prerequisites import bring
from switchboard.refusals import Refusal
from switchboard.settings import ROOT
from switchboard.terminal import progress

SHOTS = ROOT / "docs" / "shots"


class FlawedPages(Refusal):
    """Pictures were taken, but something in them is cut, sideways or not accessible."""


class _Album(Protocol):
    pictures: tuple[Path, ...]
    flaws: tuple[str, ...]


def run(out_dir: Path = SHOTS, say: Callable[[str], None] = progress) -> list[Path]:
    """Photograph everything anew; pictures of scenes that are gone are removed.

    Raises FlawedPages naming every flaw, Missing where there is no browser.
    """
    bring(["chromium", "npm packages"], default_cache(), say)
    module: Any = importlib.import_module("tests.browser.album")
    album = cast("_Album", asyncio.run(module.photograph(out_dir, say=say)))
    for old in set(out_dir.glob("*.png")) - set(album.pictures):
        old.unlink()
    if album.flaws:
        listed = "\n".join(f"  {flaw}" for flaw in album.flaws)
        raise FlawedPages(f"有 {len(album.flaws)} 处毛病，请改正后重拍：\n{listed}")
    return list(album.pictures)
