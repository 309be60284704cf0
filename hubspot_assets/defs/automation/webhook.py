"""Posting a message to a webhook, in the form that whoever is behind it understands."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

_SLACK = ("slack.com", "slack-gov.com")
_TEAMS = ("webhook.office.com", "outlook.office.com", "logic.azure.com", "powerplatform.com", "powerautomate.com")
"""Hosts of Teams' webhooks: connectors of old, and the workflows that follow them."""
_TIMEOUT = 10.0
"""Seconds."""
_CODE = re.compile(r"[a-z_]{1,40}")
"""What Slack answers for a reason (`invalid_token`); anything else might quote the address."""


class CannotTell(Exception):
    """The webhook took no message. The sentence names its host alone: the rest of its address is a secret."""


@dataclass(frozen=True)
class Message:
    """One message for people.

    Attributes:
        title: What it is about, in a sentence.
        paragraphs: The rest, in plain text.
        links: Addresses by what they are called.
    """

    title: str
    paragraphs: Sequence[str] = ()
    links: Mapping[str, str] | None = None


def post(url: str, message: Message) -> None:
    """Post a message.

    Args:
        url: The webhook; its host tells the form.
        message: What to say.

    Raises:
        CannotTell: The webhook cannot be reached, or refuses.
    """
    import requests

    host = urlsplit(url).hostname or ""
    try:
        answer = requests.post(url, json=form_for(host, message), timeout=_TIMEOUT, allow_redirects=False)
    except (requests.RequestException, OSError, ValueError) as error:
        # Such errors quote the address.
        reason = "did not answer in time" if isinstance(error, requests.Timeout) else "cannot be reached"
    else:
        if answer.ok and not answer.is_redirect:
            return
        said = f" ({answer.text})" if _CODE.fullmatch(answer.text) else ""
        reason = f"answered {answer.status_code}{said}"
    raise CannotTell(
        f"The webhook of HUBSPOT_ALERT_WEBHOOK at {host} {reason}. The message is sent again with the next tick; if "
        "this lasts, make a new webhook, or unset it."
    )


def form_for(host: str, message: Message) -> Mapping[str, Any]:
    """Return a message as the webhooks of a host take it: Slack's, Teams', or `text` alone."""
    if _is_of(host, _TEAMS):
        return _card(message)
    if _is_of(host, _SLACK):
        links = [f"<{url}|{_escaped(text)}>" for text, url in (message.links or {}).items()]
        said = [f"*{_escaped(message.title)}*", *map(_escaped, message.paragraphs), *links]
        return {"text": "\n".join(said)}
    links = [f"{text}: {url}" for text, url in (message.links or {}).items()]
    return {"text": "\n".join([message.title, *message.paragraphs, *links])}


def _is_of(host: str, domains: Sequence[str]) -> bool:
    return any(host == domain or host.endswith(f".{domain}") for domain in domains)


def _escaped(text: str) -> str:
    """Text for Slack, where these three characters begin links and mentions."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _card(message: Message) -> Mapping[str, Any]:
    """An adaptive card; its blocks of rich text are those in which no character is markup."""

    def block(text: str, **style: str) -> Mapping[str, Any]:
        return {"type": "RichTextBlock", "inlines": [{"type": "TextRun", "text": text, **style}]}

    content: dict[str, Any] = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.2",
        "body": [block(message.title, weight="bolder"), *map(block, message.paragraphs)],
        "actions": [
            {"type": "Action.OpenUrl", "title": text, "url": url} for text, url in (message.links or {}).items()
        ],
    }
    attachment = {"contentType": "application/vnd.microsoft.card.adaptive", "contentUrl": None, "content": content}
    return {"type": "message", "attachments": [attachment]}
