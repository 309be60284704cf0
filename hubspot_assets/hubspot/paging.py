"""Where an answer says how its list goes on."""

import msgspec


class Next(msgspec.Struct):
    """`paging.next`: the cursor of the page after this one (a string, though numbers were seen)."""

    after: str | int


class Paging(msgspec.Struct):
    """`paging` of an answer; absent on the last page."""

    next: Next | None = None


class Paged(msgspec.Struct, kw_only=True):
    """An answer, or a part of one, that may go on elsewhere.

    Attributes:
        paging: Where to go on; None at the end.
    """

    paging: Paging | None = None

    @property
    def after(self) -> str | None:
        """The cursor of the next page, or None where this is the last."""
        return str(self.paging.next.after) if self.paging and self.paging.next else None
