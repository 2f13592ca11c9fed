"""Makes the checkout's `tests` importable, and gives each test a company of its own."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

ROOT = str(Path(__file__).resolve().parents[3])
if ROOT not in sys.path:
    sys.path.insert(0, ROOT)

from intacct_sandbox.clock import SandboxClock  # noqa: E402
from intacct_sandbox.core import SandboxCore  # noqa: E402
from tests.unit.sandbox.sandbox_client import Wire  # noqa: E402

NOW = datetime(2026, 1, 14, 9, 5, 11, tzinfo=UTC)


@pytest.fixture
def core() -> SandboxCore:
    return SandboxCore(clock=SandboxClock(NOW))


@pytest.fixture
def wire(core: SandboxCore) -> Wire:
    return Wire(core.handle)
