"""The browser that drives our own pages: for tests, screenshots and the bench of the pop.

The system's Chromium, else one unpacked into the cache without root; with Chinese fonts, or every
picture would show empty boxes.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from asterisk_conf.debian import CHROMIUM, Bundle, default_cache, fetch, find_tool, unpacked
from switchboard.prerequisites import Missing, Say, apt_line
from switchboard.terminal import progress

_FONTS = Bundle("fonts-wqy-microhei", "中文字体", ("fonts-wqy-microhei",))
_CHINESE = ("*CJK*", "wqy*", "*SourceHan*", "*NotoSansSC*", "*simsun*", "*msyh*", "*PingFang*")

FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--hide-scrollbars",
    "--font-render-hinting=none",
)
"""For every use. The sandbox needs rights that containers and root do not give; only our own pages
are opened."""

TELEPHONE_FLAGS = (
    "--use-fake-ui-for-media-stream",
    "--use-fake-device-for-media-stream",
    "--autoplay-policy=no-user-gesture-required",
    "--allow-loopback-in-peer-connection",
    "--mute-audio",
)
"""For a desk whose telephone talks: a microphone that needs no person."""


@dataclass(frozen=True, slots=True)
class Chromium:
    """What a driver needs to start it: ``launch(executable_path=…, env=…, args=…)``."""

    executable: str
    env: dict[str, str]


def find(cache: Path | None = None, say: Say = progress) -> Chromium:
    """A Chromium with Chinese fonts; raises Missing with the apt line."""
    folder = cache or default_cache()
    tool = find_tool("chromium", folder, say)
    if tool is None:
        raise Missing(f"没有浏览器 Chromium：{apt_line('chromium')}")
    return Chromium(tool.command[0], {**tool.full_env(), **_fonts(folder, say)})


def _fonts(cache: Path, say: Say) -> dict[str, str]:
    """Nothing to add where the machine has Chinese fonts; else a configuration with ours."""
    if _has_chinese_fonts():
        return {}
    tree = unpacked(CHROMIUM, cache) or fetch(_FONTS, cache, say)
    config = cache / "fonts.conf"
    folders = ("/usr/share/fonts", str(tree.root / "usr/share/fonts"))
    lines = "".join(f"<dir>{one}</dir>" for one in folders)
    text = (
        '<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd">'
        f"<fontconfig>{lines}<cachedir>{cache / 'fontconfig'}</cachedir></fontconfig>\n"
    )
    fresh = config.with_suffix(f".{os.getpid()}")
    fresh.write_text(text, "utf-8")
    fresh.replace(config)
    return {"FONTCONFIG_FILE": str(config)}


def _has_chinese_fonts() -> bool:
    lister = shutil.which("fc-list")
    if lister is None:
        shared = Path("/usr/share/fonts")
        return any(next(shared.rglob(pattern), None) for pattern in _CHINESE)
    shown = subprocess.run(
        [lister, ":lang=zh-cn", "family"], capture_output=True, timeout=30, check=False
    )
    return bool(shown.stdout.strip())
