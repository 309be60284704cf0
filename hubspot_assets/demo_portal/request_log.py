"""What was asked of the portal, so that a test or benchmark can read it afterwards."""

from collections import Counter, deque
from dataclasses import asdict, dataclass

KEPT = 100_000


@dataclass(slots=True)
class LoggedRequest:
    """One request and what became of it.

    Attributes:
        at: Milliseconds since 1970, the portal's clock.
        path: As it was asked for, without the query.
        bucket: Which limit it counted against.
        status: Of the answer; 0 when the connection ended without one.
        rows: Records in the answer.
        body: The start of the request's body.
    """

    at: int
    method: str
    path: str
    query: str
    bucket: str
    status: int
    rows: int = 0
    seconds: float = 0.0
    fault: str = ""
    body: str = ""

    def as_json(self) -> dict[str, object]:
        """The request as the control plane shows it."""
        return asdict(self)


class RequestLog:
    """The latest requests, and counts of all of them."""

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        """Start counting afresh."""
        self.requests: deque[LoggedRequest] = deque(maxlen=KEPT)
        self.counts: Counter[tuple[str, int]] = Counter()
        self.in_flight = 0
        self.most_in_flight = 0

    def begin(self) -> None:
        """A request arrived."""
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)

    def end(self, request: LoggedRequest) -> None:
        """A request was answered."""
        self.in_flight = max(self.in_flight - 1, 0)
        self.requests.append(request)
        self.counts[(request.bucket, request.status)] += 1

    def summary(self) -> dict[str, object]:
        """Counts by bucket and status."""
        by_bucket: dict[str, dict[str, int]] = {}
        for (bucket, status), count in sorted(self.counts.items()):
            by_bucket.setdefault(bucket, {})[str(status)] = count
        return {
            "total": sum(self.counts.values()),
            "rate_limited": sum(count for (_, status), count in self.counts.items() if status == 429),
            "by_bucket": by_bucket,
            "most_in_flight": self.most_in_flight,
        }
