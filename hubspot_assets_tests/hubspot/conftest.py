from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from hubspot_assets.demo_portal.control import Portal
from hubspot_assets.hubspot.limits.budgets import Budgets
from hubspot_assets.hubspot.transport.client import Client
from hubspot_assets.hubspot.transport.clock import Clock
from hubspot_assets.hubspot.transport.credentials import AccessToken
from hubspot_assets_tests.hubspot.scripted_server import Reply, ScriptedServer

TOKEN = "pat-na1-0123456789-do-not-show"


class FakeClock(Clock):
    """Time that passes only by sleeping."""

    def __init__(self) -> None:
        super().__init__()
        self.now = super().time()
        self.sleeps: list[float] = []

    def time(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        super().sleep(0)
        self.sleeps.append(seconds)
        self.now += seconds


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def serve() -> Iterator[Callable[..., ScriptedServer]]:
    """Start a server that answers from a script."""
    with ExitStack() as stack:
        yield lambda *script, **by_words: stack.enter_context(ScriptedServer(by_words or script or [Reply()]).running())


@pytest.fixture
def connect(clock: FakeClock) -> Iterator[Callable[..., Client]]:
    """Make a client of a scripted server, without limits, whose sleep takes no time."""
    with ExitStack() as stack:

        def connect(server: ScriptedServer, **options) -> Client:
            options = {"budgets": Budgets.unlimited(), "clock": clock, **options}
            credential = options.pop("credential", AccessToken(TOKEN))
            return stack.enter_context(Client(credential, base_url=server.url, **options))

        yield connect


@pytest.fixture(scope="session")
def started_portal() -> Iterator[Portal]:
    with Portal.start(sizes={"contacts": 1_500}, properties={"contacts": 8}, merged_share=0) as portal:
        yield portal


@pytest.fixture
def portal(started_portal: Portal) -> Portal:
    """1,500 contacts of eight properties, some of them archived, as at the start."""
    started_portal.reset()
    return started_portal


@pytest.fixture
def portal_client(portal: Portal) -> Iterator[Client]:
    """A client of the portal, without limits."""
    with Client(AccessToken(portal.token), base_url=portal.url, budgets=Budgets.unlimited()) as client:
        yield client
