"""A sandbox in this process, and a company that is not connected to it yet."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask

from intacct_sandbox.core import SandboxCore
from tests.integration.intacct_world import make_core


@pytest.fixture
def core(app: Flask) -> Iterator[SandboxCore]:
    """The sandbox that the portal reaches."""
    core = make_core(app)
    yield core
    core.close()
