"""The documents say what the code does, or a test is red."""

from __future__ import annotations

import re
from dataclasses import fields

from switchboard.cli import command_names
from switchboard.site import SECTIONS, EmergencyTrunk
from tests.house.tree import ROOMS, ROOT, room_modules, shown, texts

TERM = re.compile(r"^\| ([^|]+) \| ([^|]+) \| ([^|]+) \|$", re.MULTILINE)
CHINESE = re.compile(r"[一-鿿]")


def terms() -> list[tuple[str, str]]:
    """Chinese term and its English word, as docs/words.md has them."""
    found = TERM.findall((ROOT / "docs" / "words.md").read_text())
    return [
        (zh.strip(), en.strip())
        for zh, en, _ in found
        if CHINESE.search(zh) and zh.strip() != "中文"
    ]


def test_each_term_has_one_word_and_each_word_one_term() -> None:
    chinese = [zh for zh, _ in terms()]
    english = [en for _, en in terms()]
    assert len(terms()) >= 40
    assert len(chinese) == len(set(chinese))
    assert len(english) == len(set(english))


def test_each_english_word_is_written_in_small_ascii_letters() -> None:
    for zh, en in terms():
        assert re.fullmatch(r"[a-z][a-z0-9 -]*", en), (zh, en)


def test_each_term_is_used_somewhere() -> None:
    used = "\n".join(
        content
        for path, content in texts().items()
        if path.relative_to(ROOT).parts[0] in {*ROOMS, "README.md", "tests"}
        and path.suffix in {".py", ".html", ".js", ".mjs", ".toml", ".md"}
    )
    unused = [zh for zh, _ in terms() if zh not in used]
    assert not unused


def test_each_english_word_is_the_one_the_code_uses() -> None:
    code = "\n".join(texts()[path] for path in room_modules()).lower()
    strangers = [
        word
        for _, word in terms()
        if not re.search(re.escape(word).replace("\\ ", "[ _-]").replace("\\-", "[ _-]?"), code)
    ]
    assert not strangers


def test_every_setting_is_in_the_readme_under_its_section() -> None:
    content = (ROOT / "README.md").read_text()
    kinds = {**SECTIONS, "emergency.trunk": EmergencyTrunk}
    missing = [
        f"{section}.{item.name}"
        for section, kind in kinds.items()
        for item in fields(kind)
        if item.metadata
        and not re.search(rf"^\| `{re.escape(section)}` \| `{item.name}` \|", content, re.MULTILINE)
    ]
    assert not missing


def readme() -> str:
    return (ROOT / "README.md").read_text()


def test_every_command_is_in_the_readme() -> None:
    assert not [name for name in command_names() if f"./jiesu {name}" not in readme()]


def test_the_readme_names_no_command_that_is_not_there() -> None:
    named = set(re.findall(r"\./jiesu ([a-z]+)", readme()))
    assert named <= set(command_names())


def test_the_map_of_rooms_in_the_readme_is_the_tree() -> None:
    for room in ROOMS:
        if (ROOT / room / "__init__.py").exists():
            assert f"`{room}/`" in readme()


def test_the_changelog_is_grouped_by_reader() -> None:
    content = (ROOT / "CHANGELOG.md").read_text()
    readers = {"运维 operator", "话务员 agent", "主管部门 official", "开发者 developer"}
    for release in re.split(r"^## ", content, flags=re.MULTILINE)[1:]:
        groups = re.findall(r"^### (.+)$", release, re.MULTILINE)
        assert groups
        assert set(groups) <= readers


def test_every_decision_has_its_page_with_what_follows() -> None:
    pages = sorted((ROOT / "docs" / "adr").glob("*.md"))
    assert pages
    numbers = [int(page.name[:4]) for page in pages]
    assert numbers == list(range(1, len(pages) + 1))
    for page in pages:
        content = page.read_text()
        assert content.startswith(f"# {int(page.name[:4])}. "), page.name
        for heading in ("## Situation", "## Decision", "## What follows"):
            assert heading in content, (page.name, heading)
        assert len(content.splitlines()) <= 60, page.name


def test_links_between_documents_lead_somewhere() -> None:
    broken = [
        f"{shown(path)}: {target}"
        for path, content in texts().items()
        if path.suffix == ".md"
        for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", content)
        if "://" not in target and not (path.parent / target).exists()
    ]
    assert not broken


def test_the_licence_is_apache_2() -> None:
    content = (ROOT / "LICENSE").read_text()
    assert "Apache License" in content
    assert "Version 2.0, January 2004" in content
