"""What tests that talk to real parts start with."""

from __future__ import annotations

import os

from benchmarks.servers import Mosquitto, mortal
from benchmarks.waiting import wait_until
from plumbline.ports import free_port, listens

__all__ = ["Mosquitto", "clean_environment", "free_port", "listens", "mortal", "wait_until"]


def clean_environment() -> dict[str, str]:
    """The environment a child needs and nothing else."""
    return {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/root"), "LANG": "C.UTF-8"}
