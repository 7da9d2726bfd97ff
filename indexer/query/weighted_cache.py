"""Cache bounded by weight, not by number: a few long queries must not take the memory of thousands of usual ones."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from functools import wraps
from threading import Lock
from typing import Generic, ParamSpec, Protocol, TypeVar

P = ParamSpec("P")
R = TypeVar("R")
R_co = TypeVar("R_co", covariant=True)


class WeightedCache(Generic[R]):
    """The values used last, as long as their weights add up to `total`; safe to use from any thread."""

    def __init__(self, total: int) -> None:
        self._total, self._held = total, 0
        self._kept: OrderedDict[Hashable, tuple[R, int]] = OrderedDict()
        self._lock = Lock()

    def get(self, key: Hashable, make: Callable[[], R], weigh: Callable[[R], int]) -> R:
        """The value of a key, made if it is not kept; two threads that miss at once both make it.

        A value heavier than a tenth of the total is not kept at all.
        """
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key][0]
        made = make()
        weight = weigh(made)
        if weight <= self._total // 10:
            self._keep(key, made, weight)
        return made

    def clear(self) -> None:
        """Forget all values."""
        with self._lock:
            self._kept.clear()
            self._held = 0

    def _keep(self, key: Hashable, value: R, weight: int) -> None:
        with self._lock:
            if key not in self._kept:
                self._kept[key] = value, weight
                self._held += weight
            while self._held > self._total:
                self._held -= self._kept.popitem(last=False)[1][1]


class Cached(Protocol[P, R_co]):
    """A function whose results are kept."""

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R_co:
        """The result, kept or made."""

    def cache_clear(self) -> None:
        """Forget all results."""


def weighted_cache(total: int, weigh: Callable[P, int]) -> Callable[[Callable[P, R]], Cached[P, R]]:
    """Decorator that keeps results in a WeightedCache; `weigh` gives the weight of the arguments."""
    def decorate(function: Callable[P, R]) -> Cached[P, R]:
        cache = WeightedCache[R](total)

        @wraps(function)
        def cached(*args: P.args, **kwargs: P.kwargs) -> R:
            return cache.get((args, *kwargs.items()), lambda: function(*args, **kwargs),
                             lambda _: weigh(*args, **kwargs))

        cached.cache_clear = cache.clear  # type: ignore[attr-defined]
        return cached  # type: ignore[return-value]

    return decorate
