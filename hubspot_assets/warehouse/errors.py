"""What a destination may refuse, and whether trying again can help."""


class WarehouseError(Exception):
    """The destination cannot do what was asked; one sentence names cause and cure.

    The family:

        WarehouseError                 permanent: only a person can help
        ├── TableNotFound              permanent: there is no such table; a sync makes it
        ├── WarehouseBusy              passing: somebody else's use of the destination is in the way
        └── WarehouseUnreachable       passing: the destination does not answer, or breaks off

    Attributes:
        permanent: Trying again cannot help.
    """

    permanent = True


class TableNotFound(WarehouseError):
    """The destination has no such table."""


class WarehouseBusy(WarehouseError):
    """Somebody else's use of the destination is in the way; later it may not be."""

    permanent = False


class WarehouseUnreachable(WarehouseError):
    """The destination does not answer, or breaks off, again and again; later it may not."""

    permanent = False
