"""Who may see what of the people on a ticket: every role, every field, every state."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain, combinations, product

import pytest

from hotline.need_to_know import (
    FIELD_NAMES,
    PERSONAL,
    Field,
    Secrecy,
    Sight,
    Viewer,
    may_act,
    may_find_by_phone,
    may_open,
    reads_confidential,
    reveal_refused,
    sight,
    unit_alone,
    without_person,
)
from hotline.words import Phone, Role, UnitId, UserId

LEAD, HELPER, OTHER = UnitId("lead"), UnitId("helper"), UnitId("other")
WRITER = UserId("writer")
EVERY = tuple(Field)
IDENTITY = (Field.NAME, Field.PHONE)


def several(things: tuple[Field, ...]) -> Iterator[frozenset[Field]]:
    every = chain.from_iterable(combinations(things, n) for n in range(len(things) + 1))
    return (frozenset(one) for one in every)


def viewers() -> Iterator[Viewer]:
    pairs = chain(combinations(Role, 1), combinations(Role, 2))
    for roles, unit, user in product(
        tuple(pairs), (None, LEAD, HELPER, OTHER), (WRITER, UserId("x"))
    ):
        yield Viewer(user=user, roles=frozenset(roles), unit=unit)


def tickets() -> Iterator[Secrecy]:
    accused = (frozenset[UnitId](), frozenset({LEAD}), frozenset({OTHER, HELPER}))
    for confidential, secret, about, lead in product(
        (False, True), several(PERSONAL), accused, (None, LEAD)
    ):
        yield Secrecy(
            writer=WRITER,
            confidential=confidential,
            secret=secret,
            accused=about,
            lead=lead,
            helpers=frozenset({HELPER}) if lead else frozenset(),
        )


CASES = tuple(product(viewers(), tickets()))


def test_there_is_something_to_try() -> None:
    assert len(CASES) > 15_000


@pytest.mark.clause("HB-36")
def test_whom_the_matter_is_about_never_learns_who_told_it() -> None:
    for viewer, ticket in CASES:
        if viewer.unit is not None and viewer.unit in ticket.accused:
            for field in IDENTITY:
                assert sight(field, viewer, ticket, EVERY) is Sight.HIDDEN, (viewer, ticket)
                assert reveal_refused(field, viewer, ticket)


@pytest.mark.clause("GZ-11", "ZQ-24")
def test_what_a_caller_asked_to_keep_secret_no_unit_sees() -> None:
    for viewer, ticket in CASES:
        if unit_alone(viewer.roles):
            for field in ticket.kept:
                assert sight(field, viewer, ticket, EVERY) is Sight.HIDDEN, (viewer, ticket)


@pytest.mark.clause("ZQ-24", "GZ-21", "ZS-32")
def test_nothing_personal_is_whole_that_was_not_revealed() -> None:
    for viewer, ticket in CASES:
        for field in IDENTITY:
            assert sight(field, viewer, ticket) is not Sight.WHOLE
        if Field.ADDRESS in ticket.secret:
            assert sight(Field.ADDRESS, viewer, ticket) is not Sight.WHOLE


def test_to_reveal_shows_exactly_what_is_not_refused() -> None:
    for viewer, ticket in CASES:
        for field in IDENTITY:
            whole = sight(field, viewer, ticket, EVERY) is Sight.WHOLE
            assert whole == (not reveal_refused(field, viewer, ticket)), (field, viewer, ticket)


def test_revealing_one_field_changes_no_other() -> None:
    for viewer, ticket in CASES:
        for field, other in product(PERSONAL, EVERY):
            if field is not other:
                assert sight(other, viewer, ticket, [field]) is sight(other, viewer, ticket)


def test_who_cannot_open_a_ticket_sees_nothing_of_it_and_does_nothing_to_it() -> None:
    for viewer, ticket in CASES:
        if not may_open(viewer, ticket):
            assert {sight(field, viewer, ticket, EVERY) for field in EVERY} == {Sight.HIDDEN}
            assert not may_act(viewer, ticket)


def test_nobody_acts_on_what_they_cannot_read() -> None:
    for viewer, ticket in CASES:
        if may_act(viewer, ticket):
            assert sight(Field.MATTER, viewer, ticket) is Sight.WHOLE


@pytest.mark.clause("ZQ-24")
def test_an_officer_opens_the_tickets_of_the_own_unit_only() -> None:
    for viewer, ticket in CASES:
        if unit_alone(viewer.roles) and viewer.unit not in (ticket.lead, *ticket.helpers):
            assert not may_open(viewer, ticket)


def test_more_secrecy_never_shows_more() -> None:
    order = {Sight.HIDDEN: 0, Sight.MASKED: 1, Sight.WHOLE: 2}
    for viewer, ticket in CASES:
        open_ticket = Secrecy(writer=WRITER, lead=ticket.lead, helpers=ticket.helpers)
        for field in EVERY:
            secret = order[sight(field, viewer, ticket, EVERY)]
            assert secret <= order[sight(field, viewer, open_ticket, EVERY)], (viewer, ticket)


def test_the_leading_unit_may_ask_for_the_number_and_the_helping_one_may_not() -> None:
    ticket = Secrecy(writer=WRITER, lead=LEAD, helpers=frozenset({HELPER}))
    lead = Viewer(user=UserId("a"), roles=frozenset({Role.OFFICER}), unit=LEAD)
    helper = Viewer(user=UserId("b"), roles=frozenset({Role.OFFICER}), unit=HELPER)
    assert sight(Field.PHONE, lead, ticket, [Field.PHONE]) is Sight.WHOLE
    assert sight(Field.PHONE, helper, ticket, [Field.PHONE]) is Sight.MASKED
    assert "牵头单位" in reveal_refused(Field.PHONE, helper, ticket)


def test_an_auditor_sees_who_looked_and_nobody_who_called() -> None:
    ticket = Secrecy(writer=WRITER)
    auditor = Viewer(user=UserId("a"), roles=frozenset({Role.AUDITOR}))
    assert may_open(auditor, ticket)
    assert "审计员" in reveal_refused(Field.NAME, auditor, ticket)


def test_a_unit_cannot_find_out_by_searching_who_called() -> None:
    officer = Viewer(user=UserId("a"), roles=frozenset({Role.OFFICER}), unit=LEAD)
    both = Viewer(user=UserId("a"), roles=frozenset({Role.OFFICER, Role.AGENT}), unit=LEAD)
    assert not may_find_by_phone(officer)
    assert may_find_by_phone(both)


def test_name_and_number_are_taken_out_of_what_people_wrote() -> None:
    phone = Phone("13800006027")
    text = "欧阳慧敏（138-0000 6027，+8613800006027）称夜间打桩，门牌138000060271号"
    assert without_person(text, "欧阳慧敏", phone) == (
        "诉求人（（号码隐去），（号码隐去））称夜间打桩，门牌138000060271号"
    )
    assert without_person(text, "欧阳慧敏", phone, keep=IDENTITY) == text
    assert without_person("林说", "林", Phone("")) == "林说"


def test_every_field_has_its_word() -> None:
    assert set(FIELD_NAMES) == set(Field)


def test_lists_and_pages_agree_on_who_reads_a_confidential_ticket() -> None:
    secret = Secrecy(writer=WRITER, confidential=True)
    for role, user in product(Role, (WRITER, UserId("other"))):
        viewer = Viewer(user=user, roles=frozenset({role}))
        page = sight(Field.MATTER, viewer, secret) is Sight.WHOLE
        assert page == reads_confidential(viewer, WRITER), (role, user)
