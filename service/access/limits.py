"""How often somebody may ask: each who is signed in by themselves, all others by their address.

Kept in memory, by each process for itself: several behind one balancer let through as many times as much.
"""

from math import ceil
from time import time
from typing import NamedTuple

from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import SlidingWindowCounterRateLimiter

from service.access.principal import Principal


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


class TooManyRequests(Exception):
    """Nothing is left of somebody's budget."""

    def __init__(self, budget: Budget) -> None:
        super().__init__(budget.name)
        self.budget = budget


class RequestLimits:
    def __init__(self, signed_in: int, unsigned: int) -> None:
        """Requests a minute."""
        self._limiter = SlidingWindowCounterRateLimiter(MemoryStorage())
        self._signed_in = RateLimitItemPerMinute(signed_in)
        self._unsigned = RateLimitItemPerMinute(unsigned)

    def of_principal(self, principal: Principal) -> Budget:
        """Count a request of somebody who is signed in. TooManyRequests."""
        return self._hit("principal", self._signed_in, principal.means, principal.person)

    def of_address(self, address: str) -> Budget:
        """Count a request of somebody who isn't. TooManyRequests."""
        return self._hit("address", self._unsigned, address)

    def _hit(self, name: str, item: RateLimitItemPerMinute, *who: str) -> Budget:
        allowed = self._limiter.hit(item, name, *who)
        stats = self._limiter.get_window_stats(item, name, *who)
        seconds = max(1, ceil(stats.reset_time - time()))
        budget = Budget(name, item.amount, stats.remaining, seconds)
        if not allowed:
            raise TooManyRequests(budget)
        return budget
