"""The contract with the browsers, frame by frame.

``snapshots/wire.json`` is what both ends were built against: a change here is a change there.
"""

from __future__ import annotations

import contextlib
import dataclasses
import datetime as dt
import json
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_desk import wire
from agent_desk.aids import AnswerCard, Answers, DraftShown, DraftSlot
from agent_desk.notice_views import NoticeShown, NoticesShown, Urgents, UrgentShown
from agent_desk.said import Said
from agent_desk.shield import caller_of
from agent_desk.views import BoardNow, CallCard
from hotline.errors import BadFrame
from hotline.words import AgentId, CallId, Phone, Role, Service, TicketId, TicketType
from tests.agent_desk.fake_intakes import KNOWN
from tests.agent_desk.fakes import (
    CALL,
    CALLER,
    MORNING,
    SILENT,
    STRIP,
    FakeCalls,
    FakeLive,
    counted,
    figures,
    linkage,
)

SNAPSHOTS = Path(__file__).parent / "snapshots" / "wire.json"

AGENT = AgentId("1001")
POP_ID = wire.pop_id(CALL, AGENT)
LIVE = FakeLive()
SEAT = LIVE.now_seats[AGENT]
CARD: CallCard = LIVE.rings(CALL, AGENT)
GAP = wire.Gap(open=True, since=MORNING)
NOTICE = wire.Notice(
    kind="unacknowledged", at=MORNING, agent=AGENT, call=CALL, text="林晓岚 1001 的坐席台没有回应"
)


def _pop(stage: Any, known: bool = True) -> wire.Pop:
    history = FakeCalls().known[CALLER.digits] if known else None
    return wire.Pop(
        pop_id=POP_ID,
        call=CALL,
        stage=stage,
        caller=caller_of(CARD, history),
        queue="综合",
        waited_s=38.0,
        since=MORNING,
        ring_s=20,
        emergency=linkage() if stage == "ended" else None,
    )


def _board() -> BoardNow:
    return BoardNow(
        at=MORNING,
        strip=STRIP,
        today=figures(0, 0),
        day=figures(),
        seats=(SEAT,),
        queues=(),
        lost_calls=(),
        emergencies=(),
        gap_since=None,
    )


MESSAGES: dict[str, wire.ToBrowser] = {
    "hello": wire.Hello(
        epoch="0011223344556677",
        last_seq=7,
        now=MORNING,
        roles=(Role.AGENT,),
        name="林晓岚",
        agent=AGENT,
    ),
    "picture": wire.Picture(
        seat=SEAT, pops=(_pop("ended"),), emergencies=(), strip=STRIP, gap=wire.Gap(open=False)
    ),
    "pop that rings, history not known yet": _pop("ringing", known=False),
    "pop that was answered": _pop("talking"),
    "pop-withdrawn": wire.PopWithdrawn(pop_id=POP_ID, call=CALL, why="answered-elsewhere"),
    "pop-ended": wire.PopEnded(pop_id=POP_ID, call=CALL),
    "agent": wire.AgentShown(seat=SEAT),
    "strip": wire.Strip(strip=STRIP),
    "emergency": wire.EmergencyShown(emergency=linkage()),
    "gap": GAP,
    "saved": wire.Saved(
        number=TicketId("20260928-000001"),
        ticket_type=TicketType.CONSULT,
        call=CALL,
        due=counted(MORNING, 2),
    ),
    "saved where the city sets no limit": wire.Saved(
        number=TicketId("20260928-000002"),
        ticket_type=TicketType.SUGGESTION,
        call=None,
        due=SILENT,
    ),
    "said": Said(
        call=CALL,
        leg="caller",
        text="我家着火了",
        final=True,
        from_s=3.5,
        at=MORNING,
        alarm="听到“着火”，像火情或救援（98%）",
        level="red",
        service=Service.FIRE,
    ),
    "draft": DraftShown(
        call=CALL,
        slots=(
            DraftSlot(
                slot="type",
                value="投诉",
                others=("求助",),
                words="我要投诉",
                leg="caller",
                from_s=3.5,
                start=0,
                end=4,
            ),
        ),
        keywords=("噪声",),
    ),
    "notices": NoticesShown(
        call=CALL,
        items=(
            NoticeShown(
                id="n1",
                kind="停水",
                title="文昌路检修停水",
                words="检修水管，请储水。",
                place="文昌路",
                starts_at=MORNING,
                ends_at=MORNING + dt.timedelta(hours=5),
                now=True,
            ),
        ),
        known_place=False,
    ),
    "urgent": Urgents(
        items=(
            UrgentShown(
                id="u1",
                title="台风停课",
                words="今天全区中小学停课。",
                made_at=MORNING,
                until=MORNING + dt.timedelta(hours=8),
                acknowledged=False,
            ),
        ),
    ),
    "answers": Answers(
        call=CALL,
        cards=(
            AnswerCard(
                article="noise-night",
                version=2,
                rank=1,
                title="夜间施工噪声怎么投诉",
                title_spans=((0, 4),),
                words="夜间施工须有证明。",
                words_spans=(),
                internal=True,
                unit="城市管理局",
                basis=("《噪声污染防治法》第四十三条",),
                source="演示数据",
            ),
        ),
    ),
    "known": dataclasses.replace(KNOWN, call=CALL),
    "refused": wire.Refused(why="整理中不能小休", id="a1"),
    "done": wire.Done(id="a1"),
    "elsewhere": wire.Elsewhere(),
    "notice": NOTICE,
    "board": wire.Board(board=_board(), notices=(NOTICE,)),
}


def test_every_frame_is_as_both_ends_know_it() -> None:
    kept = json.loads(SNAPSHOTS.read_text("utf-8"))
    assert {name: json.loads(wire.to_json(m, 8)) for name, m in MESSAGES.items()} == kept


def test_every_message_has_a_snapshot() -> None:
    assert {type(m) for m in MESSAGES.values()} == set(get_args(wire.ToBrowser))


def test_every_type_has_its_own_name() -> None:
    names = [kind.type for kind in get_args(wire.ToBrowser)]
    assert len(names) == len(set(names))


def test_a_frame_says_its_number_and_type_first() -> None:
    assert wire.to_json(wire.Done(id="a"), 3) == '{"seq":3,"type":"done","id":"a"}'
    assert json.loads(wire.to_json(wire.Elsewhere()))["seq"] == 0


def test_a_withheld_number_is_no_person() -> None:
    card = dataclasses.replace(CARD, caller=Phone(""))
    caller = caller_of(card, FakeCalls().known[CALLER.digits])
    assert caller == wire.Caller(
        number=None, masked="未显示号码", withheld=True, earlier_calls=0, last=(), tickets=()
    )


def test_a_number_goes_out_masked_wherever_it_was_not_unmasked_on_purpose() -> None:
    assert wire.plain({"caller": CALLER}) == {"caller": "138****6027"}


def test_times_are_said_with_their_offset() -> None:
    assert wire.plain(MORNING) == "2026-09-28T10:42:16.000+08:00"
    assert wire.plain(dt.date(2026, 9, 28)) == "2026-09-28"


# --------------------------------------------------------------------------- browser → server


def test_an_acknowledgement_is_understood() -> None:
    assert wire.parse('{"type":"ack","seq":12}') == wire.Ack(seq=12)


def test_a_resume_is_understood() -> None:
    frame = '{"type":"resume","last_seq":0,"epoch":""}'
    assert wire.parse(frame) == wire.Resume(last_seq=0, epoch="")


def test_handing_over_is_understood() -> None:
    frame = {"type": "act", "id": "7", "act": "hand_over", "call": CALL, "service": "119"}
    assert wire.parse(json.dumps(frame)) == wire.Act(
        id="7", act="hand_over", call=CallId(CALL), service=Service.FIRE
    )


@pytest.mark.parametrize(
    ("frame", "told"),
    [
        ("not json", "消息不是 JSON"),
        ("[" * 30_000, "消息不是 JSON"),
        ("[]", "消息不是 JSON 对象"),
        ('"ack"', "消息不是 JSON 对象"),
        ('{"type":"shell"}', "不认识的消息类型"),
        ("{}", "不认识的消息类型"),
        ('{"type":"ack"}', "seq 应是不小于 0 的整数"),
        ('{"type":"ack","seq":-1}', "seq 应是不小于 0 的整数"),
        ('{"type":"ack","seq":true}', "seq 应是不小于 0 的整数"),
        ('{"type":"ack","seq":1e3}', "seq 应是不小于 0 的整数"),
        ('{"type":"ack","seq":1,"more":1}', "不认识的字段"),
        ('{"type":"resume","last_seq":1,"epoch":5}', "epoch 应是"),
        ('{"type":"act","id":"1","act":"dial"}', "不认识的操作"),
        ('{"type":"act","id":"1","act":["pause"]}', "不认识的操作"),
        ('{"type":"act","act":"ready"}', "操作没有编号"),
        ('{"type":"act","id":"1","act":"pause"}', "请选小休原因"),
        ('{"type":"act","id":"1","act":"hand_over","service":"119"}', "哪一通电话"),
        ('{"type":"act","id":"1","act":"hand_over","call":"c"}', "请选移交 110、119、120 或 122"),
        ('{"type":"act","id":"1","act":"hand_over","call":"c","service":"911"}', "只能移交"),
        ('{"type":"act","id":"1","act":"leave"}', "哪一通电话"),
        (json.dumps({"type": "act", "id": "x" * 65, "act": "ready"}), "id 应是不超过 64"),
        ("长" * 22_000, "消息太长，最多 64 KB"),
    ],
)
def test_what_is_not_a_frame_is_refused_in_a_sentence(frame: str, told: str) -> None:
    with pytest.raises(BadFrame, match=told):
        wire.parse(frame)


@given(st.text(max_size=200))
def test_no_text_breaks_the_reader(text: str) -> None:
    with contextlib.suppress(BadFrame):
        wire.parse(text)


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=6,
)


@given(
    st.fixed_dictionaries(
        {"type": st.sampled_from(["ack", "resume", "act"])},
        optional=dict.fromkeys(
            ("seq", "last_seq", "epoch", "id", "act", "reason", "call", "service"), _json
        ),
    )
)
def test_no_object_breaks_the_reader(frame: dict[str, object]) -> None:
    with contextlib.suppress(BadFrame):
        wire.parse(json.dumps(frame))
