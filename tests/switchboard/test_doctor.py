"""doctor looks and says; it fetches, starts and changes nothing."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from switchboard import doctor
from switchboard.doctor import command, findings
from switchboard.settings import ROOT, Settings


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(root=ROOT, data=tmp_path / "data", cache=tmp_path / "cache")


def test_a_fresh_machine_is_well_and_nothing_is_made(settings: Settings) -> None:
    found = list(findings(settings))
    assert all(one.ok for one in found), found
    assert not settings.data.exists()
    assert not settings.cache.exists()


def test_a_fault_in_site_toml_is_told_with_its_sentence(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    settings.data.mkdir(mode=0o700)
    settings.site_file.write_text("[menu]\nenabled = 3\n")
    assert command(settings, as_json=False) == 1
    out = capsys.readouterr().out
    assert "注意  设置：1 处不对" in out
    assert "[menu] enabled：应为 true 或 false" in out


def test_data_that_others_may_read_is_a_fault(settings: Settings) -> None:
    settings.data.mkdir(mode=0o755)
    found = doctor.data(settings)
    assert not found.ok
    assert found.do == f"chmod 700 {settings.data}"
    settings.data.chmod(0o711)
    assert doctor.data(settings).ok


def test_an_unconfirmed_real_centre_is_a_fault(settings: Settings) -> None:
    settings.data.mkdir(mode=0o700)
    settings.site_file.write_text(
        '[emergency]\nlive = true\n[[emergency.trunk]]\naddress = "10.0.0.1"\n'
    )
    assert doctor.emergency(settings).now == "真实报警中心尚未二次确认"


def test_little_room_on_the_disk_is_a_fault(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctor, "LEAST_DISK", 1 << 60)
    assert not doctor.disk(settings).ok


def test_it_can_be_read_by_a_program(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command(settings, as_json=True) == 0
    rows = json.loads(capsys.readouterr().out)
    assert [set(row) for row in rows] == [{"part", "ok", "now", "do"}] * len(rows)
