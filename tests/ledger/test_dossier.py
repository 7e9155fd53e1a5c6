"""The dossier of a ticket, on both databases: whole, and every change to it is found."""

from __future__ import annotations

import copy
import json
from pathlib import Path

import pytest
from sqlalchemy import text

from hotline.errors import BadInput, NoSuch
from hotline.words import TicketId
from switchboard.dossier import dossier, flaws, read
from tests.ledger.conftest import Clock, Opener
from tests.ledger.test_supervision import raised
from tests.ledger.test_ticket_dues import watched
from tests.switchboard.test_desk_handling import BOSS, OFFICER

pytestmark = pytest.mark.anyio


@pytest.mark.clause("ZQ-19", "GZ-23", "GY-解读五-4")
async def test_a_dossier_has_acts_returns_supervision_and_the_audit_and_every_change_is_found(
    opener: Opener, clock: Clock
) -> None:
    async with watched(opener, clock, "zhaoqing") as ticket:
        ledger, number = ticket.case.ledger, ticket.case.number
        await ticket.case.does(BOSS, "派单", "2026-11-02 10:00", unit="housing")
        await ticket.case.does(
            OFFICER, "申请退回", "2026-11-03 09:00", need_1="不归", need_2="三定"
        )
        await ticket.case.does(BOSS, "驳回退回", "2026-11-03 10:00", code="own_duty", note="归")
        await ledger.supervision.raise_matter(raised(ticket=number, texts={"理由": "推诿"}))
        body = json.loads(json.dumps(await dossier(ledger, number)))
        acts = [one["fact"]["act"] for one in body["facts"] if "act" in one["fact"]]
        assert acts == ["派单", "申请退回", "驳回退回"]
        assert "三定" in body["texts"]["act-2"]
        assert body["supervision"][0]["texts"]["1"] == {"理由": "推诿"}
        assert [row["what"] for row in body["audit"]][-2:] == [
            "supervision.raise",
            "ticket.dossier",
        ]
        assert await flaws(ledger, body) == []

        forged = copy.deepcopy(body)
        forged["texts"]["act-2"] = "{}"
        assert await flaws(ledger, forged) == [
            "文件的内容与写出时不一致：有人改过，或者是另一套系统写的。"
        ]
        forged = copy.deepcopy(body)
        forged["audit"][0]["who"] = "别人"
        seq = forged["audit"][0]["seq"]
        assert f"审计记录第{seq}条与它的校验值不符。" in await flaws(ledger, forged)

        async with ledger.database.write() as connection:
            change = text("UPDATE audit SET who = '别人' WHERE seq = :seq")
            await connection.execute(change, {"seq": seq})
        told = await flaws(ledger, body)
        assert told == [
            f"台账里的审计记录与文件不同：第{seq}条。",
            f"台账的审计链在第{seq}条断开。",
        ]


async def test_there_is_no_dossier_of_a_ticket_that_is_not_there(opener: Opener) -> None:
    async with opener() as ledger:
        with pytest.raises(NoSuch):
            await dossier(ledger, TicketId("20260101-000001"))
        assert await ledger.audit.rows() == []


def test_what_is_no_dossier_is_told_in_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    with pytest.raises(BadInput, match="读不了"):
        read(path)
    for wrong in ("不是", "[]", '{"format": "别的"}'):
        path.write_text(wrong, "utf-8")
        with pytest.raises(BadInput, match="不是案卷文件"):
            read(path)
