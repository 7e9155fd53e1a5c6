"""Who called, read from the exchange's own records after a gap."""

from __future__ import annotations

from pathlib import Path

from hotline.words import CallId
from ivr.call_records import numbers_of

ONE, TWO = CallId("61de9299-4327-4f8c-a33b-8e3e56d82b4e"), CallId("0" * 36)


def record(number: str, call: str) -> str:
    return (
        f'"","{number}","s","hotline-queue",""""" <{number}>","PJSIP/carrier-1","","Queue",'
        '"hotline,,,,12,,hotline-answered","2026-11-22 05:54:38","2026-11-22 05:54:38",'
        f'"2026-11-22 05:54:39",1,1,"ANSWERED","DOCUMENTATION","jiesu-1.25","{call}"\n'
    )


def test_a_call_is_found_by_the_hotlines_own_id(tmp_path: Path) -> None:
    file = tmp_path / "Master.csv"
    file.write_text(record("13907120001", ONE) + record("13800138000", "other"), "utf-8")
    assert numbers_of(file, [ONE, TWO]) == {ONE: "13907120001"}


def test_the_first_record_of_a_call_is_its_callers(tmp_path: Path) -> None:
    file = tmp_path / "Master.csv"
    file.write_text(record("13907120001", ONE) + record("1001", ONE), "utf-8")
    assert numbers_of(file, [ONE]) == {ONE: "13907120001"}


def test_a_withheld_number_stays_unknown(tmp_path: Path) -> None:
    file = tmp_path / "Master.csv"
    file.write_text(record("", ONE), "utf-8")
    assert numbers_of(file, [ONE]) == {}


def test_torn_lines_and_a_missing_file_are_no_fault(tmp_path: Path) -> None:
    assert numbers_of(tmp_path / "none.csv", [ONE]) == {}
    file = tmp_path / "Master.csv"
    file.write_bytes(b'"","139\xff","x\n\x00\n' + record("13907120001", ONE).encode()[:80])
    assert numbers_of(file, [ONE]) == {}
