"""compose.yaml, Dockerfile and .env.example say the same as the Procfile and the settings. (No container runs here.)"""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import yaml
from cryptography.fernet import Fernet

from portal.config import Settings
from scripts.production_lock import blocks, production, wanted

TOP = Path(__file__).resolve().parents[3]
NOT_SETTINGS = {"WEB_CONCURRENCY", "FORWARDED_ALLOW_IPS"}
"""Of gunicorn; the portal's own settings do not know them."""

NOT_GIVEN = {
    "PORTAL_DATA": "the data folder of the embedded mode; here a database and a Redis are named",
}
"""Settings that compose.yaml leaves out, and why."""

NEEDED = {
    "POSTGRES_PASSWORD": "p" * 48,
    "REDIS_PASSWORD": "r" * 48,
    "SECRET_KEY": "s" * 64,
    "CREDENTIALS_KEYS": Fernet.generate_key().decode(),
    "INTACCT_SENDER_PASSWORD": "sender",
    "PORTAL_URL": "https://portal.example",
}
"""What .env must hold."""


def text(name: str) -> str:
    return (TOP / name).read_text(encoding="utf-8")


def compose() -> dict[str, Any]:
    """The file as Compose reads it."""
    read: dict[str, Any] = yaml.safe_load(text("compose.yaml"))
    return read


def processes() -> dict[str, str]:
    """The Procfile's commands by process."""
    return dict(re.findall(r"^(\w+): (.+)$", text("Procfile"), re.M))


def settings_read() -> set[str]:
    """The variables that portal/config.py reads."""
    return set(re.findall(r'read\.\w+\(\s*"([A-Z_]+)"', text("portal/config.py")))


def environment() -> dict[str, Any]:
    """What every process of the portal is given."""
    given: dict[str, Any] = compose()["services"]["web"]["environment"]
    return given


def test_each_process_of_the_procfile_is_a_service_with_its_command() -> None:
    services = compose()["services"]
    assert set(services) == {"db", "redis", *processes()}
    for name, command in processes().items():
        assert shlex.split(services[name]["command"]) == shlex.split(command), name


def test_every_process_has_the_same_settings() -> None:
    services = compose()["services"]
    assert all(services[name]["environment"] == environment() for name in processes())


def test_every_variable_is_one_that_something_reads() -> None:
    assert settings_read() >= {"DATABASE_URL", "REDIS_URL", "METRICS_TOKEN", "LOG_FORMAT"}
    assert set(environment()) <= settings_read() | NOT_SETTINGS


def test_every_setting_is_given_or_left_out_for_a_reason() -> None:
    """One that is not given would be dropped silently where somebody sets it in .env."""
    assert settings_read() - set(environment()) == set(NOT_GIVEN)


def test_what_is_left_empty_keeps_its_default_and_what_is_set_arrives() -> None:
    given = filled(NEEDED)
    assert Settings.from_env(given) == Settings.from_env({name: value for name, value in given.items() if value})
    drill = {"INTACCT_URL": "https://sandbox.example/x", "INTACCT_SETTLE_WAIT": "21", "RUN_LEASE": "22"}
    own = Settings.from_env(filled(NEEDED | drill | {"RUN_SLICE": "23", "DATABASE_WAIT": "24"}))
    assert own.intacct_url == "https://sandbox.example/x"
    assert (own.intacct_settle_wait_seconds, own.run_lease_seconds) == (21, 22)
    assert (own.run_slice_seconds, own.database_wait_seconds) == (23, 24)


def test_filled_in_the_variables_make_settings() -> None:
    settings = Settings.from_env(filled(NEEDED))
    assert settings.database_url == f"postgresql+psycopg://portal:{'p' * 48}@db:5432/portal"
    assert settings.redis_url == f"redis://:{'r' * 48}@redis:6379/0"
    assert (settings.port, settings.log_format, settings.mail_url) == (8000, "json", "")


@pytest.mark.parametrize(
    "missing", ["POSTGRES_PASSWORD", "REDIS_PASSWORD", "SECRET_KEY", "CREDENTIALS_KEYS", "INTACCT_SENDER_PASSWORD"]
)
def test_a_secret_has_no_default(missing: str) -> None:
    assert set(re.findall(rf"\$\{{{missing}(..)", text("compose.yaml"))) == {":?"}
    assert f"\n{missing}=\n" in text(".env.example")


def test_every_variable_of_the_file_is_explained_and_every_explained_one_is_used() -> None:
    used = set(re.findall(r"(?<!\$)\$\{([A-Z_]+)", text("compose.yaml")))
    explained = set(re.findall(r"^([A-Z_]+)=", text(".env.example"), re.M))
    assert used == explained


def test_only_the_web_server_is_reached_and_only_from_this_machine() -> None:
    published = {name: service["ports"] for name, service in compose()["services"].items() if "ports" in service}
    assert list(published) == ["web"]
    assert all(port.startswith("127.0.0.1:") for port in published["web"])


def test_images_are_named_plainly() -> None:
    images = {service["image"] for service in compose()["services"].values()}
    images.add(re.findall(r"^FROM (\S+)", text("Dockerfile"), re.M)[0])
    assert all(re.fullmatch(r"[a-z-]+(:[\w.-]+)?", image) for image in images), images


def test_what_holds_data_keeps_it_in_a_volume_and_says_when_it_is_well() -> None:
    services, volumes = compose()["services"], set(compose()["volumes"])
    for name in ("db", "redis"):
        assert services[name]["volumes"][0].partition(":")[0] in volumes
    for name in ("db", "redis", "web"):
        assert services[name]["healthcheck"]["test"][0] in ("CMD", "CMD-SHELL")
    assert "/readyz" in services["web"]["healthcheck"]["test"][-1]


def test_nothing_serves_or_syncs_before_the_migrations_ran() -> None:
    services = compose()["services"]
    for name in set(processes()) - {"release"}:
        assert services[name]["depends_on"]["release"]["condition"] == "service_completed_successfully"
    assert services["release"]["restart"] == "no"


def test_the_image_runs_as_nobody_special_and_holds_no_secret() -> None:
    assert re.findall(r"^USER (\S+)", text("Dockerfile"), re.M)[-1] not in ("root", "0")
    assert {".env", "instance", ".git"} <= set(text(".dockerignore").split())


def test_the_image_installs_what_runs_by_hash_and_nothing_of_the_tests() -> None:
    kept = production(text("requirements.lock"), text("setup.cfg"))
    names = set(blocks(kept))
    assert wanted(text("setup.cfg")) <= names
    assert not {"pytest", "playwright", "mypy", "ruff", "sageintacctsdk"} & names
    assert all("--hash=sha256:" in block for block in blocks(kept).values())
    assert "--require-hashes" in text("Dockerfile")


def filled(values: dict[str, str]) -> dict[str, str]:
    """The variables of a process as Compose would fill them in from these values of .env."""

    def value(match: re.Match[str]) -> str:
        name, _, default = match[1].partition(":")
        given = values.get(name, "")
        assert given or default.startswith("-"), f"{name} is missing"
        return given or default.removeprefix("-")

    return {name: re.sub(r"\$\{([^}]+)\}", value, str(given)) for name, given in environment().items()}
