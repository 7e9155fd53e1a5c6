"""What is typed and what comes back: Chinese sentences, exit codes, a list of what is there."""

from __future__ import annotations

import itertools
import subprocess
import sys
from pathlib import Path

import pytest

from switchboard import cli, testing
from switchboard.check import commands, judge
from switchboard.cli import command_names, main
from switchboard.prerequisites import NEEDS
from switchboard.testing import MARKS, SETS, needs_of
from switchboard.typed import help_in_chinese


def test_bare_it_prints_every_command_with_a_line_in_chinese(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main([]) == 0
    out = capsys.readouterr().out
    for name, what in command_names().items():
        assert f"  {name} " in out
        assert any("一" <= sign <= "鿿" for sign in what), name
    assert main(["--help"]) == 0
    assert capsys.readouterr().out == out


def test_every_command_explains_itself_in_chinese(capsys: pytest.CaptureFixture[str]) -> None:
    for name in command_names():
        assert main([name, "--help"]) == 0
        page = capsys.readouterr().out
        assert page.startswith(f"用法：./jiesu {name}"), page
        for english in ("Usage", "Options:", "Arguments:", "Show this message", "[default"):
            assert english not in page, name


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        (["chek"], "没有 chek 这个命令，是否想用 check？运行 ./jiesu 可看到全部命令。"),
        (["qwertz"], "没有 qwertz 这个命令。运行 ./jiesu 可看到全部命令。"),
        (["check", "--fast"], "没有 --fast 这个选项。用法见 ./jiesu check --help"),
        (["check", "all"], "多出了参数：all。用法见 ./jiesu check --help"),
        (["--data"], "没有 --data 这个选项。运行 ./jiesu 可看到全部命令。"),
    ],
)
def test_a_slip_of_typing_gets_one_sentence_and_exit_code_2(
    typed: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(typed) == 2
    captured = capsys.readouterr()
    assert captured.err == sentence + "\n"
    assert captured.out == ""


def test_the_list_prints_without_loading_the_rooms() -> None:
    script = "import sys; from switchboard.cli import main; main([]); "
    script += "heavy = {'sqlalchemy', 'fastapi', 'uvicorn', 'pypinyin', 'cryptography'}; "
    script += "sys.exit(str(heavy & set(sys.modules)) if heavy & set(sys.modules) else 0)"
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=cli.__file__.rsplit("/", 2)[0],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr


def test_it_works_under_lang_c() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "switchboard.cli", "chek"],
        cwd=Path(cli.__file__).parent.parent,
        env={"LANG": "C", "PYTHONUTF8": "1", "PATH": "/usr/bin:/bin"},
        capture_output=True,
        check=False,
        timeout=60,
    )
    assert "没有 chek 这个命令" in done.stderr.decode("utf-8")


def test_help_pages_keep_what_is_not_a_fixed_word() -> None:
    page = help_in_chinese(
        "Usage: jiesu call [OPTIONS]\n\nOptions:\n  --wav FILE  [default: a.wav]"
    )
    assert page == "用法：./jiesu call [选项]\n\n选项：\n  --wav FILE  [默认：a.wav]"


def test_the_checks_are_four_and_each_says_whether_it_passed(tmp_path: Path) -> None:
    assert set(commands(tmp_path)) == {"mypy --strict", "ruff format", "ruff check", "lint-imports"}
    good = judge("good", [sys.executable, "-c", "print('fine')"], tmp_path)
    bad = judge("bad", [sys.executable, "-c", "import sys; sys.exit('line 3: wrong')"], tmp_path)
    assert (good.passed, good.output) == (True, "fine")
    assert (bad.passed, bad.output) == (False, "line 3: wrong")


def chosen(expression: str, marks: set[str]) -> bool:
    """Whether pytest's mark expression takes a test with these marks."""
    return bool(eval(expression, {}, {mark: mark in marks for mark in MARKS}))  # noqa: S307 - ours


def test_every_test_is_run_by_exactly_one_phase_of_all() -> None:
    for count in range(len(MARKS) + 1):
        for marks in itertools.combinations(MARKS, count):
            takers = [phase for phase in SETS["all"] if chosen(phase.marks, set(marks))]
            assert len(takers) == 1, marks
    assert chosen(SETS["quick"][0].marks, set())
    for mark in MARKS:
        assert mark in NEEDS
        assert not chosen(SETS["quick"][0].marks, {mark})


def test_what_a_set_needs_is_brought_once_each() -> None:
    assert needs_of("quick") == []
    assert needs_of("walks") == list(NEEDS["walk"])
    assert len(needs_of("all")) == len(set(needs_of("all")))
    assert set(needs_of("all")) == {need for needs in NEEDS.values() for need in needs}


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """pytest's command lines; each run writes a report of two passed and one failed, which fails
    alone as well."""
    ran: list[list[str]] = []
    monkeypatch.setattr(testing, "check", lambda: 0)
    monkeypatch.setattr(testing, "bring", lambda needs, cache: None)

    def run(command: list[str], **others: object) -> subprocess.CompletedProcess[str]:
        ran.append(command)
        tests = 1 if "--last-failed" in command else 3
        report = (
            f'<testsuites><testsuite tests="{tests}" failures="1" errors="0" skipped="0"/>'
            "</testsuites>"
        )
        Path(command[-1].removeprefix("--junit-xml=")).write_text(report)
        return subprocess.CompletedProcess(command, 1)

    monkeypatch.setattr(subprocess, "run", run)
    return ran


def test_the_last_line_sums_all_phases(
    runs: list[list[str]], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["test"]) == 1
    alone = sum(phase.alone for phase in SETS["all"])
    assert len(runs) == len(SETS["all"]) + alone
    assert sum("--last-failed" in command for command in runs) == alone
    assert capsys.readouterr().out.splitlines()[-1] == "10 passed, 5 failed"


def test_what_is_no_set_goes_to_pytest_as_it_is(runs: list[list[str]]) -> None:
    assert main(["test", "tests/ivr", "-k", "split", "-x"]) == 1
    assert runs[0][-7:-3] == ["tests/ivr", "-k", "split", "-x"]
    runs.clear()
    assert main(["test", "quick", "-x"]) == 1
    assert [command[-4] for command in runs if "--last-failed" not in command] == ["-x"]


def test_what_passes_alone_counts_as_passed_and_is_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def run(command: list[str], **others: object) -> subprocess.CompletedProcess[str]:
        alone = "--last-failed" in command
        tests, failures = (2, 1) if alone else (9, 2)
        report = f'<testsuite tests="{tests}" failures="{failures}" errors="0" skipped="0"/>'
        Path(command[-1].removeprefix("--junit-xml=")).write_text(report)
        return subprocess.CompletedProcess(command, 1)

    monkeypatch.setattr(subprocess, "run", run)
    phase = testing.Phase("电话", "telephony", 3, alone=True)
    assert testing.run(phase, []) == testing.Count(passed=8, failed=1)
    told = capsys.readouterr().err
    assert "2 项与别的测试同时运行时没有通过" in told
    assert "1 项通过，1 项仍未通过" in told


def test_a_run_that_broke_off_or_found_nothing_is_not_green(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def ends_with(code: int) -> None:
        done: subprocess.CompletedProcess[str] = subprocess.CompletedProcess([], code)
        monkeypatch.setattr(subprocess, "run", lambda *arguments, **others: done)

    ends_with(3)
    assert testing.run(SETS["quick"][0], []) == testing.Count(failed=1)
    ends_with(5)
    assert testing.run(SETS["quick"][0], []) == testing.Count()
    monkeypatch.setattr(testing, "check", lambda: 0)
    assert main(["test", "quick"]) == 1


def test_a_check_that_fails_ends_the_test_run_with_a_line_ci_can_read(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(testing, "check", lambda: 1)
    assert main(["test"]) == 1
    assert capsys.readouterr().out.splitlines()[-1] == "0 passed, 1 failed"
