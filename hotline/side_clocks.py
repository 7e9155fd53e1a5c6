"""The short clocks beside a ticket's due date: signing, asking to return, asking for more time,
rating. Each runs only while its act is possible."""

from __future__ import annotations

from hotline.calendar import Calendar
from hotline.deadlines import run_out, sign_in_deadline
from hotline.handling import Handling
from hotline.handling_clock import back_from
from hotline.handling_words import Stage
from hotline.policy import Policy
from hotline.ratings import runs_from
from hotline.rulings import Span
from hotline.words import Deadline

_WITH_THE_UNIT = (Stage.DISPATCHED, Stage.HANDLING)


def side_clocks(
    handling: Handling, policy: Policy, calendar: Calendar, due: Deadline | None
) -> tuple[Deadline, ...]:
    """The clocks that run on the ticket as it stands, the nearest first; ``due`` is its due date.
    What the city does not rule has none."""
    found = [
        one
        for one in (
            _signing(handling, policy, calendar),
            _returning(handling, policy, calendar),
            _extending(handling, policy, calendar, due),
            _rating(handling, policy, calendar),
        )
        if one is not None
    ]
    return tuple(sorted(found, key=lambda one: one.due_at))


def _signing(handling: Handling, policy: Policy, calendar: Calendar) -> Deadline | None:
    received = handling.to_sign_since
    return None if received is None else sign_in_deadline(policy, calendar, received)


def _returning(handling: Handling, policy: Policy, calendar: Calendar) -> Deadline | None:
    rule, received = policy.returns.window, handling.received_at
    if handling.stage not in _WITH_THE_UNIT or handling.settled or received is None:
        return None
    if rule.value is None or rule.article is None:
        return None
    end, days, provisional = run_out(policy, calendar, rule.value, received)
    start = received.astimezone(policy.zone)
    return Deadline("申请退回", start, end, provisional, rule.article, days)


def _extending(
    handling: Handling, policy: Policy, calendar: Calendar, due: Deadline | None
) -> Deadline | None:
    rules = policy.extensions
    rule = rules.apply_before
    if due is None or handling.stage not in _WITH_THE_UNIT or rule.article is None:
        return None
    spent = rules.max_times.value is not None and handling.extensions >= rules.max_times.value
    if spent or not isinstance(rule.value, Span):
        return None
    end = back_from(policy, calendar, rule.value, due.due_at)
    return Deadline("申请延期", due.start_at, end, due.provisional, rule.article, ())


def _rating(handling: Handling, policy: Policy, calendar: Calendar) -> Deadline | None:
    rule, since = policy.rating.window, runs_from(handling)
    if handling.stage is not Stage.CLOSED or since is None:
        return None
    if rule.value is None or rule.article is None:
        return None
    end, days, provisional = run_out(policy, calendar, rule.value, since)
    return Deadline("评价", since.astimezone(policy.zone), end, provisional, rule.article, days)
