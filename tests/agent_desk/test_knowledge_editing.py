"""The editors' pages before the real rules and a real ledger: what is written, reviewed, called
back, posted, tried."""

from __future__ import annotations

import datetime as dt
import html
import re
import shutil
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from agent_desk.knowledge_editing_form import Typed, differences, read, typed_from
from agent_desk.views import Person
from agent_desk.web import plug_in
from hotline.knowledge import Content, Ground, Passage, Reach, Standing
from hotline.words import CallId, UnitId
from kb_search.articles import WORDS, Article, Audience, Section
from kb_search.engine import Scope
from switchboard.supervision_sweep import corrections_of
from tests.agent_desk.editors_room import BOSS, EDITOR, OFFICER, EditorsRoom, editors_room
from tests.agent_desk.fakes import MORNING, ORIGIN, Town, settings
from tests.agent_desk.visits import Visit, token_in
from tests.ledger.laid import lay

pytestmark = pytest.mark.anyio
W = "/knowledge/editing"
SHELF = (
    Article("gjj", "住房公积金提取条件", (Section(WORDS, "可以提取。"),), unit="公积金中心"),
    Article("card", "社会保障卡挂失补办", (Section(WORDS, "先挂失。"),), unit="区人社局"),
)
CONTENT = Content(
    title="夜间烧烤扰民找谁",
    words="您好，夜间烧烤扰民由城管部门受理。",
    category="城市管理",
    passages=(Passage("所需材料", "时间、地点。"),),
    asked=("楼下烧烤太吵", "烧烤摊油烟"),
    scope="全区",
    subjects="任何人",
    conditions="正在发生",
    grounds=(Ground("城市管理条例", "第十条"),),
    related=("card",),
    unit="区城市管理和综合执法局",
    contact="0758-0000000",
    hours="全天",
    valid_from=dt.date(2026, 10, 1),
    valid_to=dt.date(2027, 9, 30),
    source="本单位报送",
)


@pytest.fixture(scope="module")
async def migrated(anyio_backend: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty ledger, made once: each test begins with a copy of its file."""
    folder = tmp_path_factory.mktemp("editors")
    await lay(f"sqlite:///{folder / 'jiesu.db'}", folder)
    return folder / "jiesu.db"


@pytest.fixture
async def room(town: Town, tmp_path: Path, migrated: Path) -> AsyncIterator[EditorsRoom]:
    shutil.copy(migrated, tmp_path)
    async with editors_room(tmp_path, town, SHELF) as room:
        yield room


@pytest.fixture
async def visit(room: EditorsRoom, built: FastAPI) -> AsyncIterator[Visit]:
    plug_in(built, room.ports(), settings())
    transport = httpx.ASGITransport(built, client=("127.0.0.1", 50000))
    async with httpx.AsyncClient(transport=transport, base_url=ORIGIN) as client:
        yield Visit(client)


async def as_(visit: Visit, who: Person) -> Visit:
    visit.client.cookies.clear()
    await visit.log_in(who)
    visit.csrf = token_in((await visit.get("/me")).text)
    return visit


def form_of(content: Content, **more: str) -> dict[str, str | list[str]]:
    typed = typed_from(content)
    names = [n for n in Typed.__dataclass_fields__ if n not in ("grounds", "passages")]
    fields: dict[str, str | list[str]] = {name: getattr(typed, name) for name in names}
    fields["ground_document"] = [one for one, _ in typed.grounds]
    fields["ground_clause"] = [one for _, one in typed.grounds]
    fields["passage_heading"] = [one for one, _ in typed.passages]
    fields["passage_text"] = [one for _, one in typed.passages]
    return {**fields, **more}


async def send(visit: Visit, path: str, fields: dict[str, str | list[str]]) -> httpx.Response:
    data = {"csrf": visit.csrf, **fields}
    return await visit.client.post(path, data=data, headers={"origin": ORIGIN})


def text_of(answer: httpx.Response) -> str:
    return html.unescape(answer.text)


def hidden(answer: httpx.Response, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', answer.text)
    assert found, name
    return found[1]


# ------------------------------------------------------------------------------------------- form


@pytest.mark.clause("ZQ-22¶1")
def test_a_form_holds_every_field_of_an_article_and_gives_it_back_as_it_was() -> None:
    embargo = dt.datetime(2026, 10, 9, 1, 0, tzinfo=dt.UTC)
    for content in (
        CONTENT,
        Content(title="内部", words="只给自己人", reach=Reach.INTERNAL, embargo_until=embargo),
    ):
        back = read(typed_from(content))
        assert differences(back.content, content) == ()
        assert not back.unread


def test_what_cannot_be_read_is_told_by_its_field_and_is_never_saved_as_nothing() -> None:
    found = read(Typed(title="题", words="话", unit="局", valid_to="下周", embargo_until="明早"))
    assert [one.field for one in found.unread] == ["valid_to", "embargo_until"]
    assert all(one.blocks for one in found.unread)
    told = read(Typed(title="题", words="话", unit="局", grounds=(("", "第三条"),))).problems
    assert "第三条" in told[0].why


# ----------------------------------------------------------------------------------------- writing


@pytest.mark.clause("ZQ-22¶1", "ZQ-21¶1")
async def test_an_article_is_written_checked_submitted_reviewed_by_another_and_published(
    visit: Visit, room: EditorsRoom
) -> None:
    await as_(visit, EDITOR)
    page = await visit.get(f"{W}/new")
    id_ = hidden(page, "id")
    short = form_of(Content(title="夜间烧烤", words=""), id=id_, expected="0", do="submit")
    refused = await send(visit, f"{W}/new", short)
    assert refused.status_code == 422
    assert "还不能提交审核：请填写答复口径" in text_of(refused)
    assert 'value="夜间烧烤"' in text_of(refused)
    full = form_of(CONTENT, id=id_, expected="0", do="submit")
    done = await send(visit, f"{W}/new", full)
    assert done.headers["location"] == f"{W}/review?said=submitted"
    queue = text_of(await visit.get(f"{W}/review"))
    assert "您写的，请由另一人审核" in queue
    own = text_of(await visit.get(f"{W}/{id_}/review"))
    assert 'value="pass"' not in own

    await as_(visit, BOSS)
    one = await visit.get(f"{W}/{id_}/review")
    assert all(
        word in text_of(one) for word in ("烧烤摊油烟", "《城市管理条例》第十条", "时间、地点。")
    )
    act = {"act": "pass", "number": "1", "expected": hidden(one, "expected"), "note": ""}
    assert (await send(visit, f"{W}/{id_}/acts", dict(act))).status_code == 303
    await as_(visit, EDITOR)
    one = await visit.get(f"{W}/{id_}/review")
    act = {"act": "publish", "number": "1", "expected": hidden(one, "expected")}
    assert (await send(visit, f"{W}/{id_}/acts", dict(act))).status_code == 303
    held = await room.library.ledger.knowledge.articles.one(id_)
    assert held.latest.standing is Standing.PUBLISHED
    assert differences(held.latest.content, CONTENT) == ()


@pytest.mark.clause("GY-主要内容·知识库")
async def test_where_the_city_wants_several_reviewers_the_queue_says_so_with_its_article(
    town: Town, tmp_path: Path
) -> None:
    async with editors_room(tmp_path, town, (), city="guangyuan") as room:
        await room.submitted("hu", CONTENT, OFFICER)
        page = await room.editing.waiting(EDITOR, MORNING)
        assert (page.needed, page.article) == (2, "主要内容")
        assert page.rows[0].acts


async def test_who_saves_after_somebody_else_sees_both_and_loses_nothing(
    visit: Visit, room: EditorsRoom
) -> None:
    await as_(visit, EDITOR)
    mine = await visit.get(f"{W}/card/edit")
    expected = hidden(mine, "expected")
    theirs = CONTENT.__class__(title="社会保障卡挂失补办", words="对方写的口径", unit="区人社局")
    await room.ports().knowledge.save("card", theirs, expected=int(expected), by=BOSS, at=MORNING)
    typed = form_of(
        Content(title="社会保障卡挂失补办", words="我写的口径", unit="区人社局"),
        expected=expected,
        do="save",
    )
    both = await send(visit, f"{W}/card/edit", typed)
    assert both.status_code == 409
    shown = text_of(both)
    assert "我写的口径" in shown
    assert "对方写的口径" in shown
    again = {**typed, "expected": hidden(both, "expected")}
    assert (await send(visit, f"{W}/card/edit", again)).status_code == 303
    held = await room.library.ledger.knowledge.articles.one("card")
    assert held.latest.content.words == "我写的口径"


async def test_an_officer_writes_for_the_own_unit_and_is_kept_from_others(
    visit: Visit, room: EditorsRoom
) -> None:
    await as_(visit, OFFICER)
    id_ = hidden(await visit.get(f"{W}/new"), "id")
    made = await send(visit, f"{W}/new", form_of(CONTENT, id=id_, expected="0", do="save"))
    assert made.status_code == 303
    held = await room.library.ledger.knowledge.articles.one(id_)
    assert held.owner == OFFICER.unit
    page = text_of(await visit.get(f"{W}/card/edit"))
    assert "这篇不归您写" in page
    typed = form_of(CONTENT, expected="1", do="save")
    assert (await send(visit, f"{W}/card/edit", typed)).status_code == 422


@pytest.mark.clause("ZQ-22¶2")
async def test_the_preview_says_what_citizens_never_see(visit: Visit, room: EditorsRoom) -> None:
    await as_(visit, EDITOR)
    inner = Content(title="值班表", words="只给自己人的口径", reach=Reach.INTERNAL)
    seen = text_of(await send(visit, f"{W}/preview", form_of(inner)))
    agents, citizens = seen.split("市民看到的")
    assert "只给自己人的口径" in agents
    assert "只给自己人的口径" not in citizens
    assert "公众页面和承办单位都看不到" in citizens


async def test_a_draft_is_tried_against_a_question_before_anybody_can_find_it(
    visit: Visit, room: EditorsRoom
) -> None:
    await as_(visit, EDITOR)
    fields = form_of(CONTENT, id="kb-try", expected="0", do="try", question="楼下烧烤太吵怎么办")
    assert "它排在第 <b>1</b> 位" in text_of(await send(visit, f"{W}/new", fields))
    after = await room.editing.try_draft(CONTENT, "楼下烧烤太吵怎么办", EDITOR, MORNING)
    assert CONTENT.title not in [one.title for one in after.before]


async def test_who_may_not_read_internal_articles_does_not_find_them_by_trying(
    room: EditorsRoom,
) -> None:
    inner = Content(title="楼下烧烤太吵的内部值班表", words="内部口径", reach=Reach.INTERNAL)
    await room.library.put("inner-1", inner)
    words = ("烧烤", "夜宵摊")
    for by, seen in ((EDITOR, True), (OFFICER, False)):
        for tried in (
            await room.editing.try_draft(CONTENT, "楼下烧烤太吵怎么办", by, MORNING),
            await room.editing.try_synonyms("楼下烧烤太吵怎么办", None, words, by, MORNING),
        ):
            for rows in (tried.before, tried.after):
                assert ("inner-1" in [one.id for one in rows]) is seen
    before = await room.library.search.seek("楼下烧烤", Scope(Audience.AGENT, MORNING))
    assert CONTENT.title not in [one.article.title for one in before.found]


# -------------------------------------------------------------------------------------- what waits


@pytest.mark.clause("ZQ-21(二)", "ZS-34")
async def test_a_new_policy_shows_its_window_day_by_day_and_what_the_day_still_lacks(
    visit: Visit, room: EditorsRoom
) -> None:
    public_at = dt.datetime(2026, 10, 16, 1, 0, tzinfo=dt.UTC)
    policy = Content(
        title="购房补贴办法", words="可以申请。", unit="区住建局", embargo_until=public_at
    )
    await room.library.put("p-1", policy, Standing.REVIEW)
    (row,) = await room.editing.embargoed(EDITOR, MORNING)
    counted = {one.count: one.day for one in row.days if one.count}
    assert (counted[10], counted[3]) == (row.window.first, row.window.last)
    assert {one.count for one in row.days if one.asked and one.count} == set(range(3, 11))
    assert not any(one.count for one in row.days if "国庆" in one.why and "调休" not in one.why)
    page = text_of(await (await as_(visit, EDITOR)).get(f"{W}/embargo"))
    assert "第二十一条（二）" in page
    assert "还缺：</span>政策原文" in page
    room.library.town.time.at = public_at + dt.timedelta(hours=1)
    page = text_of(await (await as_(visit, EDITOR)).get(f"{W}/embargo"))
    assert "政策已到公开之日，知识还没有发布" in page


@pytest.mark.clause("ZQ-21(四)")
async def test_a_mistake_is_checked_given_two_working_days_and_closed_after_its_correction(
    visit: Visit, room: EditorsRoom
) -> None:
    work = room.ports().knowledge_work
    told = await work.report("card", 1, "电话不对", by=EDITOR, key="k1234567", at=MORNING)
    await as_(visit, EDITOR)
    await send(visit, f"{W}/corrections/{told.id}", {"do": "confirm", "unit": "rs"})
    page = text_of(await visit.get(f"{W}/corrections"))
    assert "2026年9月30日 24:00" in page
    assert "第二十一条（四）" in page
    early = await send(visit, f"{W}/corrections/{told.id}", {"do": "fixed", "note": "改好了"})
    assert early.status_code == 422
    assert "还没有发布改正后的一版" in text_of(early)
    await room.library.changed("card", words="电话改好了。")
    done = await send(visit, f"{W}/corrections/{told.id}", {"do": "fixed", "note": "改好了"})
    assert done.status_code == 303
    assert "按期办结" in text_of(await visit.get(f"{W}/corrections?state=closed"))


@pytest.mark.clause("HB-19", "HB-18")
async def test_a_contribution_becomes_a_draft_or_is_declined_with_a_reason(
    visit: Visit, room: EditorsRoom
) -> None:
    work = room.ports().knowledge_work
    for number in (1, 2):
        await work.contribute(f"充电桩{number}", "先找物业", "", key=f"c{number}", at=MORNING)
    rows, _ = await work.contributions("waiting", EDITOR)
    await as_(visit, EDITOR)
    taken = await send(visit, f"{W}/contributions/{rows[0].id}/take", {})
    assert taken.headers["location"].endswith("/edit")
    assert "先找物业" in text_of(await visit.get(taken.headers["location"]))
    refused = await send(visit, f"{W}/contributions/{rows[1].id}/decline", {"note": ""})
    assert (refused.status_code, "请写明为什么不采用" in text_of(refused)) == (422, True)
    await send(visit, f"{W}/contributions/{rows[1].id}/decline", {"note": "各小区不同"})
    assert "各小区不同" in text_of(await visit.get(f"{W}/contributions?state=declined"))


async def test_a_withdrawn_version_leads_to_its_calls_and_each_is_called_back_once(
    visit: Visit, room: EditorsRoom
) -> None:
    calls = ("c1", "13800006027"), ("c2", "13800006028"), ("c3", ""), ("c4", "13800006027")
    await room.told("card", *calls)
    told = await room.ports().knowledge_work.told("card", 1, EDITOR)
    assert [one.will for one in told] == ["task", "task", "nobody", "with"]
    await as_(visit, EDITOR)
    page = await visit.get(f"{W}/card/edit")
    act: dict[str, str | list[str]] = {
        "act": "withdraw", "number": "1", "expected": hidden(page, "expected"), "note": "电话有误",
    }  # fmt: skip
    gone = await send(visit, f"{W}/card/acts", act)
    assert gone.headers["location"] == f"{W}/card/recall/1"
    page = await visit.get(f"{W}/card/recall/1")
    assert page.text.count("checked") == 3
    assert "同一号码，合在上面那件" in page.text
    assert "全选是 2 件回拨任务" in text_of(page)
    assert '当时显示的口径（第 1 版）</summary><p class="keep-lines">先挂失。' in page.text
    assert "138 **** 6027" in page.text
    assert "13800006027" not in page.text
    assert "没有能回拨的号码" in page.text
    for made in (2, 0):
        sent = await send(visit, f"{W}/card/recall/1", {"call": ["c1", "c2"]})
        assert sent.headers["location"].endswith(f"made={made}")
    rows, total = await room.editing.recalls(EDITOR)
    assert (total, rows[0].calls, rows[0].tasks, rows[0].owed) == (1, 2, 2, 2)
    assert "还有 2 件没有打完" in text_of(await visit.get(f"{W}/recalls"))
    strange = await send(visit, f"{W}/card/recall/1", {"call": [CallId("other")]})
    assert "没有用过这一版" in text_of(strange)


@pytest.mark.clause("ZQ-21¶1")
async def test_what_expires_waits_for_the_editors_and_for_the_unit_that_answers_for_it(
    visit: Visit, room: EditorsRoom
) -> None:
    """The last day of a version that somebody is replacing counts; one that was replaced not."""
    today, put = MORNING.date(), room.library.put
    soon = Content(
        title="限时补贴", words="可领。", unit="局", valid_to=today + dt.timedelta(days=9)
    )
    over = replace(soon, title="去年的补贴", valid_to=today - dt.timedelta(days=3))
    await put("soon", soon, owner="cg")
    await put("soon", replace(soon, words="新的"), Standing.REVIEW, owner="cg")
    await put("over", over)
    await put("renewed", over)
    await put("renewed", replace(over, valid_to=None))
    reading = room.ports().knowledge_reading
    mine = await reading.expiring(OFFICER, MORNING)
    assert ([row.id for row in mine.rows], mine.over) == (["soon"], 0)
    assert (mine.rows[0].days_left, mine.rows[0].newer) == (9, 2)
    page = text_of(await (await as_(visit, EDITOR)).get("/knowledge"))
    assert "知识库要您办的" in page
    assert '已到期没有更新</span> <b class="num">1' in page
    page = text_of(await visit.get(f"{W}/expiring?show=over"))
    assert "去年的补贴" in page
    assert "已到期 3 天，不再显示" in page
    await as_(visit, OFFICER)
    for start in ("/knowledge", "/portal"):
        page = text_of(await visit.get(start))
        assert '快到期</span> <b class="num">1' in page
        assert "已到期没有更新" not in page


@pytest.mark.clause("ZQ-21(四)", "ZQ-17")
async def test_what_is_late_on_the_first_page_is_what_supervision_takes_up(
    visit: Visit, room: EditorsRoom
) -> None:
    work, ledger = room.ports().knowledge_work, room.library.ledger
    for number in (1, 2):
        told = await work.report("card", 1, "电话不对", by=EDITOR, key=f"k{number}" * 8, at=MORNING)
        at = MORNING - dt.timedelta(days=30 if number == 1 else 0)
        await work.confirm(told.id, UnitId("rs"), by=EDITOR, at=at)
    todo = await room.editing.todo(EDITOR, MORNING)
    taken = await corrections_of(ledger)(MORNING)
    assert (todo.corrections, todo.late, len(taken)) == (2, 1, 1)
    page = text_of(await (await as_(visit, EDITOR)).get("/knowledge"))
    assert "其中逾期 1 件，由督办提取〔第十七条（四）〕" in page


# -------------------------------------------------------------------------------------- kept lists


@pytest.mark.clause("HB-17")
async def test_each_group_of_synonyms_is_tried_before_and_after_and_counts_at_once(
    visit: Visit, room: EditorsRoom
) -> None:
    await as_(visit, EDITOR)
    fields: dict[str, str | list[str]] = {
        "group": "", "expected": "0", "words": "住房公积金、老房钱", "question": "老房钱怎么取",
        "do": "try",
    }  # fmt: skip
    tried = text_of(await send(visit, f"{W}/synonyms", fields))
    before, after = tried.split("这样改以后")
    assert "住房公积金提取条件" not in before.split("<h3>现在</h3>")[1]
    assert "住房公积金提取条件" in after
    assert await room.ports().knowledge_work.synonyms() == ()
    assert (await send(visit, f"{W}/synonyms", {**fields, "do": "save"})).status_code == 303
    assert "住房公积金、老房钱" in text_of(await visit.get(f"{W}/synonyms"))
    wrong = await send(visit, f"{W}/synonyms", {**fields, "words": "一个", "do": "save"})
    assert "一组同义词要有2至30个词" in text_of(wrong)


async def test_a_file_is_looked_at_row_by_row_and_taken_to_the_queue(
    visit: Visit, room: EditorsRoom
) -> None:
    await as_(visit, EDITOR)
    table = "标题,答复口径,办理单位\n新的一篇,您好。,区住建局\n没有口径,,区住建局\n"
    looked = await visit.client.post(
        f"{W}/files/preview",
        data={"csrf": visit.csrf},
        files={"file": ("a.csv", table.encode())},
        headers={"origin": ORIGIN},
    )
    page = text_of(looked)
    assert "新的 1 篇" in page
    assert "请填写答复口径" in page
    assert (await room.editing.waiting(EDITOR, MORNING)).total == 0
    kept: dict[str, str | list[str]] = {
        "content": hidden(looked, "content"), "name": "a.csv", "partly": "1",
    }  # fmt: skip
    assert "已导入 1 篇" in text_of(await send(visit, f"{W}/files/import", kept))
    assert (await room.editing.waiting(EDITOR, MORNING)).total == 1
    out = await visit.get(f"{W}/files/export/jsonl")
    assert "住房公积金提取条件" in out.text


@pytest.mark.clause("HB-10(四)")
async def test_a_unit_gets_its_token_once_and_loses_it_when_it_is_revoked(
    visit: Visit, room: EditorsRoom
) -> None:
    await as_(visit, EDITOR)
    made = await send(visit, f"{W}/files/sources", {"name": "rs-kb", "unit": "rs"})
    found = re.search(r'class="new-password">([^<]+)<', made.text)
    assert found
    assert found[1] not in (await visit.get(f"{W}/files")).text
    sources = room.library.ledger.knowledge.sources
    assert await sources.by_token(found[1])
    await send(visit, f"{W}/files/sources/rs-kb/revoke", {})
    assert await sources.by_token(found[1]) is None


# ------------------------------------------------------------------------------------ told at once


@pytest.mark.clause("ZQ-21(三)")
async def test_an_urgent_wording_is_posted_once_watched_and_withdrawn(
    visit: Visit, room: EditorsRoom
) -> None:
    await as_(visit, EDITOR)
    fields: dict[str, str | list[str]] = {
        "key": "k" * 16, "title": "暴雨红色预警", "words": "请留在安全地方。", "hours": "8",
    }  # fmt: skip
    for _ in range(2):
        assert (await send(visit, f"{W}/urgent", fields)).status_code == 303
    (one,) = await room.notices.urgent_status()
    assert "请留在安全地方。" in text_of(await visit.get(f"{W}/urgent"))
    long = await send(visit, f"{W}/urgent", {**fields, "key": "n" * 16, "words": "长" * 501})
    assert (long.status_code, "长" * 501 in text_of(long)) == (422, True)
    await send(visit, f"{W}/urgent/{one.words.id}/withdraw", {})
    assert "已撤下" in text_of(await visit.get(f"{W}/urgent"))


@pytest.mark.clause("ZS-35", "HB-31")
async def test_a_notice_says_which_addresses_it_would_be_shown_for_before_it_is_posted(
    visit: Visit, room: EditorsRoom
) -> None:
    await as_(visit, EDITOR)
    fields: dict[str, str | list[str]] = {
        "key": "k" * 16, "kind": "停水", "title": "抢修停水", "words": "请储水。",
        "places": "文昌路、国际城小区", "district": "大旺街道", "starts_at": "2026-09-28T08:00",
        "ends_at": "2026-09-28T20:00",
        "addresses": "大旺街道文昌路12号\n鼎湖区文昌路3号", "do": "look",
    }  # fmt: skip
    looked = text_of(await send(visit, f"{W}/notices", fields))
    assert looked.count("显示，因为“文昌路”") == 1
    assert await room.notices.notices() == []
    assert (await send(visit, f"{W}/notices", {**fields, "do": ""})).status_code == 303
    (one,) = await room.notices.notices()
    assert one.starts_at == dt.datetime(2026, 9, 28, 0, 0, tzinfo=dt.UTC)
    assert [shown.title for shown in room.notices.at_place("国际城5栋")] == ["抢修停水"]


async def test_what_was_not_found_leads_to_an_article_begun_with_it(
    visit: Visit, room: EditorsRoom
) -> None:
    work = room.ports().knowledge_work
    await work.asked("夜间烧烤扰民归哪个部门管", found=False, at=MORNING)
    await as_(visit, EDITOR)
    page = text_of(await visit.get(f"{W}/insights"))
    found = re.search(r'href="(/knowledge/editing/new\?question=[^"]+)"', page)
    assert found
    begun = text_of(await visit.get(found[1]))
    assert 'value="夜间烧烤扰民归哪个部门管"' in begun
