"""Lets a program that is under test install packages and reach loopback, and nothing else."""

from __future__ import annotations

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
UV_CACHE = Path(os.environ.get("UV_CACHE_DIR") or ROOT / ".cache" / "uv")
"""what `make setup` filled"""


def environment() -> dict[str, str]:
    """Variables for a child process: packages come from what `make setup` fetched, other hosts are a closed port."""
    return {
        "UV_CACHE_DIR": str(UV_CACHE),
        "UV_OFFLINE": "1",
        "PIP_NO_INDEX": "1",
        "PIP_FIND_LINKS": (ROOT / ".cache" / "bootstrap").as_uri(),  # as a path it would end at a blank
        "HTTP_PROXY": "http://127.0.0.1:9",
        "HTTPS_PROXY": "http://127.0.0.1:9",
        "ALL_PROXY": "http://127.0.0.1:9",
        "NO_PROXY": "127.0.0.1,localhost",
    }
