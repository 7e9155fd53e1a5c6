"""Where the fonts of papers come from."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from asterisk_conf.debian import Bundle, Tree
from asterisk_conf.errors import FetchFailed
from switchboard import papers_fonts
from switchboard.papers_fonts import RARE, SERIF, bring, installed

FILES = {
    SERIF.name: ("opentype/noto/NotoSerifCJK-Regular.ttc", "opentype/noto/NotoSerifCJK-Bold.ttc"),
    RARE.name: ("truetype/babelstone/BabelStoneHan.ttf",),
}


def lay(folder: Path, *names: str) -> None:
    for name in names:
        for file in FILES[name]:
            (folder / file).parent.mkdir(parents=True, exist_ok=True)
            (folder / file).touch()


def unpack(bundle: Bundle, cache: Path) -> Tree:
    root = cache / f"{bundle.name}-1"
    lay(root / "usr/share/fonts", bundle.name)
    facts = {"version": "1", "packages": list(bundle.packages), "complete": False}
    (root / "jiesu-tree.json").write_text(json.dumps(facts))
    return Tree(root, "1", complete=False)


def test_what_the_machine_has_is_taken_and_nothing_fetched(tmp_path: Path) -> None:
    lay(tmp_path / "shared", SERIF.name, RARE.name)
    found = bring(tmp_path / "cache", shared=tmp_path / "shared")
    assert found.text == tmp_path / "shared" / FILES[SERIF.name][0]
    assert found.rare is not None
    assert not (tmp_path / "cache").exists()


def test_what_it_lacks_comes_into_the_cache(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def fetch(bundle: Bundle, cache: Path, _say: object) -> Tree:
        asked.append(bundle.name)
        return unpack(bundle, cache)

    monkeypatch.setattr(papers_fonts, "fetch", fetch)
    lay(tmp_path / "shared", RARE.name)
    found = bring(tmp_path / "cache", shared=tmp_path / "shared")
    assert asked == [SERIF.name]
    assert found.bold.is_relative_to(tmp_path / "cache")
    assert found.rare == tmp_path / "shared" / FILES[RARE.name][0]


def test_without_the_rare_ones_common_papers_are_printed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fetch(_bundle: Bundle, _cache: Path, _say: object) -> Tree:
        raise FetchFailed("没有网络。")

    monkeypatch.setattr(papers_fonts, "fetch", fetch)
    lay(tmp_path / "shared", SERIF.name)
    assert bring(tmp_path / "cache", shared=tmp_path / "shared").rare is None
    with pytest.raises(FetchFailed, match="没有网络"):
        bring(tmp_path / "cache", shared=tmp_path / "nothing")
    assert installed(tmp_path / "cache", tmp_path / "nothing") is None
