"""The derived index: made anew when missing, stale or broken, and never half."""

from __future__ import annotations

import json
import shutil
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from kb_search import engine
from kb_search import generations as generations_file
from kb_search import index as index_file
from kb_search.articles import Audience
from kb_search.engine import Scope
from kb_search.generations import only_writer
from kb_search.index import ArticleIndex, IndexBroken, IndexBusy
from kb_search.search import Search
from kb_search.synonyms import Synonyms
from kb_search.terms import terms
from tests.kb_search.shelves import NOON, THREE, article

SCOPE = Scope(Audience.AGENT, NOON)


def ids(index: ArticleIndex, question: str) -> list[str]:
    return [hit.id for hit in index.search(terms(question), SCOPE)]


def made(folder: Path) -> ArticleIndex:
    index = ArticleIndex(folder)
    assert index.refresh(THREE)
    return index


def generations(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.glob("generation-*"))


def test_a_second_start_uses_what_is_there(tmp_path: Path) -> None:
    made(tmp_path)
    before = generations(tmp_path)
    again = ArticleIndex(tmp_path)
    assert not again.refresh(THREE)
    assert not again.refresh(THREE)
    assert ids(again, "公积金提取") == ["fund"]
    assert generations(tmp_path) == before


def test_other_articles_make_it_anew_and_the_old_ones_are_gone(tmp_path: Path) -> None:
    index = made(tmp_path)
    assert index.refresh((*THREE[1:], article("gas", "天然气怎么开通")))
    assert ids(index, "公积金提取") == []
    assert ids(index, "天然气开通") == ["gas"]


def test_old_generations_are_thrown_away_but_the_last_before(tmp_path: Path) -> None:
    index = made(tmp_path)
    for number in range(4):
        index.refresh((*THREE, article(f"a{number}", "别的文章")))
    assert len(generations(tmp_path)) == 2


def test_a_new_shape_of_terms_makes_it_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made(tmp_path)
    monkeypatch.setattr(engine, "TERMS_VERSION", 99)
    assert ArticleIndex(tmp_path).refresh(THREE)


def test_a_pointer_that_is_lost_or_nonsense_makes_it_anew(tmp_path: Path) -> None:
    made(tmp_path)
    for content in (None, "", "[]", "{", '{"generation": "../.."}'):
        pointer = tmp_path / "current.json"
        pointer.unlink() if content is None else pointer.write_text(content)
        index = ArticleIndex(tmp_path)
        assert index.refresh(THREE)
        assert ids(index, "停水") == ["water"]


@pytest.mark.parametrize("harm", ["changed", "lost"])
def test_each_damaged_file_is_noticed_and_the_index_made_anew(tmp_path: Path, harm: str) -> None:
    made(tmp_path)
    there = tmp_path / json.loads((tmp_path / "current.json").read_text())["generation"]
    for name in sorted(path.name for path in there.iterdir() if path.suffix != ".lock"):
        made_of = json.loads((tmp_path / "current.json").read_text())["generation"]
        path = next((tmp_path / made_of).glob(f"*{Path(name).suffix}"))
        content = path.read_bytes()
        # The file is mapped by the index before: harm comes to a new file of the same name.
        path.unlink()
        if harm != "lost":
            path.write_bytes(bytes([content[0] ^ 255]) + content[1:] if content else b"x")
        index = ArticleIndex(tmp_path)
        assert index.refresh(THREE), name
        assert ids(index, "公积金提取") == ["fund"]


def test_a_writer_killed_half_way_leaves_what_was_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    index = made(tmp_path)
    before = (tmp_path / "current.json").read_text()

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(index_file, "point_to", killed)
    with pytest.raises(KeyboardInterrupt):
        index.refresh(THREE[:2])
    monkeypatch.undo()
    assert (tmp_path / "current.json").read_text() == before
    assert ids(index, "社保卡补办") == ["card"]
    assert len(generations(tmp_path)) == 1
    assert not ArticleIndex(tmp_path).refresh(THREE)


def test_half_a_generation_left_by_a_dead_process_is_swept_away(tmp_path: Path) -> None:
    index = made(tmp_path)
    (tmp_path / "generation-dead").mkdir()
    index.refresh(THREE[:2])
    assert "generation-dead" not in generations(tmp_path)


def test_a_second_writer_waits_for_the_first_and_uses_its_work(tmp_path: Path) -> None:
    with ThreadPoolExecutor(4) as pool:
        outcomes = list(pool.map(lambda _: ArticleIndex(tmp_path).refresh(THREE), range(4)))
    assert sorted(outcomes) == [False, False, False, True]


def test_a_writer_that_never_ends_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(generations_file, "_LOCK_PATIENCE_S", 0.1)
    with only_writer(tmp_path), pytest.raises(IndexBusy, match="另一个进程"):
        ArticleIndex(tmp_path).refresh(THREE)


@pytest.mark.parametrize("fault", [OSError(28, "No space left on device"), ValueError("full")])
def test_where_the_disk_refuses_the_index_lives_in_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: Exception
) -> None:
    def full(*_: object) -> None:
        raise fault

    monkeypatch.setattr(index_file, "point_to", full)
    index = ArticleIndex(tmp_path)
    assert index.refresh(THREE)
    assert ids(index, "公积金提取") == ["fund"]
    assert generations(tmp_path) == []


def test_a_folder_that_cannot_be_made_is_no_reason_to_find_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    index = ArticleIndex(tmp_path / "file" / "index")
    assert index.refresh(THREE)
    assert ids(index, "停水") == ["water"]


def test_before_it_is_made_it_says_so(tmp_path: Path) -> None:
    with pytest.raises(IndexBroken, match="尚未建立"):
        ArticleIndex(tmp_path).search(terms("停水"), SCOPE)


def test_an_index_that_breaks_while_it_runs_is_mended_once_for_all_who_ask(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    search = Search(THREE, tmp_path)
    working, broken = engine.search, threading.Event()

    def breaks(*arguments: object) -> object:
        if not broken.is_set():
            broken.set()
            raise ValueError("broken")
        return working(*arguments)  # type: ignore[arg-type] # - passed on as they came

    before = json.loads((tmp_path / "current.json").read_text())["generation"]
    monkeypatch.setattr(index_file, "search", breaks)
    assert search.ranked("公积金提取", NOON) == ["fund"]
    assert json.loads((tmp_path / "current.json").read_text())["generation"] != before
    search.close()


def test_searching_goes_on_while_the_articles_are_replaced(tmp_path: Path) -> None:
    search = Search(THREE, tmp_path)
    done = threading.Event()

    def asks() -> int:
        count = 0
        while not done.is_set():
            assert search.ranked("公积金提取", NOON)[:1] == ["fund"]
            count += 1
        return count

    with ThreadPoolExecutor(2) as pool:
        asking = [pool.submit(asks) for _ in range(2)]
        try:
            for number in range(5):
                search.replace((*THREE, article(f"a{number}", "别的文章")))
        finally:
            done.set()
        assert all(one.result(timeout=20) > 0 for one in asking)
    search.close()


def test_ties_are_ranked_by_id_so_that_every_machine_ranks_alike() -> None:
    index = ArticleIndex(None)
    index.refresh([article(name, "住房公积金") for name in "cabd"])
    assert ids(index, "公积金") == ["a", "b", "c", "d"]


# ------------------------------------------------------------------------- a few articles changed


def test_a_changed_article_is_found_by_what_it_says_now_and_no_more_by_what_it_said(
    tmp_path: Path,
) -> None:
    index = made(tmp_path)
    assert index.update([article("water", "燃气停供怎么办", "停气会提前通知。")])
    assert ids(index, "停水") == []
    assert ids(index, "燃气停供") == ["water"]
    assert ids(index, "公积金提取") == ["fund"]


def test_what_is_gone_is_found_no_more(tmp_path: Path) -> None:
    index = made(tmp_path)
    assert index.update([], gone=["fund"])
    assert ids(index, "公积金提取") == []


def test_after_small_changes_the_next_start_uses_what_is_there(tmp_path: Path) -> None:
    index = made(tmp_path)
    newer = article("gas", "天然气怎么开通")
    for number in range(12):
        assert index.update([article("water", f"停水第{number}次通知")])
    assert index.update([newer], gone=["card"])
    now = (THREE[0], article("water", "停水第11次通知"), newer)
    again = ArticleIndex(tmp_path)
    assert not again.refresh(now)
    assert ids(again, "天然气开通") == ["gas"]
    assert ids(again, "社保卡补办") == []
    assert len(generations(tmp_path)) == 1


def test_small_changes_rank_as_an_index_made_anew(tmp_path: Path) -> None:
    carried, anew = Search(THREE, tmp_path), Search(())
    more = [article(f"m{number}", f"公积金第{number}问", "住房公积金。") for number in range(20)]
    for one in more:
        carried.update([one])
    anew.replace([*THREE, *more])
    for question in ("公积金怎么提取", "停水", "住房公积金第七问"):
        assert carried.ranked(question, NOON)[:3] == anew.ranked(question, NOON)[:3]
    carried.close()
    anew.close()


@pytest.mark.parametrize("moment", ["before the commit", "after the commit"])
def test_a_writer_killed_in_a_small_change_leaves_an_index_that_is_made_good(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    index = made(tmp_path)

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    name = "written" if moment == "before the commit" else "point_to"
    monkeypatch.setattr(index_file, name, killed)
    changed = article("water", "燃气停供怎么办")
    with pytest.raises(KeyboardInterrupt):
        index.update([changed])
    monkeypatch.undo()
    for wanted, question, found in (
        (THREE, "停水", ["water"]),
        ((THREE[0], changed, THREE[2]), "燃气停供", ["water"]),
    ):
        again = ArticleIndex(tmp_path)
        again.refresh(wanted)
        assert ids(again, question) == found


def test_where_another_process_wrote_meanwhile_the_index_is_made_anew(tmp_path: Path) -> None:
    first, second = made(tmp_path), ArticleIndex(tmp_path)
    second.refresh(THREE)
    assert second.update([article("gas", "天然气怎么开通")])
    assert not first.update([article("dog", "养犬管理")])


def test_a_full_disk_in_a_small_change_hides_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    search = Search(THREE, tmp_path)

    def full(*_: object) -> None:
        raise ValueError("No space left on device")

    monkeypatch.setattr(index_file, "written", full)
    monkeypatch.setattr(index_file, "point_to", full)
    search.update([article("gas", "天然气怎么开通")], gone=["fund"])
    assert search.ranked("天然气开通", NOON) == ["gas"]
    assert search.ranked("公积金提取", NOON) == []
    search.close()


# ------------------------------------------------------------------------- harm while it is in use


@pytest.mark.parametrize("harm", ["deleted", "overwritten", "pointer lost", "one file lost"])
def test_harm_under_a_running_search_is_noticed_and_made_good(tmp_path: Path, harm: str) -> None:
    search = Search(THREE, tmp_path / "index")
    search.update([article("gas", "天然气怎么开通")])
    assert not search.mend()
    (there,) = (tmp_path / "index").glob("generation-*")
    if harm == "deleted":
        shutil.rmtree(tmp_path / "index")
    elif harm == "overwritten":
        for path in there.iterdir():
            with path.open("r+b") as file:  # in its place: it is mapped, and must not become short
                file.write(bytes(path.stat().st_size))
    else:
        files = sorted(path for path in there.iterdir() if path.suffix != ".lock")
        (tmp_path / "index" / "current.json" if harm == "pointer lost" else files[0]).unlink()
    assert search.mend()
    assert search.ranked("公积金提取", NOON) == ["fund"]
    assert search.ranked("天然气开通", NOON) == ["gas"]
    assert not search.mend()
    assert not ArticleIndex(tmp_path / "index").refresh(tuple(search.known().values()))
    search.close()


def test_the_work_of_another_process_is_no_harm(tmp_path: Path) -> None:
    search, other = Search(THREE, tmp_path), Search(THREE, tmp_path)
    other.update([article("gas", "天然气怎么开通")])
    assert not search.mend()
    search.close()
    other.close()


def test_an_engine_that_panics_over_a_damaged_file_is_mended_like_any_other_fault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class PanicException(BaseException):
        """As the engine's own is, which is no Exception."""

    search, counting = Search(THREE, tmp_path), engine._masses
    panics = [PanicException("index out of bounds")]

    def panicking(*arguments: Any) -> Any:
        if panics:
            raise panics.pop()
        return counting(*arguments)

    monkeypatch.setattr(engine, "_masses", panicking)
    assert search.ranked("公积金提取", NOON) == ["fund"]
    search.close()


@pytest.mark.parametrize("place", ["on the disk", "in memory", "deleted"])
def test_an_article_is_tried_on_a_copy_and_leaves_no_trace(tmp_path: Path, place: str) -> None:
    folder = None if place == "in memory" else tmp_path / "index"
    search = Search(THREE, folder)
    if place == "deleted":
        shutil.rmtree(tmp_path / "index")
    tried = article("gas", "天然气怎么开通", asked=("怎么通气",))
    for words in ("天然气怎么开通", "trq"):
        found = search.with_article(tried, words, SCOPE).found
        assert found[0].article == tried
        assert tried not in [one.article for one in search.look_up(words, SCOPE).found]
    assert [one.article.id for one in search.look_up("公积金提取", SCOPE).found] == ["fund"]
    assert list(tmp_path.glob("index/trying-*")) == []
    if place == "on the disk":
        assert not search.mend(), "its own files were not touched"
    search.close()


def test_other_synonyms_are_tried_for_one_question(tmp_path: Path) -> None:
    search = Search(THREE)
    tried = Synonyms([["房钱", "公积金"]])
    assert search.look_up("房钱提取", SCOPE, synonyms=tried).meant
    assert search.look_up("房钱提取", SCOPE).meant == ()
    search.close()


def test_it_is_found_before_the_engine_has_merged(tmp_path: Path) -> None:
    search, seen = Search(THREE, tmp_path), list[str]()
    newer = article("gas", "天然气怎么开通")
    search.update([newer], shown=lambda: seen.extend(search.ranked("天然气开通", NOON)))
    assert seen == ["gas"]
    search.close()


def test_the_order_in_which_articles_come_is_of_no_consequence(tmp_path: Path) -> None:
    many = [article(f"a{number}", "住房公积金") for number in range(60)]
    one, other = Search(many), Search(many[::-1])
    assert one.ranked("公积金", NOON, limit=40) == other.ranked("公积金", NOON, limit=40)
    one.close()
    other.close()
