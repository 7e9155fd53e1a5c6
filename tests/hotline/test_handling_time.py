"""The clocks on a ticket: a look at the times they name misses nothing and finds nothing twice."""

from __future__ import annotations

import datetime as dt

from hypothesis import given
from hypothesis import strategies as st

from hotline.handle import act_on, clock_acts
from hotline.handling import Handling
from hotline.handling_time import coming, next_look, time_brought
from hotline.handling_words import FINAL, Part, Stage
from hotline.policy import ZONE
from hotline.words import TicketType
from tests.hotline import shipped
from tests.hotline.test_handling import FIRST, LAST, chosen, limits

STEPS = st.lists(st.tuples(st.integers(0, 99), st.integers(1, 4000)), max_size=10)


def walked(
    city: str, kind: TicketType, start: dt.datetime, steps: list[tuple[int, int]]
) -> tuple[Handling, dt.datetime]:
    """A ticket on which people did this and that, and the time it is then."""
    policy, calendar, by_law = shipped.policy(city), shipped.calendar(), limits(city, kind)
    at = start.replace(tzinfo=ZONE)
    here = Handling(type=kind, stage=Stage.REGISTERED, opened_at=at)
    for pick, minutes in steps:
        at += dt.timedelta(minutes=minutes)
        one = chosen(here, at, policy, pick, city)
        if one is None:
            break
        here = act_on(here, "T-1", one, at, policy, calendar, by_law).handling
    return here, at


@given(
    city=st.sampled_from(shipped.CITIES),
    kind=st.sampled_from(list(TicketType)),
    start=st.datetimes(FIRST, LAST),
    steps=STEPS,
    later=st.integers(0, 60 * 24 * 40),
)
def test_between_two_looks_nothing_comes_due(
    city: str, kind: TicketType, start: dt.datetime, steps: list[tuple[int, int]], later: int
) -> None:
    policy, calendar, by_law = shipped.policy(city), shipped.calendar(), limits(city, kind)
    here, now = walked(city, kind, start, steps)
    first = next_look(here, policy, calendar, by_law)
    brought = {due.key for due in time_brought(here, now, policy, calendar, by_law)}
    assert not brought or (first is not None and first <= now)
    then = now + dt.timedelta(minutes=later)
    until = next_look(here, policy, calendar, by_law, after=now)
    if until is None or then < until:
        more = {due.key for due in time_brought(here, then, policy, calendar, by_law)}
        assert more <= brought | {
            one.due.key for one in coming(here, policy, calendar, by_law) if one.at <= now
        }


@given(
    city=st.sampled_from(shipped.CITIES),
    kind=st.sampled_from(list(TicketType)),
    start=st.datetimes(FIRST, LAST),
    steps=STEPS,
    days=st.integers(0, 60),
)
def test_what_the_clock_did_it_does_not_do_again(
    city: str, kind: TicketType, start: dt.datetime, steps: list[tuple[int, int]], days: int
) -> None:
    policy, calendar, by_law = shipped.policy(city), shipped.calendar(), limits(city, kind)
    here, now = walked(city, kind, start, steps)
    now += dt.timedelta(days=days)
    raised: set[str] = set()
    while fresh := [
        due for due in time_brought(here, now, policy, calendar, by_law) if due.key not in raised
    ]:
        raised.add(fresh[0].key)
        done = clock_acts(here, "T-1", fresh[0], now, policy, calendar, by_law)
        if done is not None:
            assert done.fact.part is Part.CLOCK
            here = done.handling
    assert len(raised) <= 4
    again = {due.key for due in time_brought(here, now, policy, calendar, by_law)}
    assert again <= raised
    assert here.stage not in FINAL or next_look(here, policy, calendar, by_law) is None
