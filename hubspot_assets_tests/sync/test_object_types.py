from collections.abc import Iterator

import pytest

from hubspot_assets.catalog.object_types import STANDARD_OBJECT_TYPES
from hubspot_assets.hubspot.limits.budgets import Budgets
from hubspot_assets.hubspot.transport.client import Client
from hubspot_assets.hubspot.transport.credentials import AccessToken
from hubspot_assets.hubspot.transport.errors import UnknownObjectType
from hubspot_assets.sync.object_types import NamedTwice, object_type_called
from hubspot_assets_tests.hubspot.scripted_server import Reply, ScriptedServer
from hubspot_assets_tests.hubspot.test_schemas import schema

CARS = schema(7, "cars", "Cars")
ORDERS = schema(8, "p1_orders", "Заказы")
SERVICES = schema(9, "p1_services", "Услуги")
CONTACTS = schema(10, "people", "Contacts")
ALL = Reply(body={"results": [CONTACTS, SERVICES, ORDERS, CARS]})


@pytest.fixture(scope="module")
def client() -> Iterator[Client]:
    with (
        ScriptedServer([ALL]).running() as server,
        Client(AccessToken("pat-1"), base_url=server.url, budgets=Budgets.unlimited()) as client,
    ):
        yield client


def test_a_standard_type_is_as_the_catalog_has_it(client):
    assert object_type_called(client, "contacts") is STANDARD_OBJECT_TYPES["contacts"]


def test_each_custom_object_has_a_table_of_its_own(client):
    tables = {name: object_type_called(client, name).table for name in ("cars", "p1_orders", "2-9", "people")}
    assert tables == {
        "cars": "OBJECTS_CARS",
        "p1_orders": "OBJECTS_ZAKAZY",
        "2-9": "OBJECTS_USLUGI",
        "people": "OBJECTS_CONTACTS_2_10",
    }


def test_a_custom_object_that_is_renamed_keeps_the_table_it_has(client):
    assert object_type_called(client, "cars", known_tables={"2-7": "OBJECTS_AUTOS"}).table == "OBJECTS_AUTOS"


@pytest.mark.parametrize("second", ["2-7", "p7654321_cars"])
def test_of_two_names_of_one_type_the_first_is_right(client, second):
    names = ("contacts", "cars", second, "nobody")
    assert object_type_called(client, "cars", names).object_type_id == "2-7"
    with pytest.raises(NamedTwice) as refused:
        object_type_called(client, second, names)
    assert str(refused.value) == (
        f"HUBSPOT_OBJECTS names the object type 2-7 twice, as cars and as {second}: keep one of them."
    )


def test_a_name_that_the_account_does_not_know_is_refused_alone(client):
    with pytest.raises(UnknownObjectType, match="Did you mean cars"):
        object_type_called(client, "car", ("car", "cars"))
