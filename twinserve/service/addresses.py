"""Which hosts and URLs are on this machine, or safe to fetch keys from."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit


def is_safe(url: str) -> bool:
    """Is it safe to fetch keys from this URL: https, or http on this machine, without user or fragment?"""
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return False
    host = parts.hostname or ""
    plain = not (parts.username or parts.password or parts.fragment)
    return bool(host) and plain and (parts.scheme == "https" or (parts.scheme == "http" and is_loopback(host)))


def is_loopback(host: str) -> bool:
    """Is this address or host name a loopback one?"""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
