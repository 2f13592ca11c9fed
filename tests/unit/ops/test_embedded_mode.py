"""What the embedded mode fills in, and what it never invents."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from portal.cli.embedded import environment, load_secrets, settings, write_stack
from portal.config import SettingsError


def test_without_any_variable_everything_lives_in_the_data_folder(tmp_path: Path) -> None:
    own = settings(tmp_path, {})
    assert own.database_url == f"sqlite:///{tmp_path / 'portal.db'}"
    assert own.mail_url == f"file://{tmp_path / 'mail'}"
    assert own.intacct_settle_wait_seconds == 20


def test_keys_are_made_once_and_read_by_their_owner_only(tmp_path: Path) -> None:
    first, second = settings(tmp_path, {}), settings(tmp_path, {})
    assert (first.secret_key, first.credentials_keys) == (second.secret_key, second.credentials_keys)
    assert stat.S_IMODE((tmp_path / "secrets.json").stat().st_mode) == 0o600


def test_two_installs_have_different_keys(tmp_path: Path) -> None:
    assert load_secrets(tmp_path / "one") != load_secrets(tmp_path / "two")


def test_a_command_finds_the_running_stack(tmp_path: Path) -> None:
    write_stack(tmp_path, {"env": {"REDIS_URL": "redis://127.0.0.1:7777/0", "INTACCT_URL": "http://127.0.0.1:8001/x"}})
    own = settings(tmp_path, {})
    assert (own.redis_url, own.intacct_url) == ("redis://127.0.0.1:7777/0", "http://127.0.0.1:8001/x")
    assert stat.S_IMODE((tmp_path / "stack.json").stat().st_mode) == 0o600, "its addresses carry a password"


def test_a_variable_of_the_environment_wins(tmp_path: Path) -> None:
    write_stack(tmp_path, {"env": {"INTACCT_URL": "http://127.0.0.1:8001/x"}})
    assert settings(tmp_path, {"INTACCT_URL": "https://intacct.example/y"}).intacct_url == "https://intacct.example/y"


def test_keys_are_not_invented_for_a_database_elsewhere(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"^SECRET_KEY is not set\.$"):
        settings(tmp_path, {"DATABASE_URL": "postgresql://db.example/portal"})
    assert not (tmp_path / "secrets.json").exists()


def test_with_both_servers_named_nothing_is_embedded(tmp_path: Path) -> None:
    named = {"DATABASE_URL": "postgresql://db.example/portal", "REDIS_URL": "redis://queue.example/0"}
    assert environment(tmp_path / "never", named) == named
    assert not (tmp_path / "never").exists()


def test_unreadable_keys_are_named_and_never_replaced(tmp_path: Path) -> None:
    (tmp_path / "secrets.json").write_text("{")
    with pytest.raises(SettingsError, match=r"secrets\.json"):
        settings(tmp_path, {})
    assert (tmp_path / "secrets.json").read_text() == "{"
