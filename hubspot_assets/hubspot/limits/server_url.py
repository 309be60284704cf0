"""The address of a server that shares rate limits; it holds a password, so nothing here ever quotes it.

People paste passwords as they are. A `%` or `@` that is one is encoded here; of `#`, `/` and `?` nobody can tell where
the password ends, so such an address is refused. The drivers would fail on either, and quote the password.
"""

import re
from dataclasses import dataclass, field
from urllib.parse import quote, unquote, urlsplit

from hubspot_assets.hubspot.transport.errors import BudgetsUnavailable

_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")
_KEPT = "!$&'()*+,;="
"""What may stand in a user name or password as it is, besides letters, digits and `-._~`."""


@dataclass(frozen=True, slots=True)
class ServerUrl:
    """An address that a driver can read.

    Attributes:
        url: The address, user name and password included; for drivers only.
        place: Scheme, host and port, to be shown.
    """

    url: str = field(repr=False)
    place: str

    @classmethod
    def parse(cls, text: str) -> "ServerUrl":
        """Read an address as people write it.

        Raises:
            BudgetsUnavailable: There is no telling what the address means.
        """
        try:
            parts = urlsplit(text.strip())
            host = parts.netloc.rpartition("@")[2]
            misplaced = bool(parts.fragment) or ("@" not in parts.netloc and "@" in parts.path + parts.query)
            for each in host.split(","):
                _ = urlsplit(f"//{each}").port
        except ValueError:
            misplaced, parts, host = True, None, ""
        if misplaced or parts is None:
            # Outside the `except`: what failed knows the address.
            raise unusable()
        user, at, _ = parts.netloc.rpartition("@")
        name, colon, password = user.partition(":")
        netloc = f"{_encoded(name)}{colon}{_encoded(password)}{at}{host}"
        return cls(parts._replace(netloc=netloc).geturl(), f"{parts.scheme}://{host}")

    def unreachable(self, server: str, error: Exception) -> BudgetsUnavailable:
        """Return the error of a server that does not answer."""
        return BudgetsUnavailable(
            f"HubSpot's rate limits cannot be shared by {server} at {self.place}: {first_line(error)}."
        )


def unusable() -> BudgetsUnavailable:
    """Return the error of an address that cannot be read; it quotes nothing of it."""
    error = BudgetsUnavailable(
        "HUBSPOT_BUDGET_URL is not an address that can be read. It is `scheme://user:password@host:port/database`; "
        "special characters of a user name or password are written as their codes: `#` as %23, `/` as %2F, `?` as "
        "%3F, `:` as %3A, `[` as %5B, `]` as %5D, `@` as %40, `%` as %25."
    )
    error.permanent = True
    return error


def failed(server: str, error: Exception) -> BudgetsUnavailable:
    """Return the error of a server that answered before and no longer does what it is asked."""
    return BudgetsUnavailable(f"{server}, which shares HubSpot's rate limits, failed: {first_line(error)}.")


def first_line(error: Exception) -> str:
    """Return what an error says first, without the period at its end."""
    return next(iter(str(error).splitlines()), type(error).__name__).rstrip(".")


def _encoded(text: str) -> str:
    """Encode a user name or password, of which parts may be encoded already."""
    return quote(unquote(_ESCAPE.sub("%25", text)), safe=_KEPT)
