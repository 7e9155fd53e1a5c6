"""Calls read from queue_log after a gap."""

from __future__ import annotations

import datetime as dt
import gzip
import tempfile
from collections.abc import Sequence
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from hotline.words import Service
from ivr.queue_log import (
    SPAN,
    LogLine,
    LogReading,
    end_of,
    next_part,
    read_from,
    reconcile,
)

A = "8c1c5b30-d124-4fc2-898a-3acb53000001"
B = "8c1c5b30-d124-4fc2-898a-3acb53000002"
BEGAN = 1795313415
NOW = dt.datetime.fromtimestamp(BEGAN + 600, dt.UTC)

# As Asterisk 22 wrote it; the dialplan's lines carry the call's id, app_queue's the channel's.
ORDINARY = f"""\
{BEGAN}|{A}|hotline|NONE|HOTLINE_ARRIVED|12345|jiesu-{BEGAN}.0
{BEGAN + 2}|{A}|hotline|NONE|HOTLINE_STAGE|queue
{BEGAN + 2}|jiesu-{BEGAN}.0|hotline|NONE|ENTERQUEUE||13800138000|1
{BEGAN + 8}|jiesu-{BEGAN}.0|hotline|1001|RINGNOANSWER|6000
{BEGAN + 9}|{A}|hotline|NONE|HOTLINE_STAGE|agent
{BEGAN + 9}|jiesu-{BEGAN}.0|hotline|1002|CONNECT|7|jiesu-{BEGAN + 8}.2|1
{BEGAN + 60}|jiesu-{BEGAN}.0|hotline|1002|COMPLETECALLER|7|51|1
{BEGAN + 60}|{A}|hotline|NONE|HOTLINE_END|agent|||PJSIP/1002-web||no|16
"""


def lines(text: str) -> tuple[LogLine, ...]:
    at = 0
    found = []
    for line in text.splitlines(keepends=True):
        found.append(LogLine(at, line.rstrip("\n")))
        at += len(line.encode())
    return tuple(found)


def told(text: str) -> LogReading:
    return reconcile(lines(text), len(text.encode()), NOW)


def after(seconds: int) -> dt.datetime:
    return dt.datetime.fromtimestamp(BEGAN + seconds, dt.UTC)


def test_an_answered_call_is_found_with_its_agent_and_its_wait() -> None:
    reading = told(ORDINARY)
    (call,) = reading.calls
    assert (call.call, call.agent, call.wait_s) == (A, "1002", 7.0)
    assert (call.arrived_at, call.queued_at, call.answered_at, call.at) == (
        after(0), after(2), after(9), after(60),
    )  # fmt: skip
    assert (call.stage, call.linked, call.service) == ("agent", False, None)
    assert reading.resume_at == len(ORDINARY.encode())


def test_a_call_that_has_not_ended_is_read_again_the_next_time() -> None:
    open_call = f"{BEGAN + 1}|{B}|hotline|NONE|HOTLINE_ARRIVED|12345|jiesu-{BEGAN + 1}.1\n"
    reading = told(open_call + ORDINARY)
    assert [call.call for call in reading.calls] == [A]
    assert reading.resume_at == 0
    end = f"{BEGAN + 70}|{B}|hotline|NONE|HOTLINE_END|queue||TRUE||||16\n"
    reading = told(open_call + ORDINARY + end)
    assert [call.call for call in reading.calls] == [A, B]


def test_a_call_that_never_ends_is_given_up_after_a_day() -> None:
    old = f"{BEGAN - 100_000}|{B}|hotline|NONE|HOTLINE_ARRIVED|12345|x.1\n"
    assert told(old + ORDINARY).resume_at == len((old + ORDINARY).encode())


def test_who_gave_up_and_who_was_turned_away_are_told_apart() -> None:
    gave_up = f"""\
{BEGAN}|{A}|hotline|NONE|HOTLINE_ARRIVED|12345|x.1
{BEGAN + 1}|x.1|hotline|NONE|ENTERQUEUE||13800138000|1
{BEGAN + 9}|x.1|hotline|NONE|ABANDON|1|1|8
{BEGAN + 9}|{A}|hotline|NONE|HOTLINE_END|queue||TRUE||||0
{BEGAN}|{B}|hotline|NONE|HOTLINE_ARRIVED|12345|x.2
{BEGAN + 9}|{B}|hotline|NONE|HOTLINE_END|queue|JOINEMPTY|||||16
"""
    abandoned, away = told(gave_up).calls
    assert (abandoned.abandoned, abandoned.queue_status, abandoned.agent) == (True, "", None)
    assert abandoned.queued_at == after(1)
    assert (away.abandoned, away.queue_status, away.queued_at) == (False, "JOINEMPTY", None)


def test_an_emergency_is_found_with_its_service() -> None:
    text = f"""\
{BEGAN}|{A}|hotline|NONE|HOTLINE_ARRIVED|12345|x.1
{BEGAN + 5}|{A}|hotline|NONE|HOTLINE_EMERGENCY|answered|119|1|key|ANSWER
{BEGAN + 9}|{A}|hotline|NONE|HOTLINE_END|emergency||||119|yes|16
"""
    (call,) = told(text).calls
    assert (call.service, call.linked, call.stage) == (Service.FIRE, True, "emergency")


def test_waiting_counts_from_the_first_joining() -> None:
    text = f"""\
{BEGAN}|{A}|hotline|NONE|HOTLINE_ARRIVED|12345|x.1
{BEGAN + 1}|x.1|hotline|NONE|ENTERQUEUE||1|1
{BEGAN + 20}|x.1|hotline|NONE|ENTERQUEUE||1|1
{BEGAN + 25}|x.1|hotline|1001|CONNECT|5|x.9|1
{BEGAN + 30}|{A}|hotline|NONE|HOTLINE_END|agent|||PJSIP/1001||no|16
"""
    assert told(text).calls[0].wait_s == 24.0


def test_without_app_queues_own_lines_the_dialplans_say_nearly_the_same() -> None:
    text = f"""\
{BEGAN}|{A}|hotline|NONE|HOTLINE_ARRIVED|12345
{BEGAN + 2}|{A}|hotline|NONE|HOTLINE_STAGE|queue
{BEGAN + 9}|{A}|hotline|NONE|HOTLINE_STAGE|agent
{BEGAN + 60}|{A}|hotline|NONE|HOTLINE_END|agent|||PJSIP/1002-web||no|16
"""
    (call,) = told(text).calls
    assert (call.agent, call.wait_s, call.answered_at) == ("1002", 7.0, after(9))


def test_a_torn_last_line_waits_for_its_end(tmp_path: Path) -> None:
    log = tmp_path / "queue_log"
    whole = ORDINARY.encode()
    log.write_bytes(whole[:-10])
    read, end = read_from(log, 0)
    assert not reconcile(read, end, NOW).calls
    assert end < len(whole) - 10
    log.write_bytes(whole)
    rest, end = read_from(log, end)
    assert len(rest) == 1
    assert end == len(whole)
    assert reconcile((*read, *rest), end, NOW).calls


def test_reading_goes_on_where_it_ended_and_begins_anew_in_a_new_file(tmp_path: Path) -> None:
    log = tmp_path / "queue_log"
    assert read_from(log, 17) == ((), 0)
    log.write_text(ORDINARY, "utf-8")
    first, end = read_from(log, 0)
    assert len(first) == 8
    assert read_from(log, end) == ((), end)
    log.write_text(ORDINARY.splitlines(keepends=True)[0], "utf-8")  # rotated
    again, _ = read_from(log, end)
    assert [line.offset for line in again] == [0]


@given(cuts=st.sets(st.integers(0, len(ORDINARY.splitlines()))), at=st.integers(0, 7))
@settings(max_examples=40)
def test_wherever_the_log_is_divided_reading_from_a_bookmark_misses_and_repeats_nothing(
    cuts: set[int], at: int
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        divided_at(cuts, at, Path(folder) / "queue_log")


def divided_at(cuts: set[int], at: int, log: Path) -> None:
    rows = ORDINARY.splitlines(keepends=True)
    number, bookmark = 0, 0
    for place, row in enumerate(rows):
        if place == at:
            _, bookmark = read_from(log, 0)
        if place in cuts and log.exists():
            put_away(log, packed=number % 2 == 1)
            number += 1
        with log.open("a") as file:
            file.write(row)
    assert texts(read_from(log, 0)[0]) == [row.rstrip("\n") for row in rows]
    rest, end = read_from(log, bookmark)
    assert texts(rest) == [row.rstrip("\n") for row in rows[at:]]
    assert end == end_of(log)
    assert read_from(log, end) == ((), end)


def put_away(log: Path, *, packed: bool = False) -> None:
    away = next_part(log)
    log.rename(away)
    if packed:
        away.with_name(away.name + ".gz").write_bytes(gzip.compress(away.read_bytes()))


def texts(found: Sequence[LogLine]) -> list[str]:
    return [line.text for line in found]


def test_until_asterisk_opens_its_new_file_the_one_put_away_is_read_on(tmp_path: Path) -> None:
    log = tmp_path / "queue_log"
    log.write_text("1|a\n")
    _, end = read_from(log, 0)
    away = next_part(log)
    log.rename(away)
    with away.open("a") as still_open:
        still_open.write("2|b\n")
    found, end = read_from(log, end)
    assert texts(found) == ["2|b"]
    with away.open("a") as still_open:
        still_open.write("3|c\n")
    log.write_text("4|d\n")
    assert texts(read_from(log, end)[0]) == ["3|c", "4|d"]


def test_a_bookmark_in_a_part_that_never_was_reads_the_present_log_from_its_beginning(
    tmp_path: Path,
) -> None:
    log = tmp_path / "queue_log"
    log.write_text("1|a\n")
    assert texts(read_from(log, 7 * SPAN + 3)[0]) == ["1|a"]
    assert read_from(log, 7 * SPAN)[1] == 4


def test_a_damaged_packed_part_does_not_keep_the_rest_from_being_read(tmp_path: Path) -> None:
    log = tmp_path / "queue_log"
    (tmp_path / "queue_log.000000.gz").write_bytes(b"no gzip at all")
    log.write_text("1|a\n")
    assert texts(read_from(log, 0)[0]) == ["1|a"]


def test_bytes_that_are_no_text_cost_their_line_only(tmp_path: Path) -> None:
    log = tmp_path / "queue_log"
    log.write_bytes(b"\xff\xfe|broken\n" + ORDINARY.encode())
    read, end = read_from(log, 0)
    assert len(reconcile(read, end, NOW).calls) == 1


FIELD = st.one_of(
    st.text(max_size=12),
    st.sampled_from([A, B, "x.1", "HOTLINE_ARRIVED", "HOTLINE_END", "CONNECT", "ENTERQUEUE",
                     "HOTLINE_STAGE", str(BEGAN), "9" * 30]),
)  # fmt: skip


@given(st.lists(st.lists(FIELD, max_size=9), max_size=12))
@settings(max_examples=200)
def test_no_line_can_make_reading_fail(rows: Sequence[Sequence[str]]) -> None:
    found = tuple(LogLine(at, "|".join(row)) for at, row in enumerate(rows))
    reading = reconcile(found, len(rows), NOW)
    assert 0 <= reading.resume_at <= len(rows)


@given(st.permutations(ORDINARY.splitlines(keepends=True)))
def test_lines_out_of_order_are_passed_over(shuffled: list[str]) -> None:
    assert len(told("".join(shuffled)).calls) <= 1


EMERGENCY = f"""\
{BEGAN}|{A}|hotline|NONE|HOTLINE_ARRIVED|12345|x.1|abc
{BEGAN + 1}|{A}|hotline|NONE|HOTLINE_STAGE|emergency-menu
{BEGAN + 1}|{A}|hotline|NONE|HOTLINE_EMERGENCY|menu|||key|
{BEGAN + 9}|{A}|hotline|NONE|HOTLINE_STAGE|emergency-queue
{BEGAN + 9}|{A}|hotline|NONE|HOTLINE_EMERGENCY|queued|||nothing-pressed|
{BEGAN + 9}|x.1|hotline-emergency|NONE|ENTERQUEUE||13800138000|1
{BEGAN + 12}|x.1|hotline-emergency|1001|CONNECT|3|x.2|2
{BEGAN + 12}|{A}|hotline|NONE|HOTLINE_STAGE|agent
"""


def test_an_open_call_is_told_as_far_as_it_has_come() -> None:
    reading = told(EMERGENCY)
    (call,) = reading.open
    assert reading.calls == ()
    assert (call.queue, call.agent, call.wait_s) == ("hotline-emergency", "1001", 3.0)
    assert [(step.phase, step.reason) for step in call.steps] == [
        ("menu", "key"),
        ("queued", "nothing-pressed"),
    ]


def test_steps_towards_an_emergency_service_are_told_with_their_trunk() -> None:
    text = EMERGENCY + (
        f"{BEGAN + 20}|{A}|hotline|NONE|HOTLINE_EMERGENCY|trying|119|2|agent|\n"
        f"{BEGAN + 20}|{A}|hotline|NONE|HOTLINE_EMERGENCY|no-such-phase|119|2|agent|\n"
        f"{BEGAN + 30}|{A}|hotline|NONE|HOTLINE_END|agent|||PJSIP/1001|119|yes|16\n"
    )
    (call,) = told(text).calls
    assert [step.phase for step in call.steps] == ["menu", "queued", "trying"]
    assert (call.steps[-1].service, call.steps[-1].trunk) == (Service.FIRE, 2)
    assert (call.service, call.linked) == (Service.FIRE, True)


def test_the_key_a_caller_rated_by_stands_in_the_reading_and_nothing_else_does() -> None:
    rating = f"{BEGAN + 55}|{A}|hotline|NONE|HOTLINE_RATING|4\n"
    end = ORDINARY.rindex(f"{BEGAN + 60}|{A}")
    (call,) = told(ORDINARY[:end] + rating + ORDINARY[end:]).calls
    assert call.rated == "4"
    for torn in (rating.replace("|4", "|7"), rating.replace("|4", "|"), rating.replace(A, B)):
        assert told(ORDINARY[:end] + torn + ORDINARY[end:]).calls[0].rated == ""
