"""The bench of search, at its smallest."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from switchboard.bench import search as bench
from switchboard.bench.search import as_text, run
from switchboard.bench.search_corpus import demonstration, filled
from switchboard.refusals import Refusal


def test_three_engines_are_asked_the_same_and_told_side_by_side(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("bm25s")
    few = demonstration()
    few = replace(few, articles=few.articles[:40], asked=few.asked[:60], misheard=few.misheard[:60])
    monkeypatch.setattr(bench, "demonstration", lambda: few)
    result = run(as_json=True)
    assert json.loads(capsys.readouterr().out.splitlines()[-1]) == result
    names = [side["name"] for side in result["sides"]]
    assert names == ["本系统", "SQLite FTS5 二元组", "bm25s 二元组"]
    for side in result["sides"]:
        assert side["plain"]["r1"] <= side["plain"]["r3"] <= side["plain"]["r10"]
        assert side["plain"]["r3"] > 0.5
    assert result["questions"] > result["documents"]
    shown = as_text(result)
    assert "R@3 比两个对照中好的一个高" in shown
    assert "发布到查到" in shown
    among = run(as_json=True, documents=80)
    assert (among["documents"], among["judged_documents"]) == (80, 40)
    for side, alone in zip(among["sides"], result["sides"], strict=True):
        assert [side["plain"][key] for key in ("r1", "r3")] == [
            alone["plain"][key] for key in ("r1", "r3")
        ]
    assert "命中率在没有凑数的 40 篇里量" in as_text(among)


def test_the_same_documents_are_made_every_time_and_as_many_as_wanted() -> None:
    material = demonstration()
    first, again = filled(material, 400), filled(material, 400)
    assert first == again
    assert len(first.articles) == 400
    assert filled(material, 3) is material


def test_what_is_misheard_sounds_the_same_and_is_written_otherwise() -> None:
    material = demonstration()
    changed = sum(
        said != heard
        for (_, said), (_, heard) in zip(material.asked, material.misheard, strict=True)
    )
    assert changed > len(material.asked) * 0.8


def test_half_of_the_files_is_refused_with_what_is_missing(tmp_path: Path) -> None:
    with pytest.raises(Refusal, match="要一起给"):
        run(as_json=False, corpus=tmp_path / "a")
