"""What docker-compose.yml and the Dockerfile promise, read from the files: no container engine is needed to see it."""

import re
from typing import Any

import pytest
import yaml

from formaos_obs.environment import BASE_DIR
from formaos_obs.processes import NAMES

COMPOSE: dict[str, Any] = yaml.safe_load((BASE_DIR / "docker-compose.yml").read_text())
DOCKERFILE = (BASE_DIR / "Dockerfile").read_text()
SERVICES = COMPOSE["services"]


def test_all_five_parts_are_there() -> None:
    assert {*NAMES, "postgres", "redis"} <= SERVICES.keys()


@pytest.mark.parametrize("name", SERVICES)
def test_the_root_file_system_is_read_only(name: str) -> None:
    assert SERVICES[name]["read_only"] is True
    assert "/tmp" in SERVICES[name]["tmpfs"]


@pytest.mark.parametrize("name", NAMES)
def test_a_process_has_no_capabilities_and_waits_for_its_servers(name: str) -> None:
    assert SERVICES[name]["cap_drop"] == ["ALL"]
    assert SERVICES[name]["command"] == ["python", "manage.py", "serve", name]
    conditions = {other: each["condition"] for other, each in SERVICES[name]["depends_on"].items()}
    assert conditions == {"migrate": "service_completed_successfully", "redis": "service_healthy"}


@pytest.mark.parametrize("name", ["postgres", "redis", "worker"])
def test_health_is_asked(name: str) -> None:
    assert SERVICES[name]["healthcheck"]["test"][0] == "CMD"


def test_only_the_web_server_is_reachable_and_only_from_this_machine() -> None:
    ports = {name: service["ports"] for name, service in SERVICES.items() if "ports" in service}
    assert ports == {"web": ["127.0.0.1:8000:8000"]}


def test_each_volume_named_is_declared() -> None:
    used = {volume.split(":")[0] for service in SERVICES.values() for volume in service.get("volumes", [])}
    files = {name for name in used if name.startswith("./")}
    assert used - files == COMPOSE["volumes"].keys()
    assert [name for name in files if not (BASE_DIR / name).is_file()] == []


@pytest.mark.parametrize("name", NAMES)
def test_a_process_knows_the_role_of_the_application_and_not_the_owner(name: str) -> None:
    environment = SERVICES[name]["environment"]
    assert environment["DATABASE_URL"].startswith("postgresql://obs_app:${POSTGRES_APP_PASSWORD:?}@")
    assert environment["POSTGRES_PASSWORD"] == "", "what .env says of the owner does not reach it"
    assert "OBS_DATABASE_OWNER_URL" not in environment
    owner = SERVICES["migrate"]["environment"]["OBS_DATABASE_OWNER_URL"]
    assert owner.startswith("postgresql://obs:${POSTGRES_PASSWORD:?}@")


def test_collected_files_belong_to_the_user_who_serves_them() -> None:
    assert "COPY --from=build --chown=10001:10001 /static /static" in DOCKERFILE


def test_no_secret_stands_in_the_file() -> None:
    text = (BASE_DIR / "docker-compose.yml").read_text() + (BASE_DIR / ".env.production.example").read_text()
    assert re.findall(r"(?m)^(?:SECRET_KEY|POSTGRES_PASSWORD|POSTGRES_APP_PASSWORD)=(.+)$", text) == []
    assert "${POSTGRES_PASSWORD:?}" in text


def test_the_image_runs_as_an_ordinary_user_with_a_health_check() -> None:
    assert re.search(r"^USER 10001:10001$", DOCKERFILE, re.MULTILINE)
    assert DOCKERFILE.index("USER 10001") > DOCKERFILE.rindex("COPY")
    assert "HEALTHCHECK" in DOCKERFILE
    assert "--require-hashes" in DOCKERFILE
