"""What requests found out about whether HubSpot can be reached, for the requests after them."""

import math
import threading

from hubspot_assets.hubspot.limits.out_of_reach import OutOfReach


class Reach:
    """Whether it is worth being patient.

    A request that met no answer, or only HubSpot's own failures (5xx), for as long as its patience lasted, while no
    other fared better, spares the later ones that wait: each of them is sent once, and the first that is answered
    brings patience back. A client that was never answered believes what other processes have found out just now.

    Args:
        patience: Seconds after which a request that still fails is given up.
        others: What the processes that share the rate limits tell each other.
    """

    def __init__(self, patience: float, others: OutOfReach) -> None:
        self._patience = patience
        self._others = others
        self._lock = threading.Lock()
        self._answered_at = -math.inf
        self._given_up = False

    @property
    def given_up(self) -> bool:
        """Return whether a request has found HubSpot out of reach, and none has been answered since."""
        return self._given_up

    @property
    def patience(self) -> float:
        """Seconds that a failing request is worth now."""
        was_never_answered = self._answered_at == -math.inf
        return 0.0 if self._given_up or (was_never_answered and self._others.told) else self._patience

    def answered(self, now: float) -> None:
        """Take note of an answer, whatever it says, unless it says that HubSpot itself failed.

        Args:
            now: By a clock that does not go back.
        """
        with self._lock:
            self._answered_at, self._given_up = now, False

    def lost(self, since: float) -> None:
        """Take note of a request that was given up without such an answer.

        Args:
            since: When it was first sent, by a clock that does not go back.
        """
        with self._lock:
            self._given_up = self._given_up or self._answered_at < since
        if self._given_up:
            self._others.tell()
