"""Articles in the ledger: every version for ever, all or nothing, one after the other."""

from __future__ import annotations

import asyncio
import datetime as dt
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import text

from hotline.errors import BadInput, NoSuch
from hotline.facts import CallAnswered
from hotline.knowledge import Approval, ArticleId, Content, Passage, Standing, Version
from hotline.knowledge_clock import Correction, CorrectionState
from hotline.knowledge_notices import Notice, NoticeKind, UrgentWords
from hotline.return_calls import RECALL, TaskState
from hotline.words import AgentId, CallId, Deadline, Phone, UnitId, UserId
from hotline.words import Article as Rule
from ledger.errors import StaleVersion
from ledger.keys import rekey
from ledger.knowledge import TOPIC
from ledger.knowledge_rows import ArticleFilter, Change, Held
from ledger.knowledge_sources import Origin
from ledger.knowledge_work import Contribution
from ledger.seal import KeyRing
from ledger.shown import ShownArticle
from ledger.store import Ledger
from tests.ledger.conftest import KEY, START, Clock, Opener

pytestmark = pytest.mark.anyio
BY = UserId("u1")
CARD = ArticleId("card")
DAY = dt.timedelta(days=1)


def version(number: int = 1, standing: Standing = Standing.DRAFT, **more: Any) -> Version:
    given: dict[str, Any] = {"title": "社保卡丢失", "words": f"第{number}种说法", "unit": "人社局"}
    return Version(
        article=more.pop("article", CARD),
        number=number,
        content=Content(**{**given, **more}),
        standing=standing,
        author=BY,
        made_at=START,
        owner=UnitId("renshe"),
        published_at=START if standing is Standing.PUBLISHED else None,
    )


async def save(ledger: Ledger, one: Version, expected: int) -> Held:
    saved = await ledger.knowledge.articles.save(
        [Change(version=one, expected=expected)], by=BY, what="knowledge.save"
    )
    return saved[0]


async def test_a_version_is_kept_with_its_reviews_and_the_next_beside_it(
    ledger: Ledger, opener: Opener
) -> None:
    one = version(passages=(Passage("材料", "身份证"),), embargo_until=START + DAY)
    held = await save(ledger, one, 0)
    assert (held.version, held.versions) == (1, (one,))
    passed = Approval(by=UserId("u2"), at=START, passed=True, note="好")
    published = replace(one, standing=Standing.PUBLISHED, published_at=START, reviews=(passed,))
    await save(ledger, published, 1)
    await save(ledger, version(2), 2)
    async with opener() as other:
        held = await other.knowledge.articles.one("card")
        assert (held.version, held.versions) == (3, (published, version(2)))
        revision, index = await other.knowledge.articles.ever_published()
        # What the index gets has no reviews: it shows none.
        assert (revision, index) == (3, [(replace(published, reviews=()),)])


async def test_what_was_published_is_read_again_only_where_it_changed(
    ledger: Ledger, opener: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    articles, read = ledger.knowledge.articles, list[str]()
    reading = articles._once_published

    async def noted(connection: Any, ids: Any) -> Any:
        read.extend(ids)
        return await reading(connection, ids)

    monkeypatch.setattr(articles, "_once_published", noted)
    for name in ("b", "a", "c"):
        await save(ledger, version(standing=Standing.PUBLISHED, article=ArticleId(name)), 0)
    await save(ledger, version(article=ArticleId("draft")), 0)

    async def found() -> list[tuple[str, int]]:
        read.clear()
        _, published = await articles.ever_published()
        return [(one.article, one.number) for versions in published for one in versions]

    assert await found() == [("a", 1), ("b", 1), ("c", 1)]
    assert sorted(read) == ["a", "b", "c", "draft"]
    assert await found() == [("a", 1), ("b", 1), ("c", 1)]
    assert read == []
    async with opener() as other:
        again = version(2, Standing.PUBLISHED, article=ArticleId("b"))
        await save(other, again, 1)
    assert await found() == [("a", 1), ("b", 1), ("b", 2), ("c", 1)]
    assert read == ["b"]
    titles = await articles.titles()
    assert titles[ArticleId("b")] == ("社保卡丢失", True)
    assert titles[ArticleId("draft")] == ("社保卡丢失", False)


async def test_the_text_of_a_version_that_left_draft_never_changes(ledger: Ledger) -> None:
    draft = version()
    await save(ledger, draft, 0)
    other = replace(draft, content=replace(draft.content, words="改过的草稿"))
    await save(ledger, other, 1)
    await save(ledger, replace(other, standing=Standing.REVIEW), 2)
    forged = replace(draft, standing=Standing.PUBLISHED, author=UserId("x"), published_at=START)
    held = await save(ledger, forged, 3)
    kept = held.latest
    assert (kept.content.words, kept.author) == ("改过的草稿", BY)
    assert kept.standing is Standing.PUBLISHED


async def test_of_two_who_change_an_article_at_once_one_is_told(
    ledger: Ledger, opener: Opener
) -> None:
    await save(ledger, version(), 0)
    async with opener() as other:
        done = await asyncio.gather(
            save(ledger, version(title="甲"), 1),
            save(other, version(title="乙"), 1),
            return_exceptions=True,
        )
    assert sorted(type(one).__name__ for one in done) == ["Held", "StaleVersion"]
    with pytest.raises(NoSuch):
        await save(ledger, version(article=ArticleId("none")), 7)
    with pytest.raises(BadInput, match="已经有了"):
        await save(ledger, version(), 0)


async def test_many_come_all_or_none_with_one_message_for_the_index(ledger: Ledger) -> None:
    await save(ledger, version(), 0)
    before = await ledger.knowledge.revisions.now()
    new = [Change(version=version(article=ArticleId(f"n{i}")), expected=0) for i in range(5)]
    stale = Change(version=version(2), expected=9)
    with pytest.raises(StaleVersion, match="知识 card 已被别人改过"):
        await ledger.knowledge.articles.save([*new, stale], by=BY, what="knowledge.import")
    assert await ledger.knowledge.revisions.now() == before
    assert (await ledger.knowledge.articles.page()).total == 1
    await ledger.knowledge.articles.save(new, by=BY, what="knowledge.import")
    messages = await ledger.outbox.claim([TOPIC])
    assert [one.body["revision"] for one in messages] == [before, before + 1]
    assert messages[-1].body["ids"] == [f"n{i}" for i in range(5)]
    assert (await ledger.audit.verify()).intact


async def test_a_writer_that_dies_before_its_commit_leaves_nothing(
    ledger: Ledger, opener: Opener
) -> None:
    class Killed(BaseException):
        pass

    async def die(_connection: object) -> None:
        raise Killed

    change = Change(version=version(), expected=0)
    with pytest.raises(Killed):
        await ledger.knowledge.articles.save([change], by=BY, what="x", beside=die)
    async with opener() as other:
        assert (await other.knowledge.articles.page()).total == 0
        assert await other.knowledge.revisions.now() == 0
        assert await other.outbox.depth() == 0


async def test_lists_are_narrowed_and_counted(ledger: Ledger, clock: Clock) -> None:
    a, b = ArticleId("a"), ArticleId("b")
    await save(ledger, version(article=a, title="停水", category="供水"), 0)
    clock.move(seconds=1)
    published = version(1, Standing.PUBLISHED, article=b, title="停电", valid_to=START.date())
    await save(ledger, published, 0)
    articles = ledger.knowledge.articles
    assert [one.id for one in (await articles.page()).items] == [b, a]
    wanted = ArticleFilter(words="停水", category="供水", standings=(Standing.DRAFT,))
    assert [one.id for one in (await articles.page(wanted)).items] == [a]
    near = ArticleFilter(expires_before=START.date() + DAY)
    assert [one.id for one in (await articles.page(near)).items] == [b]
    outsider = ArticleFilter(seen_by=(None, False))
    assert [one.id for one in (await articles.page(outsider)).items] == [b]
    assert await articles.counts() == {Standing.DRAFT: 1, Standing.PUBLISHED: 1}
    assert await articles.categories() == ["供水"]


async def test_withdrawing_an_older_version_leaves_the_newer_draft_in_the_list(
    ledger: Ledger,
) -> None:
    first = version(1, Standing.PUBLISHED)
    await save(ledger, first, 0)
    await save(ledger, version(2), 1)
    gone = replace(first, standing=Standing.WITHDRAWN, withdrawn_at=START, reason="有错")
    held = await save(ledger, gone, 2)
    listed = (await ledger.knowledge.articles.page()).items[0]
    assert (listed.standing, listed.latest, listed.published) == (Standing.DRAFT, 2, None)
    assert held.versions[0] == gone


# -------------------------------------------------------------------------------------- 召回


async def told(ledger: Ledger, *calls: tuple[str, str]) -> None:
    """The card stood beside these calls of these numbers."""
    for place, (call, number) in enumerate(calls):
        at = START + place * dt.timedelta(minutes=1)
        ledger.callers.remember(CallId(call), Phone(number))
        await ledger.journal.append([answered(call, at)], policy_version="1")
        await ledger.shown.add([ShownArticle(CallId(call), "card", 1, "社保卡丢失", False, at)])


def answered(call: str, at: dt.datetime) -> CallAnswered:
    return CallAnswered(
        at=at,
        call=CallId(call),
        agent=AgentId("1001"),
        wait_s=1.0,
        caller_channel="PJSIP/carrier-1",
        agent_channel="PJSIP/1001-1",
    )


ALL = [CallId("c1"), CallId("c2"), CallId("c3"), CallId("c4")]
ONE, TWO = "13800138000", "13900139000"


@pytest.mark.clause("ZQ-21(四)")
async def test_who_was_told_a_wrong_answer_is_called_back_once_for_each_caller(
    writing: Ledger, opener: Opener
) -> None:
    await told(writing, ("c1", ONE), ("c2", TWO), ("c3", ONE), ("c4", ""))
    recalls = writing.knowledge.recalls
    assert [one.call for one in await recalls.told("card", 1)] == ["c4", "c3", "c2", "c1"]
    assert await recalls.begin("card", 1, ALL, by=BY, policy="1") == 4
    # Pressed again, by another process: nothing new.
    async with opener() as other:
        assert await other.knowledge.recalls.begin("card", 1, ALL, by=BY, policy="1") == 0
    page = await writing.return_calls.page("open", START - DAY)
    tasks = {task.caller_call: task for task in page.items}
    assert {call: (task.losses, task.about) for call, task in tasks.items()} == {
        "c1": (2, "card@1"),
        "c2": (1, "card@1"),
    }
    assert await recalls.open_of("card") == 2
    counts = await writing.return_calls.counts(START - DAY)
    # A withheld number is nobody's: its task is listed among the closed. None is an emergency.
    assert (counts.open, counts.closed, counts.emergencies) == (2, 1, 0)
    assert all(one.recalled for one in await recalls.told("card", 1))


async def test_only_our_own_call_settles_a_wrong_answer(writing: Ledger, clock: Clock) -> None:
    await told(writing, ("c1", ONE))
    await writing.knowledge.recalls.begin("card", 1, ALL[:1], by=BY, policy="1")
    task = (await writing.return_calls.page("open", START - DAY)).items[0]
    assert (task.matter, task.place) == (RECALL, "answered")
    clock.move(minutes=5)
    writing.callers.remember(CallId("c9"), Phone(ONE))
    await writing.journal.append([answered("c9", clock())], policy_version="1")
    assert (await writing.return_calls.load(task.id)).state is TaskState.WAITING
    back = CallId("back")
    await writing.return_calls.take(task.id, call=back, agent=AgentId("1001"), by=BY)
    clock.move(minutes=1)
    await writing.journal.append([answered("back", clock())], policy_version="1")
    settled = await writing.return_calls.load(task.id)
    assert (settled.state, settled.reason) == (TaskState.CLOSED, "reached")


# ------------------------------------------------------------------------------- what is sent in


def correction(id_: str, due: dt.datetime | None = None, **more: Any) -> Correction:
    limit = None
    if due is not None:
        limit = Deadline("错漏补正", START, due, False, Rule("办法", "第二十一条（四）"))
    return Correction(
        id=id_,
        article="card",
        number=1,
        what="电话写错了，我打过 13800138000",
        reported_by=BY,
        reported_at=START,
        deadline=limit,
        **{"state": CorrectionState.CONFIRMED, "unit": UnitId("renshe"), **more},
    )


@pytest.mark.clause("ZQ-17", "ZQ-21(四)")
async def test_corrections_are_sealed_and_the_overdue_found_for_supervision(
    ledger: Ledger, clock: Clock
) -> None:
    corrections = ledger.knowledge.corrections
    for one in (
        correction("late", START + DAY),
        correction("free"),
        correction("soon", START + 3 * DAY),
    ):
        await corrections.add(one)
        await corrections.add(one)
    assert [one.id for one in (await corrections.page()).items] == ["late", "soon", "free"]
    assert (await corrections.one("late")).what == "电话写错了，我打过 13800138000"
    async with ledger.database.read() as connection:
        raw = (await connection.execute(text("SELECT body FROM knowledge_texts"))).scalars().all()
    assert all(b"13800138000" not in bytes(body) for body in raw)
    assert await corrections.overdue(START) == []
    clock.move(days=2)
    late = (await corrections.overdue(clock()))[0]
    assert late.id == "late"
    fixed = replace(late, state=CorrectionState.FIXED, closed_at=clock(), note="已改")
    done = await corrections.save(fixed, by=BY, what="knowledge.correction.fixed")
    assert (done.note, done.version) == ("已改", 2)
    assert [one.id for one in await corrections.overdue(clock())] == ["late"]
    with pytest.raises(StaleVersion, match="纠错任务"):
        await corrections.save(fixed, by=BY, what="x")


async def test_after_a_change_of_keys_what_people_wrote_is_read_with_the_new_one_alone(
    opener: Opener,
) -> None:
    new = b"n" * 32
    async with opener() as old:
        await old.knowledge.corrections.add(correction("one"))
    both = KeyRing(new, (KEY,))
    async with opener(field_key=both) as changing:
        assert await rekey(changing.database, both) == 1
    async with opener(field_key=new) as now:
        assert (await now.knowledge.corrections.one("one")).what.startswith("电话写错了")


@pytest.mark.clause("HB-19")
async def test_a_contribution_waits_until_somebody_decides_once(ledger: Ledger) -> None:
    offered = Contribution(
        id="k1", state="waiting", question="怎么补卡", answer="去网点", contact="", made_at=START
    )
    contributions = ledger.knowledge.contributions
    await contributions.add(offered)
    await contributions.add(offered)
    assert (await contributions.page("waiting")).items == (offered,)
    assert await contributions.since(START) == 1
    taken = await contributions.decide(offered, "taken", by=BY, article="gx-1")
    assert (taken.state, taken.article) == ("taken", "gx-1")
    with pytest.raises(StaleVersion):
        await contributions.decide(offered, "declined", by=BY)


# ------------------------------------------------------------------------------- to the desks


@pytest.mark.clause("ZQ-21(三)", "ZS-34")
async def test_an_urgent_wording_is_in_force_until_its_time_and_each_reads_it_once(
    ledger: Ledger, clock: Clock
) -> None:
    urgent = ledger.knowledge.urgent
    words = UrgentWords(
        id="u1", title="台风停课", words="今天停课。", made_by=BY, made_at=START, until=START + DAY
    )
    await urgent.add(words)
    await urgent.add(words)
    assert await urgent.active(START) == [words]
    for _ in range(2):
        read = await urgent.acknowledge("u1", AgentId("1001"), by=BY)
    assert read.acknowledged == ((AgentId("1001"), START),)
    with pytest.raises(NoSuch):
        await urgent.acknowledge("none", AgentId("1001"), by=BY)
    assert await urgent.active(START + DAY) == []
    gone = await urgent.withdraw(read, by=BY)
    assert gone.withdrawn_at == START
    assert await urgent.active(START) == []


@pytest.mark.clause("ZS-35", "HB-31")
async def test_a_notice_is_kept_changed_and_withdrawn(ledger: Ledger) -> None:
    notices = ledger.knowledge.notices
    one = Notice(
        id="n1", kind=NoticeKind.WATER, title="停水", words="检修", places=("文昌路",),
        starts_at=START, ends_at=START + DAY, made_by=BY, made_at=START, unit=UnitId("gongshui"),
    )  # fmt: skip
    assert await notices.add(one, by=BY) == one
    longer = await notices.save(replace(one, ends_at=START + 2 * DAY), by=BY)
    assert (longer.version, await notices.current(START + DAY * 1.5)) == (2, [longer])
    with pytest.raises(StaleVersion):
        await notices.save(one, by=BY)
    await notices.save(replace(longer, withdrawn_at=START), by=BY)
    assert await notices.current(START) == []
    assert len(await notices.latest()) == 1


# ------------------------------------------------------------------------------- learnt, sources


async def test_what_was_asked_is_counted_by_day_without_figures(ledger: Ledger) -> None:
    counts = ledger.knowledge.counts
    for found in (False, True, False):
        await counts.asked("13800138000 的  公积金", found=found, at=START)
    await counts.asked("停水", found=True, at=START)
    missed = await counts.not_found(START.date())
    assert [(one.words, one.asked, one.missed) for one in missed] == [("… 的 公积金", 3, 2)]
    await counts.used("card", "adopted", START)
    await counts.used("card", "adopted", START + DAY)
    await counts.used("card", "wrong", START)
    used = await counts.uses(START.date())
    assert (used["card"].adopted, used["card"].wrong, used["card"].shown) == (2, 1, 0)
    assert (await counts.uses((START + DAY).date()))["card"].wrong == 0


async def test_synonyms_are_kept_in_groups(ledger: Ledger) -> None:
    synonyms = ledger.knowledge.synonyms
    made = await synonyms.put("s1", ["公积金", " gjj ", "公积金"], expected=0, by=BY)
    assert (made.words, made.version) == (("公积金", "gjj"), 1)
    with pytest.raises(BadInput):
        await synonyms.put("s2", ["一个"], expected=0, by=BY)
    with pytest.raises(StaleVersion):
        await synonyms.put("s1", ["甲", "乙"], expected=5, by=BY)
    await synonyms.remove("s1", by=BY)
    assert await synonyms.all() == []


@pytest.mark.clause("HB-10(四)")
async def test_of_a_token_nothing_is_kept_that_opens_anything(ledger: Ledger) -> None:
    sources = ledger.knowledge.sources
    await sources.add("renshe-kb", UnitId("renshe"), "the-token", by=BY)
    found = await sources.by_token("the-token")
    assert found is not None
    assert (found.name, found.unit) == ("renshe-kb", "renshe")
    async with ledger.database.read() as connection:
        kept = (await connection.execute(text("SELECT token_hash FROM knowledge_sources"))).scalar()
    assert "the-token" not in str(kept)
    with pytest.raises(BadInput):
        await sources.add("renshe-kb", UnitId("renshe"), "other", by=BY)
    origin = Origin(
        source="renshe-kb", external="A-1", article="card", digest="d", number=1, taken_at=START
    )
    async with ledger.database.write() as connection:
        await sources.note_in(connection, origin)
    assert await sources.origin("renshe-kb", "A-1") == origin
    assert await sources.origins_of("card") == [origin]
    await sources.revoke("renshe-kb", by=BY)
    assert await sources.by_token("the-token") is None
