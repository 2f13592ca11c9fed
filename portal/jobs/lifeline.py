"""A process that ends with its parent, so that nothing is left running when the parent is killed (Linux)."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from collections.abc import Callable

_PR_SET_PDEATHSIG = 1


def die_with(parent: int) -> Callable[[], None]:
    """What a fresh child calls to be killed by the kernel when process `parent` ends. Other systems: nothing.

    Made before the fork, since loading a library between fork and exec may hang.
    """
    if sys.platform != "linux":
        return lambda: None
    libc = ctypes.CDLL(None)

    def tie() -> None:
        libc.prctl(_PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0)
        if os.getppid() != parent:  # it ended before the tie held
            os._exit(1)

    return tie
