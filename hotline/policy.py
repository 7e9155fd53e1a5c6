"""What a city has ruled: packs of parameters, each with its article, or its silence.

A pack is a TOML file (hotline/policies/*.toml, overlaid by DATA/policies/*.toml). Its tables are
the sections below, its keys their fields; hotline.packs reads one. Every value knows the article
it stands on; where a regulation is silent the value is None and ``searched`` names the articles
read.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from enum import StrEnum
from typing import Any, Final, TypeVar

from hotline import rulings
from hotline.rulings import Limit, Range, Reason, Ruled, Source, Span, Stance, Start, TypeLabel
from hotline.words import Article, EmergencyAction, Service, TicketType

T = TypeVar("T")

ZONE: Final = dt.timezone(dt.timedelta(hours=8), "Asia/Shanghai")
"""The zone of every pack. China keeps one time and has had no summer time since 1991, so a fixed
offset is exact for every date a pack can rule, and needs no zone files on the host."""


def _rule(label: str, read: Callable[[object], T]) -> Any:
    return field(metadata={"label": label, "read": read})


def _later(label: str, read: Callable[[object], T]) -> Any:
    """A parameter that packs kept with older tickets do not have: there it is silent."""
    return field(metadata={"label": label, "read": read, "later": True})


@dataclass(frozen=True, slots=True)
class Line:
    """The line as the public knows it."""

    name: Ruled[str] = _rule("热线名称", rulings.text)
    access_number: Ruled[str] = _rule("热线号码", rulings.digits)
    hours: Ruled[str] = _rule("服务时间", rulings.text)
    channels: Ruled[tuple[str, ...]] = _rule("受理渠道", rulings.texts)
    greeting: Ruled[str] = _rule("欢迎语", rulings.text)
    recording_notice: Ruled[str] = _rule("录音告知", rulings.text)
    menu: Ruled[bool] = _rule("按键菜单", rulings.flag)
    answer_within: Ruled[Span] = _rule("应答时限", rulings.span)
    connect_rate_min: Ruled[float] = _rule("接通率下限", rulings.ratio)
    media_response: Ruled[Span] = _rule("其他渠道响应时限", rulings.span)
    loss_rate: Ruled[str] = _rule("呼损率要求", rulings.text)
    missed_call_return: Ruled[bool] = _rule("未接来电回拨", rulings.flag)


@dataclass(frozen=True, slots=True)
class Emergency:
    """What is urgent and where it goes. Read it by :func:`action_at` and :func:`services`."""

    numbers: Ruled[tuple[Service, ...]] = _rule("紧急号码", rulings.services)
    stance: Ruled[Stance] = _rule("紧急事项处理方式", rulings.one_of(Stance))
    at_greeting: Ruled[EmergencyAction] = _rule("欢迎语时", rulings.one_of(EmergencyAction))
    at_queue: Ruled[EmergencyAction] = _rule("排队时", rulings.one_of(EmergencyAction))
    at_agent: Ruled[EmergencyAction] = _rule("通话时", rulings.one_of(EmergencyAction))
    utilities: Ruled[tuple[str, ...]] = _rule("联动的公共事业", rulings.texts)
    police_link: Ruled[str] = _rule("与110对接", rulings.text)


@dataclass(frozen=True, slots=True)
class Intake:
    """What is taken down and what is not accepted."""

    types: Ruled[tuple[TypeLabel, ...]] = _rule("事项类型", rulings.type_labels)
    scope: Ruled[str] = _rule("受理范围", rulings.text)
    slots: Ruled[tuple[str, ...]] = _rule("工单必填要素", rulings.texts)
    refusals: Ruled[tuple[Reason, ...]] = _rule("不受理或分类处理情形", rulings.reasons)
    refusal_reason_recorded: Ruled[bool] = _rule("不予受理须记录理由", rulings.flag)
    direct_answer: Ruled[str] = _rule("直接答复", rulings.text)
    secrecy: Ruled[str] = _rule("保密", rulings.text)
    harassment: Ruled[str] = _rule("骚扰来电", rulings.text)
    self_query: Ruled[str] = _rule("进度自助查询", rulings.text)


@dataclass(frozen=True, slots=True)
class Dispatch:
    """To whom, how fast, who leads, who decides a dispute."""

    basis: Ruled[str] = _rule("派单依据", rulings.text)
    speed: Ruled[str] = _rule("派单时限", rulings.text)
    audit: Ruled[bool] = _rule("转办前审核", rulings.flag)
    pre_approval: Ruled[tuple[Reason, ...]] = _rule("派单前批示", rulings.reasons)
    consultation: Ruled[str] = _rule("派单前会商", rulings.text)
    directory_fields: Ruled[tuple[str, ...]] = _rule("派单目录应列", rulings.texts)
    sign_in: Ruled[Span] = _rule("签收时限", rulings.span)
    lead: Ruled[str] = _rule("牵头规则", rulings.text)
    dispute_ladder: Ruled[tuple[str, ...]] = _rule("争议阶梯", rulings.texts)
    never_lead: Ruled[tuple[str, ...]] = _rule("不得作为主责", rulings.texts)
    cross_region: Ruled[str] = _rule("跨区域与分中心", rulings.text)
    order_wait_excluded: Ruled[bool] = _later("等待批示的时间不计入", rulings.flag)


@dataclass(frozen=True, slots=True)
class Limits:
    """How long a unit has, and how the days are counted."""

    consult: Ruled[Limit] = _rule("咨询办理期限", rulings.limit)
    help: Ruled[Limit] = _rule("求助办理期限", rulings.limit)
    complaint: Ruled[Limit] = _rule("投诉办理期限", rulings.limit)
    report: Ruled[Limit] = _rule("举报办理期限", rulings.limit)
    suggestion: Ruled[Limit] = _rule("建议办理期限", rulings.limit)
    difficult: Ruled[Limit] = _rule("疑难事项办理期限", rulings.limit)
    start: Ruled[tuple[Start, ...]] = _rule("期限起算点", rulings.each_of(Start))
    law_override: Ruled[bool] = _rule("法律法规另有规定从其规定", rulings.flag)
    first_day_counted: Ruled[bool] = _rule("起算当日是否计入", rulings.flag)
    day_ends: Ruled[int] = _rule("最后一日截止时刻", rulings.minute_of_day)


@dataclass(frozen=True, slots=True)
class Returns:
    """Sending a ticket back (退回)."""

    window: Ruled[Span] = _rule("退回申请期限", rulings.span)
    needs: Ruled[tuple[str, ...]] = _rule("退回须附", rulings.texts)
    approved_clock: Ruled[str] = _rule("同意退回后的期限", rulings.text)
    refused_clock: Ruled[str] = _rule("不同意退回的期限", rulings.text)
    audit_time_excluded: Ruled[bool] = _rule("审核时间不计入", rulings.flag)
    denied_when: Ruled[tuple[Reason, ...]] = _rule("不予批准退回情形", rulings.reasons)
    final_when: Ruled[str] = _rule("不得再退", rulings.text)


@dataclass(frozen=True, slots=True)
class Extensions:
    """More time (延期)."""

    apply_before: Ruled[Span] = _rule("延期须提前", rulings.span)
    max_times: Ruled[int] = _rule("延期次数上限", rulings.count)
    length: Ruled[str] = _rule("每次延期时长", rulings.text)
    needs: Ruled[tuple[str, ...]] = _rule("延期须附", rulings.texts)
    notice_by: Ruled[str] = _rule("由谁告知诉求人", rulings.text)


@dataclass(frozen=True, slots=True)
class Close:
    """Handling, replying, and the audit of the end."""

    first_contact: Ruled[str] = _rule("首次联系", rulings.text)
    reply_form: Ruled[tuple[str, ...]] = _rule("答复形式", rulings.texts)
    no_reply_when: Ruled[tuple[Reason, ...]] = _rule("无须回复情形", rulings.reasons)
    sections: Ruled[tuple[str, ...]] = _rule("办结须列明", rulings.texts)
    every_ask: Ruled[bool] = _rule("逐项答复", rulings.flag)
    audit: Ruled[str] = _rule("办结审核", rulings.text)
    refused_clock: Ruled[str] = _rule("办结退回后的期限", rulings.text)
    unsolvable: Ruled[str] = _rule("暂无法解决", rulings.text)
    report_to_head: Ruled[tuple[Reason, ...]] = _rule("须报单位主要负责人", rulings.reasons)
    not_accepted: Ruled[tuple[Reason, ...]] = _later("承办单位依法不予受理", rulings.reasons)


@dataclass(frozen=True, slots=True)
class Rating:
    """Follow-up (回访), satisfaction, redo."""

    follow_up: Ruled[str] = _rule("回访范围", rulings.text)
    follow_up_within: Ruled[Span] = _rule("回访时限", rulings.span)
    follow_up_channels: Ruled[tuple[str, ...]] = _rule("回访方式", rulings.texts)
    caller_chooses: Ruled[bool] = _rule("诉求人自选回访方式", rulings.flag)
    direct_rating: Ruled[bool] = _rule("直接解答后即时评价", rulings.flag)
    options: Ruled[tuple[str, ...]] = _rule("满意度选项", rulings.texts)
    window: Ruled[Span] = _rule("评价时限", rulings.span)
    archived: Ruled[tuple[str, ...]] = _rule("自动归档的评价", rulings.texts)
    redo: Ruled[str] = _rule("重办", rulings.text)
    redo_max: Ruled[int] = _rule("重办次数上限", rulings.count)
    redo_limit: Ruled[str] = _rule("重办时限", rulings.text)
    redo_exceptions: Ruled[tuple[Reason, ...]] = _rule("不重办情形", rulings.reasons)


@dataclass(frozen=True, slots=True)
class Supervision:
    """Reminders, supervision (督办), appraisal, reports, staffing."""

    due_soon: Ruled[bool] = _rule("即将到期提醒", rulings.flag)
    triggers: Ruled[tuple[Reason, ...]] = _rule("督办情形", rulings.reasons)
    forms: Ruled[tuple[str, ...]] = _rule("督办方式", rulings.texts)
    ladder: Ruled[tuple[str, ...]] = _rule("督办层级", rulings.texts)
    indicators: Ruled[tuple[str, ...]] = _rule("考评指标", rulings.texts)
    reports: Ruled[tuple[str, ...]] = _rule("统计周期", rulings.texts)
    meeting: Ruled[str] = _rule("联席会议", rulings.text)
    people_per_seat: Ruled[int] = _rule("每座席服务人口", rulings.count)
    agents_per_seat: Ruled[int] = _rule("每座席话务员", rulings.count)
    seat_area: Ruled[str] = _rule("座席面积与间距", rulings.text)


@dataclass(frozen=True, slots=True)
class Knowledge:
    """The knowledge base (知识库)."""

    new_policy_before: Ruled[Range] = _rule("新政策提前报送", rulings.span_range)
    same_day_upload: Ruled[bool] = _rule("发布之日同步上传", rulings.flag)
    transition_staff: Ruled[bool] = _rule("过渡期派员", rulings.flag)
    error_fix: Ruled[Span] = _rule("错漏补正时限", rulings.span)
    visibility: Ruled[tuple[str, ...]] = _rule("适用范围", rulings.texts)
    open_to_public: Ruled[bool] = _rule("向社会开放", rulings.flag)
    contributors: Ruled[tuple[str, ...]] = _rule("知识来源", rulings.texts)
    utilities: Ruled[str] = _rule("公用事业信息", rulings.text)


@dataclass(frozen=True, slots=True)
class Validity:
    """From when and for how long."""

    starts: Ruled[str] = _rule("施行日期", rulings.text)
    valid_for: Ruled[Span] = _rule("有效期", rulings.span)


SECTIONS: Final[Mapping[str, tuple[str, type[Any]]]] = {
    "line": ("热线", Line),
    "emergency": ("紧急联动", Emergency),
    "intake": ("受理", Intake),
    "dispatch": ("派单", Dispatch),
    "limits": ("办理期限", Limits),
    "returns": ("退回", Returns),
    "extensions": ("延期", Extensions),
    "close": ("办理与办结", Close),
    "rating": ("回访、评价、重办", Rating),
    "supervision": ("督办与考评", Supervision),
    "knowledge": ("知识库", Knowledge),
    "validity": ("施行", Validity),
}


@dataclass(frozen=True, slots=True)
class Policy:
    """All that holds in one city on one day. ``version`` changes whenever any layer's text does.

    ``parents`` are codes from the nearest to the furthest; ``expires_on`` is the first day the
    document no longer holds, where it says so.
    """

    code: str
    area: str
    document: str
    parents: tuple[str, ...]
    version: str
    on: dt.date
    effective_from: dt.date
    expires_on: dt.date | None
    line: Line
    emergency: Emergency
    intake: Intake
    dispatch: Dispatch
    limits: Limits
    returns: Returns
    extensions: Extensions
    close: Close
    rating: Rating
    supervision: Supervision
    knowledge: Knowledge
    validity: Validity
    zone: dt.timezone = ZONE
    layers: tuple[tuple[Mapping[str, Any], ...], ...] = field(default=(), repr=False, compare=False)
    """The tables it was made of, lowest layer first: what its version is the digest of."""

    def limit_of(self, ticket_type: TicketType) -> Ruled[Limit]:
        """The handling limit (办理期限) of one type of matter."""
        return {
            TicketType.CONSULT: self.limits.consult,
            TicketType.HELP: self.limits.help,
            TicketType.COMPLAINT: self.limits.complaint,
            TicketType.REPORT: self.limits.report,
            TicketType.SUGGESTION: self.limits.suggestion,
        }[ticket_type]

    def rules(self) -> Iterator[tuple[str, str, Ruled[Any]]]:
        """(section title, label, rule) of every parameter, in the order of the sections."""
        for section, (title, kind) in SECTIONS.items():
            for one in fields(kind):
                yield title, one.metadata["label"], getattr(getattr(self, section), one.name)


@dataclass(frozen=True, slots=True)
class EmergencyNumber:
    """One number callers can be handed to, and the layer that names it."""

    service: Service
    layer: str
    source: Source
    article: Article | None


def emergency_numbers(policy: Policy) -> tuple[EmergencyNumber, ...]:
    """All four national numbers, in order, each under the nearest layer that names it.

    A city that lists fewer (河北 omits 122) keeps its own list and gets the rest from below.
    """
    found: dict[Service, EmergencyNumber] = {}
    rule: Ruled[tuple[Service, ...]] | None = policy.emergency.numbers
    while rule is not None:
        for service in rule.value or ():
            number = EmergencyNumber(service, rule.layer, rule.source, rule.article)
            found.setdefault(service, number)
        rule = rule.under
    return tuple(found[service] for service in Service if service in found)


class Moment(StrEnum):
    """The stages of a call at which a spoken emergency can be noticed."""

    GREETING = "greeting"
    QUEUE = "queue"
    AGENT = "agent"


def action_at(policy: Policy, moment: Moment) -> Ruled[EmergencyAction]:
    """What is done when an emergency is *spoken*; a pressed key dials at once in every city.

    ``即时转接`` is the regulation's own answer and binds. Everywhere else the city's choice
    stands, and Jiesu's default (confirm, 系统默认) where it made none.
    """
    chosen: Ruled[EmergencyAction] = getattr(policy.emergency, f"at_{moment}")
    stance = policy.emergency.stance
    if stance.value is Stance.TRANSFER_NOW:
        return replace(
            chosen,
            value=EmergencyAction.TRANSFER,
            layer=stance.layer,
            source=stance.source,
            article=stance.article,
            effective_from=stance.effective_from,
        )
    return chosen
