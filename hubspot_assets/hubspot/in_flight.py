"""Several requests at once: what a limit of requests per second needs where an answer takes a fifth of a second."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import Generic, TypeVar

Q = TypeVar("Q")
R = TypeVar("R")


class InFlight(Generic[Q, R]):
    """Questions on their way and answers as they come, in flat memory.

    An answer may lead to further questions (the next page of a list): these are asked before fresh ones, so that what
    was begun gets done, and no more is held than what is in flight.

    Args:
        fetch: Answers one question; called from several threads.
        fresh: Questions; taken as they are needed, by the thread that iterates.
        most: How many are asked at once.
    """

    def __init__(self, fetch: Callable[[Q], R], fresh: Iterable[Q], *, most: int) -> None:
        self._fetch = fetch
        self._fresh = iter(fresh)
        self._further: deque[Q] = deque()
        self._most = max(most, 1)

    def ask(self, question: Q) -> None:
        """Ask a further question, before any fresh one. To be called while iterating."""
        self._further.append(question)

    def __iter__(self) -> Iterator[tuple[Q, R]]:
        """Questions with their answers, in the order of the answers.

        Raises:
            Exception: The first that `fetch` raised; answers that had come before it were yielded.
        """
        threads = ThreadPoolExecutor(self._most, thread_name_prefix="hubspot-read")
        asked: dict[Future[R], Q] = {}
        try:
            while True:
                while len(asked) < self._most and (question := self._next()) is not None:
                    asked[threads.submit(self._fetch, question[0])] = question[0]
                if not asked:
                    return
                done, _ = wait(asked, return_when=FIRST_COMPLETED)
                for future in sorted(done, key=lambda each: each.exception() is not None):
                    yield asked.pop(future), future.result()
        finally:
            threads.shutdown(wait=False, cancel_futures=True)

    def _next(self) -> tuple[Q] | None:
        if self._further:
            return (self._further.popleft(),)
        return next(((question,) for question in self._fresh), None)
