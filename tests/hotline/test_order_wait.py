"""Whether waiting for a leader's order (批示) counts: decided in the open, none rules it."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from hotline.errors import BadPolicy
from hotline.handle import act_on
from hotline.handling import Handling
from hotline.handling_clock import ORDER_COUNTS, ORDER_WAITS, SILENT_ORDER, Course, course
from hotline.handling_gates import Asked
from hotline.handling_words import Act, Part, Stage
from hotline.packs import _version, from_text, text_of
from hotline.policy import Policy
from hotline.rulings import Source
from hotline.words import TicketType, UnitId
from tests.hotline import shipped
from tests.hotline.test_ratings import at


def ordered(policy: Policy) -> Course:
    """Registered on Monday, sent up at once, ordered on Thursday, dispatched on Friday."""
    here = Handling(type=TicketType.HELP, stage=Stage.REGISTERED, opened_at=at("11-02 09:00"))
    for act, part, when in (
        (Act.SEND_UP, Part.CENTRE, "11-02 10:00"),
        (Act.ORDER, Part.LEADER, "11-05 10:00"),
        (Act.DISPATCH, Part.CENTRE, "11-06 10:00"),
    ):
        code = "safety" if act is Act.SEND_UP else ""
        asked = Asked(act=act, part=part, by="u", body="b", unit=UnitId("u"), code=code)
        here = act_on(here, "T", asked, at(when), policy, shipped.calendar()).handling
    return course(here, policy, shipped.calendar())


@pytest.mark.clause("HB-23")
def test_where_the_regulation_is_silent_the_wait_does_not_count_and_the_story_says_so() -> None:
    policy = shipped.policy("hebei")
    rule = policy.dispatch.order_wait_excluded
    assert (rule.value, rule.source, rule.searched) == (
        True,
        Source.SYSTEM,
        ("第二十三条", "第二十四条"),
    )
    story = ordered(policy)
    assert story.deadline is not None
    assert story.deadline.start_at == at("11-06 10:00")
    [told] = [one for one in story.turns if one.what == ORDER_WAITS]
    assert (told.note, told.article) == (SILENT_ORDER, None)


def test_a_city_that_rules_that_the_wait_counts_reckons_from_the_day_it_was_sent_up() -> None:
    policy = shipped.policy("hebei")
    counts = replace(policy.dispatch.order_wait_excluded, value=False)
    policy = replace(policy, dispatch=replace(policy.dispatch, order_wait_excluded=counts))
    story = ordered(policy)
    assert story.deadline is not None
    assert story.deadline.start_at == at("11-02 10:00")
    assert ORDER_COUNTS in [one.what for one in story.turns]


def test_a_text_kept_before_the_parameter_was_known_is_read_and_silent() -> None:
    policy = shipped.policy("hebei")
    layers = json.loads(text_of(policy))
    for layer in layers:
        for tables in layer:
            tables.get("dispatch", {}).pop("order_wait_excluded", None)
            tables.get("close", {}).pop("not_accepted", None)
    text = json.dumps(layers, ensure_ascii=False, sort_keys=True)
    old = from_text(text, _version("hebei", text), policy.on)
    assert old.dispatch.order_wait_excluded.value is None
    assert old.close.not_accepted.value is None
    assert old.limits == policy.limits
    before = ordered(old).deadline
    after = ordered(policy).deadline
    assert before is not None
    assert after is not None
    assert (before.start_at, before.due_at) == (after.start_at, after.due_at)
    # What never was optional is still missed.
    for layer in layers:
        for tables in layer:
            tables.get("close", {}).pop("every_ask", None)
    text = json.dumps(layers, ensure_ascii=False, sort_keys=True)
    with pytest.raises(BadPolicy, match="逐项答复"):
        from_text(text, _version("hebei", text), policy.on)
