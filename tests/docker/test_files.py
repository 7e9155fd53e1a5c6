"""The container files say only what is there: paths, commands, users, volumes, secrets."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from switchboard.cli import main
from switchboard.site import parse_site
from tests.docker.parse import Image, compose, context, instructions
from tests.house.tree import ROOMS, ROOT

IMAGES = [Image("jiesu"), Image("asterisk")]
FILE = ROOT / "docker/compose.yml"
OWN = ("jiesu", "asterisk")


def written() -> dict[str, dict[str, object]]:
    services: dict[str, dict[str, object]] = compose(FILE.read_text("utf-8"))["services"]
    return services


@pytest.mark.parametrize("image", IMAGES, ids=lambda one: one.name)
def test_everything_copied_is_there_and_let_into_the_build(image: Image) -> None:
    let_in = context()
    for source, _ in image.copies():
        path = ROOT / source
        assert path.exists(), source
        assert any(path == one or path in one.parents for one in let_in), source


def test_nothing_is_let_into_the_build_that_no_image_copies() -> None:
    sources = [ROOT / source for image in IMAGES for source, _ in image.copies()]
    strays = [
        str(path.relative_to(ROOT))
        for path in context()
        if not any(path == source or source in path.parents for source in sources)
    ]
    assert not strays


def test_the_image_holds_every_room_whole() -> None:
    sources = {source for source, _ in IMAGES[0].copies()}
    assert set(ROOMS) <= sources
    let_in = {str(path.relative_to(ROOT)) for path in context()}
    assert "hotline/training/emergency.json" in let_in
    assert not [name for name in let_in if name.startswith(("tests/", "docs/", ".git"))]


@pytest.mark.parametrize("image", IMAGES, ids=lambda one: one.name)
def test_every_command_of_an_image_is_copied_into_it_and_can_be_run(image: Image) -> None:
    placed = {
        str(Path("/opt/jiesu") / place): ROOT / source
        for source, place in image.copies()
        if (ROOT / source).is_file()
    }
    for step in (image.only("ENTRYPOINT"), image.only("HEALTHCHECK")):
        source = placed[step.json_list()[0]]
        assert source.stat().st_mode & 0o111, source


def test_the_start_command_is_one_the_command_line_takes(
    capsys: pytest.CaptureFixture[str],
) -> None:
    command, *options = IMAGES[0].only("CMD").json_list()
    assert main([command, "--help"]) == 0
    page = capsys.readouterr().out
    assert {option for option in options if option.startswith("--")} <= set(
        re.findall(r"--[a-z-]+", page)
    )


@pytest.mark.parametrize("image", IMAGES, ids=lambda one: one.name)
def test_an_image_names_its_base_and_runs_as_an_ordinary_user(image: Image) -> None:
    assert re.fullmatch(r"debian:[a-z]+-slim", image.only("FROM").text)
    assert image.only("USER").text == "jiesu"
    run = " ".join(step.text for step in image.all("RUN"))
    assert "--uid 10001" in run
    assert "--gid 10001" in run
    names = [step.name for step in image.steps]
    assert names.index("USER") > max(i for i, name in enumerate(names) if name in {"RUN", "COPY"})


def test_both_images_make_the_same_user() -> None:
    users = [
        next(step.text for step in image.all("RUN") if "useradd" in step.text) for image in IMAGES
    ]
    assert users[0] == users[1]


def test_no_container_file_names_a_registry_or_an_address_of_the_world() -> None:
    for path in [*FILE.parent.rglob("*"), ROOT / ".dockerignore"]:
        if path.is_file():
            content = path.read_text("utf-8")
            assert "https://" not in content, path
            assert not re.search(r"\b(docker|ghcr|quay|gcr)\.io\b", content), path


@pytest.mark.parametrize("name", OWN)
def test_a_service_of_ours_is_shut_in(name: str) -> None:
    service = written()[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["tmpfs"] == ["/tmp"]
    assert service["network_mode"] == "host"
    assert "ports" not in service
    build = service["build"]
    assert isinstance(build, dict)
    assert (FILE.parent / build["context"] / build["dockerfile"]).exists()


def test_every_service_rotates_its_log_restarts_and_tells_its_health() -> None:
    for name, service in written().items():
        logging = service["logging"]
        assert isinstance(logging, dict)
        assert logging["options"] == {"max-size": "10m", "max-file": "5"}, name
        assert service["restart"] == "unless-stopped", name
        if name not in OWN:
            assert "healthcheck" in service, name


def test_volumes_and_secrets_are_declared_and_lie_where_the_images_expect_them() -> None:
    whole = compose(FILE.read_text("utf-8"))
    for name, service in written().items():
        for mount in service["volumes"]:  # type: ignore[attr-defined]
            source, target = mount.split(":")[:2]
            if source.startswith("./"):
                assert (FILE.parent / source).exists(), mount
            else:
                assert source in whole["volumes"], mount
                if name in OWN:
                    image = next(one for one in IMAGES if one.name == name)
                    assert target in image.only("VOLUME").json_list()
        for secret in service.get("secrets", []):  # type: ignore[attr-defined]
            assert secret in whole["secrets"]


def test_the_shared_folder_is_the_same_path_on_both_sides() -> None:
    both = [
        {mount for mount in service["volumes"] if mount.startswith(("exchange:", "recordings:"))}  # type: ignore[attr-defined]
        for name, service in written().items()
        if name in OWN
    ]
    assert len(both[0]) == 2
    assert both[0] == both[1]
    start = (ROOT / "docker/asterisk/start").read_text("utf-8")
    assert "/var/lib/jiesu/asterisk" in start


def test_the_site_of_the_containers_is_one_that_is_taken(tmp_path: Path) -> None:
    content = (ROOT / "docker/site.toml").read_text("utf-8")
    site = parse_site(content)
    assert site.database.url == "postgresql+asyncpg://jiesu@127.0.0.1:5432/jiesu"
    secret = Path(tomllib.loads(content)["database"]["password_file"]).name
    assert secret in compose(FILE.read_text("utf-8"))["secrets"]
    assert written()["postgres"]["ports"] == ["127.0.0.1:5432:5432"]
    environment = written()["postgres"]["environment"]
    assert isinstance(environment, dict)
    assert environment["POSTGRES_USER"] == environment["POSTGRES_DB"] == "jiesu"


@pytest.mark.parametrize("text", ["ADD x y", "RUN", "just words"])
def test_the_reader_refuses_an_instruction_it_does_not_know(text: str) -> None:
    with pytest.raises(ValueError, match=text.split(maxsplit=1)[0]):
        instructions(text)


@pytest.mark.parametrize(
    "text", ["a: yes", "a:\n   b: c", "a: 1\na: 2", "a: {b: c}", "a: *b", "- a", "a: b # c"]
)
def test_the_reader_refuses_what_yaml_might_read_otherwise(text: str) -> None:
    with pytest.raises((ValueError, AttributeError)):
        compose(text)
