"""Many values in pieces, each short enough for one statement."""

from collections.abc import Iterator, Sequence
from typing import TypeVar

T = TypeVar("T")
MANY = 500  # values in one IN (...): far below every database's limit


def parts(values: Sequence[T]) -> Iterator[Sequence[T]]:
    """The values in their order, at most MANY at a time.

    >>> [len(each) for each in parts(range(1100))]
    [500, 500, 100]
    """
    return (values[start:start + MANY] for start in range(0, len(values), MANY))
