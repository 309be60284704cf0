"""The HTTP connection to HubSpot: one request out, one whole answer in, or the reason for its absence."""

import http.client
import re
from collections.abc import Mapping
from http.cookiejar import DefaultCookiePolicy
from importlib.metadata import version
from urllib.parse import urlencode

import requests
import urllib3
from requests.adapters import HTTPAdapter
from requests.auth import AuthBase
from typing_extensions import override

from hubspot_assets.hubspot.transport import certificates, errors
from hubspot_assets.hubspot.transport.credentials import Credential
from hubspot_assets.hubspot.transport.silence import Silence

_LOST = (requests.RequestException, urllib3.exceptions.HTTPError, http.client.HTTPException, OSError)
"""How the layers below say that there was no answer, or half of one."""
_MALFORMED = (
    requests.exceptions.InvalidURL,
    requests.exceptions.InvalidSchema,
    requests.exceptions.InvalidProxyURL,
    urllib3.exceptions.LocationValueError,
)
"""How they say that an address cannot be read: HubSpot's, or a proxy's."""
_CONNECT_TIMEOUT = 10.0
"""Seconds."""


class Connection:
    """Connections to one server, kept alive and shared by the threads of a process.

    Args:
        credential: Who asks.
        base_url: Where the server is, without a slash at its end.
        connections: Requests that may be in flight at once.
        timeout: Seconds of silence after which an answer is given up.
    """

    def __init__(self, credential: Credential, base_url: str, *, connections: int, timeout: float) -> None:
        self._base_url = base_url
        self._timeout = (min(_CONNECT_TIMEOUT, timeout), timeout)
        self._session = _session(credential, connections)
        self._silence = Silence(timeout)
        # Proxies and certificates named by the environment: looked up once, not for every request.
        self._settings = self._session.merge_environment_settings(base_url, {}, True, None, None)
        self._certificates_problem = certificates.problem(base_url)

    def exchange(
        self, method: str, path: str, params: Mapping[str, str] | None, body: bytes | None
    ) -> tuple[requests.Response, bytes]:
        """Send a request, and read the whole answer.

        Args:
            method: `GET` or `POST`.
            path: From the root of the server.
            params: The query.
            body: JSON.

        Raises:
            ConnectionLost: There was no answer, or half of one.
            UnusableCertificates: The environment names a file that cannot vouch for any server.
            HubSpotError: The credential could not be renewed.
        """
        if self._certificates_problem is not None:
            raise errors.UnusableCertificates(self._certificates_problem, method=method, path=path)
        try:
            prepared = self._session.prepare_request(requests.Request(method, self._base_url + path, data=body))
            if params:
                # Encoded once, here; requests would do it three times, which takes longer than everything else it
                # does where hundreds of properties are named.
                prepared.url = f"{prepared.url}?{urlencode(params, safe=',')}"
            with self._silence.until_answered(path):
                response = self._session.send(
                    prepared, timeout=self._timeout, allow_redirects=False, **{**self._settings, "stream": True}
                )
                return response, response.raw.read(decode_content=True)
        except _LOST as error:
            lost = _describe(error)
            hopeless = _is_hopeless(error)
        # Raised out here, because the error above knows the request, and the request holds the token.
        failure = errors.ConnectionLost(
            f"The connection to {self._base_url} failed: {lost}. If this lasts, check the network, HUBSPOT_BASE_URL, "
            "and the environment's proxy and certificates (HTTPS_PROXY, REQUESTS_CA_BUNDLE).",
            method=method,
            path=path,
        )
        failure.permanent = hopeless
        raise failure

    def close(self) -> None:
        """Let go of all connections."""
        self._silence.close()
        self._session.close()


class _Authorization(AuthBase):
    """Sets the header as late as possible, so that a renewed token is used, and keeps `.netrc` out of it."""

    def __init__(self, credential: Credential) -> None:
        self._credential = credential

    @override
    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = self._credential.authorization()
        return request


def _session(credential: Credential, connections: int) -> requests.Session:
    session = requests.Session()
    adapter = HTTPAdapter(pool_connections=2, pool_maxsize=connections, max_retries=0, pool_block=True)
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    session.auth = _Authorization(credential)
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    session.headers.update(
        {
            "Accept": "application/json",
            "Content-Type": "application/json",
            "User-Agent": f"hubspot-assets/{version('hubspot-assets')}",
        }
    )
    return session


def _describe(error: BaseException) -> str:
    """Return the innermost cause in plain words; the outer layers repeat URLs and pool sizes."""
    cause = error
    while True:
        inner = [getattr(cause, "reason", None), *cause.args]
        causes = [each for each in inner if isinstance(each, BaseException) and each is not cause]
        if not causes:
            break
        cause = causes[0]
    if isinstance(cause, _MALFORMED):
        # Their texts quote the address, and a proxy's may hold a password.
        return "an address is malformed"
    late = TimeoutError | requests.Timeout | urllib3.exceptions.TimeoutError
    # urllib3 counts a refused connection among the timeouts.
    if isinstance(cause, late) and not isinstance(cause, urllib3.exceptions.NewConnectionError):
        return "no answer in time"
    text = cause.strerror if isinstance(cause, OSError) and cause.strerror else str(cause)
    # "<the failing object>: [Errno 111] Connection refused"
    text = re.sub(r"^\[Errno -?\d+\] ", "", text.rsplit(": ", 1)[-1]).rstrip(".") or type(cause).__name__
    return re.sub(r"//[^/\s]*@", "//", text)


def _is_hopeless(error: BaseException) -> bool:
    """Return whether trying again cannot help: an untrusted certificate or a malformed URL."""
    return isinstance(error, _MALFORMED) or "CERTIFICATE_VERIFY_FAILED" in str(error)
