"""`up --model`: looked at before anything starts, remembered by what runs."""

from __future__ import annotations

import datetime as dt
import os
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from ivr.recognizer import NoModel
from ivr.speech_model import PUBLIC, SMALL
from switchboard import policies
from switchboard.cli import main
from switchboard.doctor.ami_visit import AmiVisit
from switchboard.doctor.case import read_case
from switchboard.processes import process
from switchboard.running import Place, State, make_private, write_state
from switchboard.settings import ROOT, Settings
from switchboard.site import Site, Speech
from switchboard.up import with_model
from switchboard.welcome import welcome


@pytest.fixture
def model(tmp_path: Path) -> Path:
    folder = tmp_path / "vosk-model-cn-0.22"
    shutil.copytree(SMALL, folder)
    return folder


def test_a_folder_that_is_no_model_stops_up_with_what_is_missing(
    tmp_path: Path, model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (model / "am" / "final.mdl").unlink()
    data = tmp_path / "data"
    assert main(["up", "--data", str(data), "--model", str(model)]) == 1
    told = capsys.readouterr().err
    assert f"{model} 不是 vosk 语音模型（缺少 final.mdl" in told
    assert not (data / "run" / "state.json").exists()
    assert not (data / "jiesu.db").exists()


def test_a_model_typed_at_the_terminal_stands_before_the_one_of_site_toml(
    model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = Site(speech=Speech(model="/somewhere/else"))
    monkeypatch.chdir(model.parent)
    assert with_model(site, Path(model.name)).speech.model == str(model)
    assert with_model(Site(), None).speech.model == ""


def test_a_model_of_site_toml_that_is_gone_is_told_and_calls_are_taken_all_the_same(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    site = Site(speech=Speech(model=str(tmp_path / "gone")))
    assert with_model(site, None) == site
    assert "电话照接" in capsys.readouterr().err
    with pytest.raises(NoModel):
        with_model(site, tmp_path / "gone too")


def test_a_model_for_ears_that_are_shut_is_told(
    model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with_model(Site(speech=Speech(listen=False)), model)
    assert "--model 不起作用" in capsys.readouterr().err


def test_other_commands_find_the_model_of_the_running_system(tmp_path: Path, model: Path) -> None:
    settings = Settings(root=ROOT, data=tmp_path / "data", cache=tmp_path)
    settings.data.mkdir()
    settings.site_file.write_text('[speech]\nmodel = "/somewhere/else"\n')
    make_private(settings.run)
    ours = process(os.getpid())
    assert ours is not None
    case = read_case(settings, AmiVisit(settings).act)
    assert case.model == Path("/somewhere/else")
    state = State(foreman=ours, children={"server": ours}, places={"speech_model": str(model)})
    write_state(settings.run, state)
    assert read_case(settings, AmiVisit(settings).act).model == model
    write_state(settings.run, replace(state, places={"speech_model": ""}))
    assert read_case(settings, AmiVisit(settings).act).model is None


def test_the_screen_says_what_listens_and_where_there_are_others(tmp_path: Path) -> None:

    policy = policies.load().policy("zhaoqing", dt.date(2026, 9, 28))
    places: dict[str, Place] = {
        "access_number": "12345",
        "city": "zhaoqing",
        "web": "http://127.0.0.1:8080",
        "sip_host": "127.0.0.1",
        "seat_host": "127.0.0.1",
        "sip_port": 5060,
        "emergency_live": 0,
    }
    settings = Settings(root=ROOT, data=tmp_path, cache=tmp_path)
    small = welcome(settings, places, policy, speaks=True, speech=Speech())
    assert "只认识几百个热线用词" in small
    assert all(name in small for name in (*PUBLIC, "alphacephei.com/vosk/models", "--model"))
    other = welcome(settings, places, policy, speaks=True, speech=Speech(model="/m/cn"))
    assert "  识别      /m/cn" in other
    assert "几百个" not in other
