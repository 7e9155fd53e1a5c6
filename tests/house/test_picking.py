"""Which files a run loads, and what is handed to one worker as a whole."""

from __future__ import annotations

import pytest

from switchboard.testing import MARKS as MARKS_OF_PHASES
from switchboard.testing import SETS
from tests.picking import MARKS, TESTS, may_hold, named_in, unit_of

WALK = TESTS / "walks" / "test_transfers.py"
RULES = TESTS / "hotline" / "test_calls.py"
FAULTS = TESTS / "house" / "test_planted_faults.py"


def test_the_marks_are_those_of_the_phases() -> None:
    assert set(MARKS) == set(MARKS_OF_PHASES)


def test_a_file_that_names_none_of_the_wanted_marks_is_left_alone() -> None:
    assert "walk" in named_in(WALK)
    assert may_hold(WALK, "walk and not slow")
    assert not may_hold(WALK, "browser or install")
    assert not may_hold(RULES, "walk")


def test_what_wants_no_mark_loads_every_file() -> None:
    (quick,) = SETS["quick"]
    assert may_hold(RULES, quick.marks)
    assert may_hold(WALK, quick.marks)


@pytest.mark.parametrize("expression", ["", "clause", "walk and unheard_of", "not (walk)"])
def test_in_doubt_a_file_is_loaded(expression: str) -> None:
    assert may_hold(RULES, expression)


def test_a_database_mark_of_a_rooms_fixtures_counts_for_its_files() -> None:
    assert "postgres" in named_in(TESTS / "ledger" / "test_accounts.py")


def test_a_files_tests_stay_together_but_every_planted_fault_goes_by_itself() -> None:
    assert (
        unit_of("tests/walks/test_transfers.py::test_it[a::b]") == "tests/walks/test_transfers.py"
    )
    one = f"{FAULTS.relative_to(TESTS.parent)}::test_a_planted_fault_turns_its_test_red[x]"
    assert unit_of(one) == one
