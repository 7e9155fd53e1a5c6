"""The units of systemd: what they start exists, and the other two files do what they say."""

from __future__ import annotations

import configparser
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from switchboard.cli import main
from tests.house.tree import ROOT

UNIT = ROOT / "units/jiesu.service"


def written() -> configparser.ConfigParser:
    """The unit; a key that stands twice in a section is a fault."""
    parser = configparser.ConfigParser(delimiters=("=",), comment_prefixes=("#",), strict=True)
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read_string(UNIT.read_text("utf-8"))
    return parser


def test_the_service_starts_a_command_that_is_there(capsys: pytest.CaptureFixture[str]) -> None:
    program, command, *options = written()["Service"]["ExecStart"].split()
    script = ROOT / Path(program).relative_to("/opt/jiesu")
    assert script.stat().st_mode & 0o111
    assert main([command, "--help"]) == 0
    page = capsys.readouterr().out
    assert {one for one in options if one.startswith("--")} <= set(re.findall(r"--[a-z-]+", page))


def test_the_service_may_write_where_its_options_point_and_nowhere_else() -> None:
    service = written()["Service"]
    assert service["ProtectSystem"] == "strict"
    assert service["ExecStart"].endswith(f"--data /var/lib/{service['StateDirectory']}")
    environment = dict(pair.split("=", 1) for pair in service["Environment"].split())
    assert environment["HOME"] == f"/var/lib/{service['StateDirectory']}"
    # The cache is XDG_CACHE_HOME/jiesu (asterisk_conf/debian.py).
    assert f"{environment['XDG_CACHE_HOME']}/jiesu" == f"/var/cache/{service['CacheDirectory']}"
    assert "ReadWritePaths" not in service


def test_the_service_has_no_capability_and_its_exchange_outlives_a_crash() -> None:
    service = written()["Service"]
    assert service["CapabilityBoundingSet"] == service["AmbientCapabilities"] == ""
    assert service["NoNewPrivileges"] == "yes"
    assert (service["Restart"], service["KillMode"]) == ("always", "process")
    assert written()["Unit"]["StartLimitIntervalSec"] == "0"


@pytest.mark.parametrize("key", ["User", "Group"])
def test_the_service_never_runs_as_root(key: str) -> None:
    assert written()["Service"][key] == "jiesu"


def test_systemd_finds_nothing_to_complain_about(tmp_path: Path) -> None:
    analyze = shutil.which("systemd-analyze")
    if analyze is None:  # then the parts looked at above have to do
        return
    # The tree stands elsewhere on this machine.
    unit = tmp_path / UNIT.name
    unit.write_text(UNIT.read_text("utf-8").replace("/opt/jiesu", str(ROOT)), "utf-8")
    done = subprocess.run(
        [analyze, "verify", "--man=no", str(unit)],
        env={"PATH": os.environ["PATH"], "SYSTEMD_LOG_LEVEL": "warning"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    about_ours = [line for line in done.stderr.splitlines() if "jiesu" in line]
    assert not about_ours
    assert done.returncode == 0, done.stderr


def test_the_user_and_the_folders_are_the_service_s(tmp_path: Path) -> None:
    service = written()["Service"]
    user = (ROOT / "units/jiesu.sysusers.conf").read_text("utf-8").splitlines()[-1].split()
    assert user[:2] == ["u", service["User"]]
    assert user[-1] == "/usr/sbin/nologin"
    rows = [
        line.split()
        for line in (ROOT / "units/jiesu.tmpfiles.conf").read_text("utf-8").splitlines()
        if not line.startswith("#")
    ]
    assert [row[:5] for row in rows] == [
        ["d", f"/var/lib/{service['StateDirectory']}", "0700", service["User"], service["Group"]],
        ["d", f"/var/cache/{service['CacheDirectory']}", "0755", service["User"], service["Group"]],
    ]
    if os.geteuid() == 0 and shutil.which("systemd-sysusers") and shutil.which("systemd-tmpfiles"):
        run_for_real(tmp_path)


def run_for_real(root: Path) -> None:
    """Both files by systemd's own programs, below an empty root."""
    (root / "etc").mkdir()
    for command in (
        ["systemd-sysusers", f"--root={root}", str(ROOT / "units/jiesu.sysusers.conf")],
        ["systemd-tmpfiles", f"--root={root}", "--create", str(ROOT / "units/jiesu.tmpfiles.conf")],
    ):
        subprocess.run(command, check=True, capture_output=True, timeout=60)
    line = next(
        line for line in (root / "etc/passwd").read_text().splitlines() if line.startswith("jiesu:")
    )
    _, _, uid, _, _, home, shell = line.split(":")
    assert (home, shell) == ("/var/lib/jiesu", "/usr/sbin/nologin")
    made = (root / "var/lib/jiesu").stat()
    assert (made.st_uid, made.st_mode & 0o777) == (int(uid), 0o700)
