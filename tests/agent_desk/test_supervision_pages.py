"""督办 and 待审 as people meet them: what is listed, offered, refused, and to whom."""

from __future__ import annotations

import pytest

from hotline.words import Role
from tests.agent_desk.fakes import PEOPLE, Town
from tests.agent_desk.visits import Visit

pytestmark = pytest.mark.anyio

S, G, O, U = Role.SUPERVISOR, Role.MANAGER, Role.OFFICER, Role.AUDITOR  # noqa: E741 # one letter a role


async def test_the_list_says_why_whose_and_where_each_matter_is(stranger: Visit) -> None:
    await stranger.log_in(PEOPLE[S])
    page = (await stranger.get("/supervision")).text
    for words in ("逾期未办结", "第十七条（一）", "督办单〔2026〕1号", "逾期未反馈", "9月27日"):
        assert words in page
    assert "建议提请上级：第十七条经督办仍拖延" in page


async def test_a_filter_that_is_none_counts_as_none(stranger: Visit, town: Town) -> None:
    await stranger.log_in(PEOPLE[G])
    await stranger.get("/supervision", state="随便", level="-1")
    await stranger.get("/supervision", state="待督办", level="1")
    assert town.supervision.asked == [("", None), ("待督办", 1)]
    assert (await stranger.get("/supervision", level="x")).status_code == 422


async def test_an_empty_list_says_what_will_be_in_it(stranger: Visit, town: Town) -> None:
    town.supervision.rows = ()
    await stranger.log_in(PEOPLE[S])
    assert "还没有督办事项" in (await stranger.get("/supervision")).text
    assert "没有这样的督办事项" in (await stranger.get("/supervision", state="已销号")).text
    stranger.client.cookies.clear()
    await stranger.log_in(PEOPLE[O])
    assert "本单位没有督办事项" in (await stranger.get("/supervision")).text


async def test_a_matter_shows_its_proof_its_course_and_what_can_be_done(stranger: Visit) -> None:
    await stranger.log_in(PEOPLE[S])
    page = (await stranger.get("/supervision/1")).text
    assert "超出办理时限未办理的" in page
    assert "办理经过第1步" in page
    assert 'href="/tickets/20260901-000009"' in page
    assert "限期&lt;办理&gt;" in page, "what people wrote is never markup"
    assert "还没有督办过〔第十七条〕" in page
    assert 'type="date"' in page
    assert (await stranger.get("/supervision/2")).status_code == 404
    assert (await stranger.get("/supervision/x")).status_code in (404, 422)


async def test_a_step_is_taken_with_what_was_typed(stranger: Visit, town: Town) -> None:
    await stranger.log_in(PEOPLE[S])
    answer = await stranger.post_form(
        "/supervision/1/steps", step="发出", version="3", form="督办单", matter="逾期"
    )
    assert answer.headers["location"] == "/supervision/1#done"
    assert town.supervision.steps == [("发出", {"form": "督办单", "matter": "逾期"}, 3)]


async def test_a_refused_step_keeps_what_was_typed_and_says_why(
    stranger: Visit, town: Town
) -> None:
    town.supervision.refuses = "本市办法没有这一步"
    await stranger.log_in(PEOPLE[S])
    answer = await stranger.post_form(
        "/supervision/1/steps", step="发出", version="3", form="督办单", matter="写了很久的事由"
    )
    assert answer.status_code == 422
    assert "本市办法没有这一步〔第十七条〕" in answer.text
    assert "写了很久的事由" in answer.text
    assert "<details open>" in answer.text


async def test_a_page_out_of_date_is_said_in_a_sentence(stranger: Visit) -> None:
    await stranger.log_in(PEOPLE[S])
    for version in ("", "二", "9" * 5000):
        answer = await stranger.post_form("/supervision/1/steps", step="发出", version=version)
        assert answer.status_code == 422
        assert "页面已经过期，请刷新后再办" in answer.text


async def test_who_only_reads_is_offered_nothing(stranger: Visit) -> None:
    await stranger.log_in(PEOPLE[U])
    page = (await stranger.get("/supervision/1")).text
    assert "发出督办单" in page, "the course of the matter"
    assert '<form method="post" action="/supervision' not in page
    assert "提出督办</a>" not in (await stranger.get("/supervision")).text


async def test_a_matter_is_raised_by_hand_with_a_reason(stranger: Visit, town: Town) -> None:
    await stranger.log_in(PEOPLE[G])
    page = (await stranger.get("/supervision/new", ticket="20260928-000001")).text
    assert "按时办结率不高，排名靠后的" in page
    assert 'value="20260928-000001"' in page
    answer = await stranger.post_form("/supervision/new", case="low_rank", unit="cg")
    assert answer.status_code == 422
    assert "请写明理由" in answer.text
    answer = await stranger.post_form("/supervision/new", case="low_rank", unit="cg", note="末位")
    assert answer.headers["location"] == "/supervision/1"
    assert town.supervision.raised == [{"case": "low_rank", "unit": "cg", "note": "末位"}]


@pytest.mark.clause("ZQ-9(四)", "GZ-13")
async def test_the_queue_says_what_waits_since_when_and_whose_decision_it_is(
    stranger: Visit, town: Town
) -> None:
    await stranger.log_in(PEOPLE[G])
    page = (await stranger.get("/supervision/queue")).text
    for words in ("争议待定", "由区党群工作部定", "三家单位都认为不归自己办", "夜间施工噪声"):
        assert words in page
    assert 'href="/tickets/20260928-000001"' in page
    town.supervision.waits = ()
    assert (
        "热线机构协调不成、提请管理机构明确的工单"
        in (await stranger.get("/supervision/queue")).text
    )
