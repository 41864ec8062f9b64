"""Where a webhook may go: an address of the public network by https, unless the operator allows more.

Whoever sets up a webhook has our machine knock at a door. It must not be one that only we can reach
(server-side request forgery): the database, a neighbour's service, a cloud's metadata.
"""

import re
import socket
from collections.abc import Sequence
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)
from typing import NamedTuple
from urllib.parse import urlsplit

from service.webhooks.refusing import bad_address

Network = IPv4Network | IPv6Network
PRINTABLE = re.compile(r"[!-~]{1,2000}")
PORTS = {"https": 443, "http": 80}
UNICAST = ip_network("2000::/3")


class Destination(NamedTuple):
    scheme: str
    host: str
    port: int
    target: str  # Path and query, as they go over the line.


def destination(url: str) -> Destination:
    """WebhookRefused: it is no address that anything can be sent to."""
    malformed = bad_address(
        "Adressen skal være som https://modtager.example/sti, uden bruger, adgangskode eller #.",
        "The address must be like https://receiver.example/path, without a user, a password or a #.",
    )
    if not PRINTABLE.fullmatch(url) or "#" in url:
        raise malformed
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise malformed from None
    if parts.scheme not in PORTS or not parts.hostname or "@" in parts.netloc or port == 0:
        raise malformed
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Destination(parts.scheme, parts.hostname, port or PORTS[parts.scheme], target)


def resolved(to: Destination, allowed: Sequence[Network]) -> list[str]:
    """Its addresses, all of them such as may be reached. WebhookRefused."""
    try:
        found = socket.getaddrinfo(to.host, to.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise bad_address(
            f"Navnet {to.host} kan ikke slås op.", f"The name {to.host} can't be looked up."
        ) from None
    addresses = list(dict.fromkeys(str(where[0]) for *_, where in found))
    for each in map(ip_address, addresses):
        if not (_public(each) or _within(each, allowed)):
            raise bad_address(
                f"{to.host} er ikke på det offentlige net ({each}). TETEN_WEBHOOKS_ALLOW kan tillade det.",
                f"{to.host} is not of the public network ({each}). TETEN_WEBHOOKS_ALLOW can allow it.",
            )
        if to.scheme == "http" and not each.is_loopback:
            raise bad_address(
                "Adressen skal begynde med https://.", "The address must begin with https://."
            )
    return addresses


def _within(address: IPv4Address | IPv6Address, allowed: Sequence[Network]) -> bool:
    return any(address in network for network in allowed)


def _public(address: IPv4Address | IPv6Address) -> bool:
    """Of IPv6 only plain unicast: other forms can carry an IPv4 address that nobody has looked at."""
    if isinstance(address, IPv6Address) and (
        address not in UNICAST or address.sixtofour or address.teredo
    ):
        return False
    return address.is_global and not address.is_multicast
