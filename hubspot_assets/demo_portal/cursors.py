"""Cursors that nobody is meant to read: JSON in base64, as HubSpot's are."""

import binascii
from base64 import urlsafe_b64decode, urlsafe_b64encode

import msgspec


def packed(value: object) -> str:
    """The cursor that holds a JSON value."""
    return urlsafe_b64encode(msgspec.json.encode(value)).decode()


def unpacked(cursor: object) -> object:
    """The JSON value that a cursor holds; None where it is not a cursor of the portal's."""
    try:
        return msgspec.json.decode(urlsafe_b64decode(str(cursor)))
    except (binascii.Error, ValueError, msgspec.DecodeError):
        return None
