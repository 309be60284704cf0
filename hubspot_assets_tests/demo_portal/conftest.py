import pytest

from hubspot_assets_tests.demo_portal.asker import Asker, asker


@pytest.fixture
def hubspot() -> Asker:
    return asker()
