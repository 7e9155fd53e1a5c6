"""Packages come from the host's own mirror into the cache, once, whole, and without the host."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path

import pytest

from asterisk_conf import debian
from asterisk_conf.apt_state import (
    HostCommands,
    IndexTarget,
    Source,
    host_sources,
    main_sites,
    one_sentence,
    parse_candidate,
    parse_index_targets,
    parse_print_uris,
    parse_simulation,
)
from asterisk_conf.debian import Bundle, fetch, unpacked
from asterisk_conf.errors import FetchFailed
from tests.asterisk_conf.fake_apt import an_archive

PROGRAM = Bundle("program", "程序", ("program",), suites=("forky", "sid"), at_least=22)
TOOL = Bundle("tool", "工具", ("tool",))


@pytest.fixture(autouse=True)
def _a_debian_twelve(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(debian, "_codename", lambda: "bookworm")


def test_the_first_suite_that_is_new_enough_serves(tmp_path: Path) -> None:
    archive = an_archive("bookworm", forky="1:20.5.0-1", sid="1:22.10.1-1")
    heard: list[str] = []
    tree = fetch(PROGRAM, tmp_path, heard.append, commands=archive)
    assert tree.version == "1:22.10.1-1"
    assert tree.root == tmp_path / "program-22.10.1-1"
    assert (tree.root / "usr/bin/program").exists()
    assert not (tree.root / "usr/share/doc").exists()
    assert any("程序" in line for line in heard)


def test_the_second_time_nothing_is_asked_of_anybody(tmp_path: Path) -> None:
    first = fetch(PROGRAM, tmp_path, commands=an_archive("bookworm", forky="1:22.1.0-1"))
    offline = an_archive("bookworm")
    offline.away = True
    assert fetch(PROGRAM, tmp_path, commands=offline) == first
    assert offline.ran == []


def test_a_refresh_takes_the_newer_version_and_keeps_the_old_one(tmp_path: Path) -> None:
    old = fetch(PROGRAM, tmp_path, commands=an_archive("bookworm", forky="1:22.1.0-1"))
    newer = an_archive("bookworm", forky="1:22.2.0-1")
    new = fetch(PROGRAM, tmp_path, commands=newer, refresh=True)
    assert new.version == "1:22.2.0-1"
    assert old.root.exists()
    assert unpacked(PROGRAM, tmp_path) == new


def test_with_the_archive_away_the_packages_of_an_earlier_run_serve(tmp_path: Path) -> None:
    archive = an_archive("bookworm", forky="1:22.1.0-1")
    tree = fetch(PROGRAM, tmp_path, commands=archive)
    for path in sorted(tree.root.rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    archive.away = True
    assert fetch(PROGRAM, tmp_path, commands=archive).version == "1:22.1.0-1"


def test_a_failure_is_one_sentence_without_addresses(tmp_path: Path) -> None:
    archive = an_archive("bookworm", forky="1:22.1.0-1")
    archive.away = True
    with pytest.raises(FetchFailed) as failed:
        fetch(PROGRAM, tmp_path, commands=archive)
    assert str(failed.value).startswith("读取软件包目录失败：")
    assert "mirror.example" not in str(failed.value)
    assert "\n" not in str(failed.value)
    assert unpacked(PROGRAM, tmp_path) is None


def test_a_package_that_cannot_be_unpacked_leaves_no_tree(tmp_path: Path) -> None:
    archive = an_archive("bookworm", forky="1:22.1.0-1")
    archive._unpack = lambda deb, folder: replace(  # type: ignore[method-assign]
        archive.run(["apt-config", "dump"], {}), code=2, err="dpkg-deb: error: no space left"
    )
    with pytest.raises(FetchFailed, match="no space left"):
        fetch(PROGRAM, tmp_path, commands=archive)
    assert unpacked(PROGRAM, tmp_path) is None


def test_a_half_unpacked_tree_is_not_taken_for_one(tmp_path: Path) -> None:
    (tmp_path / "program-22.1.0-1.new" / "usr").mkdir(parents=True)
    assert unpacked(PROGRAM, tmp_path) is None
    tree = fetch(PROGRAM, tmp_path, commands=an_archive("bookworm", forky="1:22.1.0-1"))
    assert unpacked(PROGRAM, tmp_path) == tree


def test_two_at_once_fetch_once(tmp_path: Path) -> None:
    archive = an_archive("bookworm", forky="1:22.1.0-1")
    threads = [
        threading.Thread(target=fetch, args=(PROGRAM, tmp_path), kwargs={"commands": archive})
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    downloads = [command for command in archive.ran if "-d" in command]
    assert len(downloads) == 1


def test_a_machine_without_any_debian_source_is_told_what_to_do(tmp_path: Path) -> None:
    archive = an_archive("bookworm")
    archive.targets = archive.bare_targets = ["http://ppa.example/x|jammy|main|LP-PPA"]
    with pytest.raises(FetchFailed, match="main"):
        fetch(TOOL, tmp_path, commands=archive)


def test_a_machine_with_empty_lists_is_read_by_its_sources_files(tmp_path: Path) -> None:
    archive = an_archive("bookworm", bookworm="14.4.2-1")
    archive.targets = []
    assert fetch(TOOL, tmp_path, commands=archive).version == "14.4.2-1"


def test_a_tool_of_the_host_release_runs_by_its_path_beside_the_hosts_c_library(
    tmp_path: Path,
) -> None:
    tree = fetch(TOOL, tmp_path, commands=an_archive("bookworm", bookworm="1.0-1"))
    tool = tree.tool("usr/bin/program")
    assert tool.command == (str(tree.root / "usr/bin/program"),)
    assert str(tree.root) in tool.env["LD_LIBRARY_PATH"]
    with pytest.raises(FetchFailed):
        tree.tool("usr/bin/nothing")


def test_a_program_of_a_complete_tree_runs_by_the_trees_own_linker(tmp_path: Path) -> None:
    tree = fetch(PROGRAM, tmp_path, commands=an_archive("bookworm", forky="1:22.1.0-1"))
    tool = tree.tool("usr/bin/program")
    assert tool.command[0] == str(tree.root / "usr/lib64/ld-linux-x86-64.so.2")
    assert tool.command[-1] == str(tree.root / "usr/bin/program")
    assert "LD_LIBRARY_PATH" not in tool.env


def test_the_hosts_proxy_is_kept_and_its_hooks_are_not(tmp_path: Path) -> None:
    archive = an_archive("bookworm", forky="1:22.1.0-1")
    archive.settings += 'Acquire::AllowInsecureRepositories "1";\n'
    fetch(PROGRAM, tmp_path, commands=archive)
    written = (tmp_path / "debs" / "forky" / "apt.conf").read_text()
    assert "proxy.example" in written
    assert "Post-Invoke" not in written
    assert "AllowInsecure" not in written
    assert 'Dir::Etc::parts "' in written


def test_a_third_partys_main_is_not_taken_for_debians() -> None:
    rows = (
        IndexTarget("http://sury.example/php", "bookworm", "main", "deb.sury.org"),
        IndexTarget("http://node.example/x", "nodistro", "main", ""),
        IndexTarget("http://other.example/repo", "bookworm", "main", ""),
        IndexTarget("http://mirror.example/debian", "bookworm", "main", "Debian"),
        IndexTarget("http://mirror.example/debian", "bookworm-updates", "main", "Debian"),
        IndexTarget("cdrom:/x", "bookworm", "main", "Debian"),
    )
    assert main_sites(rows, "bookworm") == (
        "http://mirror.example/debian",
        "http://other.example/repo",
    )


def test_without_release_information_the_site_with_updates_goes_first() -> None:
    rows = (
        IndexTarget("http://other.example/repo", "bookworm", "main", ""),
        IndexTarget("http://mirror.example/debian", "bookworm", "main", ""),
        IndexTarget("http://mirror.example/debian", "bookworm-updates", "main", ""),
    )
    assert main_sites(rows, "bookworm")[0] == "http://mirror.example/debian"


def test_tools_of_the_host_release_come_with_its_security_updates() -> None:
    rows = parse_index_targets(
        "http://m.example/debian|bookworm|main|Debian\n"
        "http://m.example/debian|bookworm-updates|main|Debian\n"
        "http://m.example/debian-security|bookworm-security|main|Debian\n"
        "http://elsewhere.example/debian|bookworm|main|Debian\n"
    )
    assert host_sources(rows, "http://m.example/debian", "bookworm") == (
        Source("http://m.example/debian", "bookworm"),
        Source("http://m.example/debian", "bookworm-updates"),
        Source("http://m.example/debian-security", "bookworm-security"),
    )


def test_what_apt_says_is_read() -> None:
    assert parse_candidate("x:\n  Installed: (none)\n  Candidate: (none)\n") is None
    assert parse_candidate("x:\n  Candidate: 1:22.10.1+dfsg-1\n") == "1:22.10.1+dfsg-1"
    assert parse_candidate("") is None
    (row,) = parse_print_uris("'http://x/y.deb' y_1%3a2_amd64.deb 123 SHA256:ab\nnoise\n")
    assert (row.file, row.size) == ("y_1%3a2_amd64.deb", 123)
    simulated = "Inst libc6 (2.43-1 Debian:sid [amd64])\nInst a [1.0] (1:2.0 Debian:sid [all])\n"
    assert parse_simulation(simulated + "Conf libc6 (2.43-1 Debian:sid [amd64])\n") == (
        "libc6_2.43-1_amd64.deb",
        "a_1%3a2.0_all.deb",
    )
    rows = parse_index_targets("s|r|main|$(ORIGIN)\n\nbroken\n")
    assert rows == (IndexTarget("s", "r", "main", ""),)


def test_the_worst_line_is_told() -> None:
    text = "W: Some warning\nE: Release file for http://x.example/y is expired\nE: more"
    assert one_sentence(text) == "Release file for 软件源 is expired"
    assert one_sentence("") == "没有说明原因"


def test_a_missing_program_is_told_as_such() -> None:
    with pytest.raises(FetchFailed, match="no-such-program-here"):
        HostCommands().run(["no-such-program-here"], {})


def test_a_command_is_run_in_the_c_locale_and_its_streams_are_kept() -> None:
    done = HostCommands().run(["sh", "-c", "echo $LC_ALL$X; echo err >&2; exit 3"], {"X": "y"})
    assert (done.code, done.out, done.err) == (3, "Cy\n", "err\n")
