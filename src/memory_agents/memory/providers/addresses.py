"""What an address of a service says of the way to it."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit


def is_loopback(url: str) -> bool:
    """Whether it is on this machine, where no proxy leads."""
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def is_clear(url: str) -> bool:
    """Whether others on the way could read what is sent there."""
    return urlsplit(url).scheme == "http" and not is_loopback(url)
