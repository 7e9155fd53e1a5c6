"""Our pages keep to what Chromium 109 and Firefox ESR know: seats on 麒麟 and UOS are not new.

Syntax is judged by esbuild: what it would have to rewrite for those browsers is too new. Calls it
cannot see are named here with the Chromium that brought them.
"""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Final

import pytest

from agent_desk.pages import STATIC
from asterisk_conf.debian import default_cache
from switchboard.prerequisites import node, npm_packages

pytestmark = pytest.mark.browser

OLDEST: Final = "chrome109,firefox115"
TOO_NEW: Final = {
    r"\.(toSorted|toReversed|toSpliced)\(": 110,
    r"\b(Object|Map)\.groupBy\(": 117,
    r"\bPromise\.(withResolvers|try)\(": 119,
    r"\bArray\.fromAsync\(": 121,
    r"\bAbortSignal\.any\(": 116,
    r"\bURL\.(canParse|parse)\(": 120,
    r"\.(isSubsetOf|isSupersetOf|isDisjointFrom|symmetricDifference)\(": 122,
    r"\.(values|keys|entries)\(\)\s*\.(map|filter|find|some|every|reduce|take|drop|toArray)\(": 122,
    r"\.(showPopover|hidePopover|togglePopover)\(": 114,
    r"\bcolor-mix\(": 111,
    r"\blight-dark\(": 123,
    r"@starting-style|@scope\b": 117,
}
SOURCES: Final = sorted([*STATIC.glob("js/*.js"), *STATIC.glob("css/*.css")])


def rewritten(folder: Path, target: str) -> dict[str, bytes]:
    """Our files as esbuild gives them for these browsers."""
    tool = node(default_cache())
    packages = npm_packages(default_cache())
    subprocess.run(
        [
            *(packages / "esbuild" / "bin" / "esbuild", *SOURCES),
            *(f"--target={target}", f"--outdir={folder}", "--log-level=error"),
        ],
        env=tool.full_env(),
        check=True,
        timeout=120,
    )
    return {path.name: path.read_bytes() for path in folder.rglob("*.*")}


def test_nothing_has_to_be_rewritten_for_the_oldest_browsers(tmp_path: Path) -> None:
    old, newest = rewritten(tmp_path / "old", OLDEST), rewritten(tmp_path / "new", "esnext")
    assert len(newest) == len(SOURCES)
    assert [name for name, content in newest.items() if old[name] != content] == []


@pytest.mark.parametrize("pattern", TOO_NEW, ids=lambda pattern: str(TOO_NEW[pattern]))
def test_no_page_calls_what_the_oldest_browsers_lack(pattern: str) -> None:
    found = [path.name for path in SOURCES if re.search(pattern, without_comments(path))]
    assert found == []


def without_comments(path: Path) -> str:
    return re.sub(r"/\*.*?\*/", "", path.read_text("utf-8"), flags=re.DOTALL)
