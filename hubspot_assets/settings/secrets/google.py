"""Google Secret Manager: a secret per setting, of which the newest version counts.

(https://cloud.google.com/secret-manager/docs/reference/rest)
"""

import base64
from collections.abc import Iterator, Mapping

import google.auth
import requests
from google.auth.exceptions import GoogleAuthError
from google.auth.transport.requests import AuthorizedSession

from hubspot_assets.settings.errors import SettingsError
from hubspot_assets.settings.secrets.rest import get, reason
from hubspot_assets.settings.secrets.variables import is_setting

_API = "https://secretmanager.googleapis.com/v1"
_SCOPE = "https://www.googleapis.com/auth/cloud-platform"


def read_secrets(project: str) -> Mapping[str, str]:
    """Read the secrets of a project that are named after settings, with the credentials that Google's library finds.

    Raises:
        SettingsError: The project's secrets cannot be read.
    """
    try:
        credentials, _ = google.auth.default(scopes=[_SCOPE])
        with AuthorizedSession(credentials) as session:
            return {name: _newest(session, path) for name, path in _named(session, project)}
    except (GoogleAuthError, requests.RequestException, KeyError, ValueError) as error:
        # What lies behind may repeat what was sent.
        said = reason(error)
    raise SettingsError(
        f"HUBSPOT_SECRETS names the project {project}, whose secrets Google does not give ({said}). It takes default "
        "credentials (GOOGLE_APPLICATION_CREDENTIALS, or those of the machine) with the roles Secret Manager Viewer "
        "and Secret Manager Secret Accessor."
    )


def _named(session: requests.Session, project: str) -> Iterator[tuple[str, str]]:
    """The settings that a project has, each with the path of its secret."""
    parameters = {"pageSize": "250"}
    while True:
        page = get(session, f"{_API}/projects/{project}/secrets", parameters)
        for each in page.get("secrets", ()):
            name = each["name"].rpartition("/")[2].replace("-", "_")
            if is_setting(name):
                yield name, each["name"]
        if not page.get("nextPageToken"):
            return
        parameters["pageToken"] = page["nextPageToken"]


def _newest(session: requests.Session, path: str) -> str:
    answer = get(session, f"{_API}/{path}/versions/latest:access", {})
    return base64.b64decode(answer["payload"]["data"]).decode()
