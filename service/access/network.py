"""Who reaches the service, and under which names."""

from ipaddress import ip_address
from urllib.parse import urlsplit

from service.settings import Settings, UnusableSetting

THIS_MACHINE = ("localhost", "127.0.0.1", "::1")


class Unsafe(Exception):
    """Strangers would reach the service, and it isn't set up for that."""


def is_demo(settings: Settings, address: str, *, provider: bool) -> bool:
    """Whether roles may be chosen instead of proven: nobody but this machine gets there, and no provider of
    sign-in is set up.

    Unsafe: others get there, and there is no provider, or no TLS. UnusableSetting: the public URL."""
    public = _public(settings.public_url)
    ours = ip_address(address).is_loopback and (not public or public in THIS_MACHINE)
    if ours:
        return not provider
    lacking = []
    if not provider:
        lacking.append("a provider of sign-in (TETEN_OIDC_ISSUER)")
    if not (settings.public_url or "").startswith("https://"):
        lacking.append("an address with TLS (TETEN_PUBLIC_URL=https://…)")
    if lacking:
        asked = f"{address} is reached" if not ip_address(address).is_loopback else "it is reached"
        raise Unsafe(
            f"Not started: {asked} from other machines, and this takes {' and '.join(lacking)}. "
            "Set it, or listen on 127.0.0.1 without TETEN_PUBLIC_URL: a demo, for this machine alone."
        )
    return False


def hosts(public_url: str | None) -> frozenset[str]:
    """Under which names the service answers: the public one, and this machine's own."""
    public = _public(public_url)
    return frozenset({*THIS_MACHINE, public} if public else THIS_MACHINE)


def _public(url: str | None) -> str | None:
    """The host of the public URL. UnusableSetting: it isn't one."""
    if not url:
        return None
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        parts, host = urlsplit(""), None
    usable = parts.scheme == "https" or (parts.scheme == "http" and host in THIS_MACHINE)
    if not host or not usable or parts.username or parts.path.strip("/") or parts.query:
        raise UnusableSetting(
            "TETEN_PUBLIC_URL must be like https://teten.example, without a path; "
            "http:// does for this machine alone."
        )
    return host
