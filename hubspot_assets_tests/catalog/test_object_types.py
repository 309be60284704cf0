import re

from hubspot_assets.catalog.object_types import DEFAULT_OBJECT_TYPES, STANDARD_OBJECT_TYPES


def test_the_nine_objects_of_the_default_are_in_the_catalog():
    assert len(set(DEFAULT_OBJECT_TYPES)) == 9
    assert set(DEFAULT_OBJECT_TYPES) <= set(STANDARD_OBJECT_TYPES)
    assert all(STANDARD_OBJECT_TYPES[name].family == "crm" for name in DEFAULT_OBJECT_TYPES)


def test_names_type_ids_paths_and_tables_tell_object_types_apart():
    for attribute in ("name", "object_type_id", "path", "table", "label"):
        values = [getattr(object_type, attribute) for object_type in STANDARD_OBJECT_TYPES.values()]
        assert len(set(values)) == len(values), attribute


def test_every_object_type_is_complete():
    for name, object_type in STANDARD_OBJECT_TYPES.items():
        assert object_type.name == name
        assert re.fullmatch(r"[a-z][a-z_]*", name)
        assert re.fullmatch(r"0-\d+", object_type.object_type_id)
        assert object_type.table == f"OBJECTS_{name.upper()}"
        assert object_type.scopes
        assert object_type.description.endswith((".", ")"))


def test_only_contacts_spell_their_last_modified_property_in_the_old_way():
    spelt = {name: each.last_modified_property for name, each in STANDARD_OBJECT_TYPES.items()}
    assert spelt.pop("contacts") == "lastmodifieddate"
    assert set(spelt.values()) == {"hs_lastmodifieddate"}
