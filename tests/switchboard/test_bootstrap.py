"""The door: .venv is made once, made anew when half-made, and refreshed when a lock changed."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from switchboard import bootstrap
from switchboard.bootstrap import Refused, failure, fits, prepare
from switchboard.settings import ROOT


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A tree with locks of its own; pip and venv are replaced by what they leave behind."""
    (tmp_path / "locks").mkdir()
    for name in ("run", "dev"):
        (tmp_path / "locks" / f"{name}.txt").write_text(f"{name}==1\n")
    venv = tmp_path / ".venv"
    monkeypatch.setattr(bootstrap, "ROOT", tmp_path)
    monkeypatch.setattr(bootstrap, "VENV", venv)
    monkeypatch.setattr(bootstrap, "STAMP", venv / "jiesu.json")
    locks = {name: tmp_path / "locks" / f"{name}.txt" for name in ("run", "dev")}
    monkeypatch.setattr(bootstrap, "LOCKS", locks)
    return tmp_path


@pytest.fixture
def done(tree: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was made and installed, in order."""
    steps: list[str] = []

    def make(held: int) -> None:
        steps.append("venv")
        shutil.rmtree(tree / ".venv", ignore_errors=True)
        (tree / ".venv" / "bin").mkdir(parents=True)
        (tree / ".venv" / "bin" / "python").touch()

    monkeypatch.setattr(bootstrap, "make_venv", make)
    monkeypatch.setattr(bootstrap, "install", lambda lock, held: steps.append(lock.stem))
    return steps


def test_the_first_run_makes_it_and_the_second_does_nothing(done: list[str]) -> None:
    assert not fits("run")
    prepare("run")
    assert fits("run")
    assert done == ["venv", "run"]


def test_developers_get_both_sets_and_people_only_theirs(done: list[str]) -> None:
    prepare("run")
    assert not fits("dev")
    prepare("dev")
    assert fits("dev")
    assert fits("run")
    assert done == ["venv", "run", "dev"]


def test_a_changed_lock_is_installed_into_the_same_environment(done: list[str], tree: Path) -> None:
    prepare("run")
    (tree / "locks" / "run.txt").write_text("run==2\n")
    assert not fits("run")
    prepare("run")
    assert done == ["venv", "run", "run"]


def test_one_left_half_made_is_made_anew(
    done: list[str], tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepare("run")
    (tree / "locks" / "run.txt").write_text("run==2\n")

    def cut_off(lock: Path, held: int) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(bootstrap, "install", cut_off)
        with pytest.raises(KeyboardInterrupt):
            prepare("run")
    assert not fits("run")
    prepare("run")
    assert done == ["venv", "run", "venv", "run"]


def test_another_python_needs_another_environment(done: list[str], tree: Path) -> None:
    prepare("run")
    stamp = tree / ".venv" / "jiesu.json"
    stamp.write_text(json.dumps({**json.loads(stamp.read_text()), "python": "3.1"}))
    assert not fits("run")
    prepare("run")
    assert done == ["venv", "run", "venv", "run"]


def test_a_spoilt_stamp_is_no_stamp(done: list[str], tree: Path) -> None:
    prepare("run")
    (tree / ".venv" / "jiesu.json").write_text("{")
    assert not fits("run")


def test_a_tree_one_may_not_write_is_refused_in_one_sentence(
    tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    with pytest.raises(Refused, match="没有写权限"):
        prepare("run")


def test_a_python_without_venv_is_told_the_apt_line(
    tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bootstrap, "find_spec", lambda name: None)
    with pytest.raises(Refused, match=r"apt install python3-venv"):
        prepare("run")


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ("ERROR: THESE PACKAGES DO NOT MATCH THE HASHES", "校验值不符，已拒绝安装"),
        ("ERROR: No matching distribution found for typer==9", "软件源中找不到 typer==9"),
        ("noise\nERROR: no space left on device.\n", "no space left on device。请检查网络和磁盘"),
        ("", "没有输出"),
    ],
)
def test_what_pip_said_becomes_one_sentence(words: str, sentence: str) -> None:
    assert sentence in failure(words.splitlines())


def test_the_developers_lock_holds_the_runtimes_with_the_same_versions() -> None:
    def pins(name: str) -> dict[str, str]:
        lines = (ROOT / "locks" / f"{name}.txt").read_text().splitlines()
        wanted = [line.split(";")[0].rstrip(" \\") for line in lines if line[:1].isalnum()]
        return dict(line.split("==") for line in wanted)

    run, dev = pins("run"), pins("dev")
    assert run.items() <= dev.items()
    assert len(dev) > len(run)


def test_every_pin_has_a_hash_and_no_lock_names_an_address() -> None:
    for lock in (ROOT / "locks").glob("*.txt"):
        content = lock.read_text()
        assert "://" not in content
        assert "--index-url" not in content
        for block in content.replace("\\\n", " ").splitlines():
            assert "--hash=sha256:" in block, (lock.name, block)


def run_door(path: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["/bin/sh", str(ROOT / "jiesu")],
        env={"PATH": path, **environment},
        cwd="/",
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def folder_with(tmp_path: Path, *links: str) -> str:
    for name in links:
        (tmp_path / name).symlink_to(shutil.which(name) or f"/usr/bin/{name}")
    return str(tmp_path)


def test_a_machine_without_python_is_told_what_to_install(tmp_path: Path) -> None:
    done = run_door(folder_with(tmp_path, "id", "dirname", "readlink"))
    assert done.returncode == 1
    assert "本机没有 Python：请运行「" in done.stderr
    assert "apt install python3 python3-venv」" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_an_old_python_is_told_so(tmp_path: Path) -> None:
    path = folder_with(tmp_path, "id", "dirname", "readlink")
    old = tmp_path / "python3"
    old.write_text('#!/bin/sh\ncase "$2" in *print*) echo 3.9;; *) exit 1;; esac\n')
    old.chmod(0o755)
    done = run_door(path)
    assert done.returncode == 1
    assert "接诉台需要 Python 3.11 或更高版本，本机的 python3 是 3.9" in done.stderr


def test_the_door_opens_from_anywhere_and_by_a_link(tmp_path: Path) -> None:
    if not fits("run"):
        pytest.fail("run ./jiesu check first: the tests run in the environment the door made")
    (tmp_path / "typer.py").write_text("raise SystemExit('a file of the current folder was run')")
    link = tmp_path / "jiesu"
    link.symlink_to(ROOT / "jiesu")
    done = subprocess.run(
        [str(link), "chek"],
        cwd=tmp_path,
        env={"PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin", "LANG": "C"},
        capture_output=True,
        check=False,
        timeout=60,
    )
    assert "没有 chek 这个命令" in done.stderr.decode("utf-8")


def test_the_next_run_waits_for_the_orphan_of_a_killed_one(tree: Path) -> None:
    """pip holds the lock as long as it runs, whoever started it."""
    with (tree / ".venv.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        orphan = subprocess.Popen(["sleep", "30"], pass_fds=(lock.fileno(),))
    try:
        with (tree / ".venv.lock").open("a") as again, pytest.raises(OSError, match=r".*"):
            fcntl.flock(again, fcntl.LOCK_EX | fcntl.LOCK_NB)
    finally:
        orphan.kill()
        orphan.wait()
    with (tree / ".venv.lock").open("a") as free:
        fcntl.flock(free, fcntl.LOCK_EX | fcntl.LOCK_NB)
