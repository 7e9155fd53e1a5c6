"""附件 and 打印 on the page of a ticket: who may, what is said, how a file leaves the house."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from agent_desk.attachment_views import Attachment
from agent_desk.errors import NoRoom, NotScanned
from hotline.errors import BadInput, HotlineError
from hotline.words import Role, UserId
from tests.agent_desk.fake_files import AT
from tests.agent_desk.fakes import ORIGIN, PEOPLE, Town
from tests.agent_desk.test_handling_pages import a_ticket
from tests.agent_desk.visits import Visit
from tests.switchboard.test_attachments import no_file_beyond

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    import httpx

pytestmark = pytest.mark.anyio

TICKET = "/tickets/20260928-000001"


@pytest.fixture(autouse=True)
async def _ticket(town: Town) -> None:
    assert TICKET.endswith(await a_ticket(town))


async def put(visit: Visit, name: str, content: bytes, purpose: str = "现场照片") -> httpx.Response:
    return await visit.client.post(
        f"{TICKET}/files",
        data={"csrf": visit.csrf, "purpose": purpose},
        files={"file": (name, content, "application/pdf")},
        headers={"origin": ORIGIN},
    )


@pytest.mark.clause("ZQ-9(三)")
async def test_a_file_goes_up_and_comes_down_as_a_file_and_never_as_a_page(
    stranger: Visit, town: Town
) -> None:
    await stranger.log_in(PEOPLE[Role.SUPERVISOR])
    assert "还没有附件" in (await stranger.get(TICKET)).text
    answer = await put(stranger, "说明材料.pdf", b"%PDF-1.7 %%EOF")
    assert (answer.status_code, answer.headers["location"]) == (303, f"{TICKET}#files")
    assert "说明材料.pdf" in (await stranger.get(TICKET)).text
    down = await stranger.get(f"{TICKET}/files/{town.attachments.rows[0].id}")
    assert down.content == b"%PDF-1.7 %%EOF"
    assert down.headers["content-disposition"].startswith("attachment; filename*=utf-8''")
    assert down.headers["x-content-type-options"] == "nosniff"
    assert down.headers["cache-control"] == "no-store"
    assert town.attachments.taken == [PEOPLE[Role.SUPERVISOR].login]


async def test_a_file_larger_than_a_form_is_taken_here_and_nowhere_else(
    stranger: Visit, town: Town
) -> None:
    await stranger.log_in(PEOPLE[Role.SUPERVISOR])
    assert (await put(stranger, "大.pdf", bytes(5 << 20))).status_code == 303
    too_large = await put(stranger, "太大.pdf", bytes(21 << 20))
    assert too_large.status_code == 413
    assert too_large.headers["content-type"].startswith("text/html")
    assert "最多 20 MB" in too_large.text
    elsewhere = await stranger.post_form(f"{TICKET}/acts", act="派单", note="字" * 300_000)
    assert elsewhere.status_code == 413
    assert len(town.attachments.rows) == 1


@pytest.mark.parametrize(
    ("fault", "status"),
    [
        (BadInput("file", "这个文件是空的"), 422),
        (NoRoom("磁盘只剩 0.1 GB"), 507),
        (NotScanned("60 秒内没有答复"), 503),
    ],
)
async def test_what_is_refused_is_said_at_the_files_and_not_at_the_acts(
    stranger: Visit, town: Town, fault: HotlineError, status: int
) -> None:
    town.attachments.fault = fault
    await stranger.log_in(PEOPLE[Role.SUPERVISOR])
    answer = await put(stranger, "一.pdf", b"x")
    assert answer.status_code == status
    files = answer.text.split('id="files"')[1]
    assert str(fault) in files
    assert answer.text.count(str(fault)) == 1
    nothing = await stranger.post_form(f"{TICKET}/files", purpose="现场照片")
    assert "请先选择一个文件" in nothing.text


async def test_a_disk_that_fills_up_while_a_file_comes_in_is_told_and_the_desk_works_on(
    stranger: Visit, town: Town
) -> None:
    await stranger.log_in(PEOPLE[Role.SUPERVISOR])
    with no_file_beyond(2 << 20):
        answer = await put(stranger, "大.pdf", bytes(5 << 20))
    assert answer.status_code == 507
    assert "磁盘已满，没有收下，什么也没有留下" in answer.text
    assert not town.attachments.rows
    assert (await put(stranger, "大.pdf", bytes(5 << 20))).status_code == 303


async def test_what_is_sent_too_much_is_let_pass_so_that_the_sentence_arrives(
    stranger: Visit, town: Town
) -> None:
    await stranger.log_in(PEOPLE[Role.SUPERVISOR])
    sent = 0

    async def in_pieces() -> AsyncIterator[bytes]:
        nonlocal sent
        for _ in range(30):
            sent += 1
            yield bytes(1 << 20)

    headers = {"origin": ORIGIN, "content-length": str(30 << 20), "content-type": "text/plain"}
    answer = await stranger.client.post(f"{TICKET}/files", content=in_pieces(), headers=headers)
    assert (answer.status_code, sent) == (413, 30)
    assert "最多 20 MB" in answer.text


async def test_names_that_are_paths_or_very_long_come_in_as_names(
    stranger: Visit, town: Town
) -> None:
    await stranger.log_in(PEOPLE[Role.SUPERVISOR])
    for name in ("../../etc/passwd.pdf", "..\\..\\x.pdf", "很长的名字" * 40 + ".pdf"):
        assert (await put(stranger, name, b"%PDF-1.7 %%EOF")).status_code == 303
        row = town.attachments.rows[-1]
        given = await stranger.get(f"{TICKET}/files/{row.id}")
        assert given.status_code == 200
        assert "/" not in given.headers["content-disposition"]


async def test_the_page_says_whether_viruses_are_looked_for(stranger: Visit, town: Town) -> None:
    await stranger.log_in(PEOPLE[Role.SUPERVISOR])
    assert "未配置病毒扫描" in (await stranger.get(TICKET)).text
    town.attachments.scanned = True
    assert "收下前先查病毒" in (await stranger.get(TICKET)).text


async def test_another_units_officer_gets_neither_file_nor_paper(
    stranger: Visit, town: Town
) -> None:
    await stranger.log_in(PEOPLE[Role.SUPERVISOR])
    await put(stranger, "一.pdf", b"%PDF-")
    file = town.attachments.rows[0].id
    stranger.client.cookies.clear()
    await stranger.log_in(PEOPLE[Role.OFFICER])
    assert (await stranger.get(f"{TICKET}/files/{file}")).status_code == 403
    assert (await stranger.get(f"{TICKET}/print/ticket.pdf")).status_code == 403
    assert (await put(stranger, "二.pdf", b"%PDF-")).status_code == 403
    assert not town.papers.asked
    assert not town.attachments.taken


async def test_an_auditor_reads_and_puts_nothing(stranger: Visit, town: Town) -> None:
    await stranger.log_in(PEOPLE[Role.AUDITOR])
    page = (await stranger.get(TICKET)).text
    assert "上传附件" not in page
    assert (await put(stranger, "一.pdf", b"%PDF-")).status_code == 403


async def test_a_withdrawn_file_stays_on_the_page_without_a_way_to_it(
    stranger: Visit, town: Town
) -> None:
    for number in range(30):
        town.attachments.rows.append(
            Attachment(
                id=f"{number:020x}",
                name=f"<b>{number}</b>.pdf",
                kind="pdf",
                purpose="现场照片",
                bytes=1_300_000,
                sha256="",
                at=AT,
                by=UserId("u1"),
                by_name="林晓",
                withdrawn="9月28日 10:00 林晓撤下：传错了" if number == 0 else "",
            )
        )
    await stranger.log_in(PEOPLE[Role.SUPERVISOR])
    page = (await stranger.get(TICKET)).text
    assert "30 个" in page
    assert "撤下：传错了" in page
    assert "1.2 MB" in page
    assert f"/files/{0:020x}" not in page
    assert "&lt;b&gt;1&lt;/b&gt;.pdf" in page
    town.attachments.fault = BadInput("why", "请写明为什么撤下这个附件")
    refused = await stranger.post_form(f"{TICKET}/files/{1:020x}/withdraw", why="")
    assert refused.status_code == 422
    assert "请写明为什么撤下" in refused.text
    town.attachments.fault = None
    done = await stranger.post_form(f"{TICKET}/files/{1:020x}/withdraw", why="重复")
    assert done.status_code == 303


@pytest.mark.clause("ZQ-12", "ZS-20(一)(二)")
async def test_the_papers_are_printed_from_the_page_with_their_names(
    stranger: Visit, town: Town
) -> None:
    await stranger.log_in(PEOPLE[Role.SUPERVISOR])
    page = (await stranger.get(TICKET)).text
    for form in ("ticket", "extension", "reply", "supervision"):
        assert f"{TICKET}/print/{form}.pdf" in page
        answer = await stranger.get(f"{TICKET}/print/{form}.pdf")
        assert answer.headers["content-type"] == "application/pdf"
        assert answer.headers["content-disposition"].startswith("inline; filename*=UTF-8''%")
    assert [form for form, _ in town.papers.asked] == [
        "ticket",
        "extension",
        "reply",
        "supervision",
    ]
    assert (await stranger.get(f"{TICKET}/print/secrets.pdf")).status_code == 404
    town.papers.fault = BadInput("form", "还没有可以打印的答复")
    refused = await stranger.get(f"{TICKET}/print/reply.pdf")
    assert refused.status_code == 422
    assert "还没有可以打印的答复" in refused.text


@pytest.mark.clause("ZQ-14")
async def test_the_asks_are_listed_and_the_hotline_alone_corrects_them(
    stranger: Visit, town: Town
) -> None:
    await stranger.log_in(PEOPLE[Role.SUPERVISOR])
    assert "停止夜间施工" in (await stranger.get(TICKET)).text
    done = await stranger.post_form(f"{TICKET}/asks", asks="停工\n赔偿", version="1")
    assert done.headers["location"] == f"{TICKET}#asks"
    assert town.asks.rows == ("停工", "赔偿")
    town.asks.fault = BadInput("asks", "请至少写一条诉求点，一行一条")
    refused = await stranger.post_form(f"{TICKET}/asks", asks=" ", version="1")
    assert refused.status_code == 422
    assert refused.text.count("请至少写一条诉求点") == 1
    stranger.client.cookies.clear()
    await stranger.log_in(PEOPLE[Role.OFFICER])
    assert (await stranger.post_form(f"{TICKET}/asks", asks="无")).status_code == 403
