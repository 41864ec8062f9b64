"""How often somebody may ask: each who is signed in by themselves, all others by their address.

Kept in memory, by each process for itself: several behind one balancer let through as many times as much.
"""

from collections.abc import Mapping
from math import ceil
from time import time
from typing import NamedTuple

from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import SlidingWindowCounterRateLimiter


class TooManyRequests(Exception):
    """Wait so many seconds."""

    def __init__(self, headers: Mapping[str, str]) -> None:
        super().__init__("too many requests")
        self.headers = headers


class Budget(NamedTuple):
    """What somebody has left, as draft-ietf-httpapi-ratelimit-headers has it."""

    name: str
    most: int
    left: int
    seconds: int  # Until it is whole again.

    @property
    def headers(self) -> dict[str, str]:
        return {
            "RateLimit-Policy": f'"{self.name}";q={self.most};w=60',
            "RateLimit": f'"{self.name}";r={self.left};t={self.seconds}',
        }


class RequestLimits:
    def __init__(self, signed_in: int, unsigned: int) -> None:
        """Requests a minute."""
        self._limiter = SlidingWindowCounterRateLimiter(MemoryStorage())
        self._signed_in = RateLimitItemPerMinute(signed_in)
        self._unsigned = RateLimitItemPerMinute(unsigned)

    def of_principal(self, person: str, means: str) -> Budget:
        """Count a request of somebody who is signed in. TooManyRequests."""
        return self._hit("principal", self._signed_in, means, person)

    def of_address(self, address: str) -> Budget:
        """Count a request of somebody who isn't. TooManyRequests."""
        return self._hit("address", self._unsigned, address)

    def check_address(self, address: str) -> None:
        """TooManyRequests: of that address no more is looked at, whoever it says it is."""
        if not self._limiter.test(self._unsigned, "address", address):
            raise self._too_many(self._left("address", self._unsigned, address))

    def _hit(self, name: str, item: RateLimitItemPerMinute, *who: str) -> Budget:
        allowed = self._limiter.hit(item, name, *who)
        budget = self._left(name, item, *who)
        if not allowed:
            raise self._too_many(budget)
        return budget

    def _left(self, name: str, item: RateLimitItemPerMinute, *who: str) -> Budget:
        stats = self._limiter.get_window_stats(item, name, *who)
        seconds = max(1, ceil(stats.reset_time - time()))
        return Budget(name, item.amount, stats.remaining, seconds)

    def _too_many(self, budget: Budget) -> TooManyRequests:
        return TooManyRequests({**budget.headers, "Retry-After": str(budget.seconds)})
