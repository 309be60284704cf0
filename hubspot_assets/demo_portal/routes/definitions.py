"""Property definitions, custom object schemas and pipelines: what the account's data means."""

from hubspot_assets.catalog.association_types import HUBSPOT_DEFINED, PRIMARY
from hubspot_assets.demo_portal.association_types import AssociationType
from hubspot_assets.demo_portal.calls import Answer, Call, Endpoint, answer
from hubspot_assets.demo_portal.clock import instant_text
from hubspot_assets.demo_portal.definitions import SENSITIVITIES, PropertyDefinition
from hubspot_assets.demo_portal.errors import invalid, resource_not_found, schema_scopes_missing
from hubspot_assets.demo_portal.portal_types import PortalType
from hubspot_assets.demo_portal.store import RecordStore
from hubspot_assets.demo_portal.tokens import definition_scopes

SCHEMA_SCOPES = ("crm.schemas.custom.read", "custom-object-read")
CUSTOM_CREATED_AT = 1_704_067_200_000


def _definitions_of(call: Call) -> RecordStore:
    object_type = call.object_type()
    call.token.require(*definition_scopes(object_type))
    return call.account.stores[object_type.name]


def _seen(call: Call, definition: PropertyDefinition) -> bool:
    sensitivity = call.parameter("dataSensitivity", "non_sensitive")
    if sensitivity not in SENSITIVITIES:
        raise invalid(f"dataSensitivity is one of {', '.join(SENSITIVITIES)}", dataSensitivity=[sensitivity])
    return definition.sensitivity == sensitivity and definition.archived == call.flag("archived")


def list_properties(call: Call) -> Answer:
    """All properties of one sensitivity, archived or not; there are no pages."""
    store = _definitions_of(call)
    return answer({"results": [each.as_json() for each in store.layout.by_name.values() if _seen(call, each)]})


def read_property(call: Call) -> Answer:
    """One property; one of another sensitivity counts as not there."""
    definition = _definitions_of(call).layout.by_name.get(call.parameters["name"])
    if definition is None or not _seen(call, definition):
        raise resource_not_found()
    return answer(definition.as_json())


def _schema(call: Call, object_type: PortalType) -> dict[str, object]:
    definitions = call.account.stores[object_type.name].layout.active()
    own = [each.name for each in definitions if each.hubspot_defined != object_type.custom and each.type == "string"]
    custom = object_type.custom
    # HubSpot's own types go by a name in capitals, and by their type id where custom objects have a number.
    body: dict[str, object] = {
        "id": object_type.object_type_id.partition("-")[2] if custom else object_type.object_type_id,
        "objectTypeId": object_type.object_type_id,
        "name": object_type.name if custom else object_type.singular.upper(),
        "fullyQualifiedName": object_type.fully_qualified_name or object_type.singular.upper(),
        "labels": {"singular": object_type.singular_label, "plural": object_type.label},
        "primaryDisplayProperty": own[0],
        "secondaryDisplayProperties": own[1:2],
        "requiredProperties": own[:1],
        "searchableProperties": own[:1],
        "allowsSensitiveProperties": True,
        "archived": False,
    }
    if custom:
        body["createdAt"] = body["updatedAt"] = instant_text(CUSTOM_CREATED_AT)
    if call.parameter("includePropertyDefinitions", "true") == "true":
        layout = call.account.stores[object_type.name].layout
        body["properties"] = [each.as_json() for each in layout.active()]
    if call.parameter("includeAssociationDefinitions", "true") == "true":
        body["associations"] = [
            _association(object_type, target, each)
            for target in call.account.types
            for each in call.account.associations.types(object_type.name, target.name)
        ]
    return body


def _association(here: PortalType, there: PortalType, kind: AssociationType) -> dict[str, object]:
    name = f"{here.singular}_to_{there.singular}"
    if kind.label is not None:
        name = name if kind.label == PRIMARY else f"{name}_{kind.label.replace(' ', '_').lower()}"
    elif not here.custom and not there.custom:
        name += "_unlabeled"
    most = 1 if kind.label == PRIMARY else 10_000
    return {
        "id": str(kind.type_id),
        "fromObjectTypeId": here.object_type_id,
        "toObjectTypeId": there.object_type_id,
        "name": name if here.custom or kind.category != HUBSPOT_DEFINED else name.upper(),
        "cardinality": "ONE_TO_ONE" if most == 1 else "ONE_TO_MANY",
        "inverseCardinality": "ONE_TO_MANY",
        "maxToObjectIds": most,
        "maxFromObjectIds": 10_000,
        "hasUserEnforcedMaxToObjectIds": False,
        "hasUserEnforcedMaxFromObjectIds": False,
        "createdAt": None,
        "updatedAt": None,
    }


def list_schemas(call: Call) -> Answer:
    """The custom objects of the account."""
    if not call.token.may(*SCHEMA_SCOPES):
        raise schema_scopes_missing(SCHEMA_SCOPES)
    return answer({"results": [_schema(call, each) for each in call.account.types if each.custom]})


def read_schema(call: Call) -> Answer:
    """One object type's schema; HubSpot's own types have one too."""
    object_type = call.object_type()
    if not object_type.custom:
        call.token.require(*definition_scopes(object_type))
    elif not call.token.may(*SCHEMA_SCOPES):
        raise schema_scopes_missing(SCHEMA_SCOPES)
    return answer(_schema(call, object_type))


def list_pipelines(call: Call) -> Answer:
    """Pipelines with their stages, in no order; there are no pages. Types that have none answer 404."""
    object_type = call.object_type()
    call.token.require(*definition_scopes(object_type))
    pipelines = call.account.pipelines.of(object_type.name)
    if pipelines is None:
        raise resource_not_found()
    return answer({"results": pipelines})


ENDPOINTS = (
    Endpoint("GET", "/crm/properties/{type}", list_properties),
    Endpoint("GET", "/crm/properties/{type}/{name}", read_property),
    Endpoint("GET", "/crm-object-schemas/schemas", list_schemas),
    Endpoint("GET", "/crm-object-schemas/schemas/{type}", read_schema),
    Endpoint("GET", "/crm/schemas", list_schemas),
    Endpoint("GET", "/crm/schemas/{type}", read_schema),
    Endpoint("GET", "/crm/pipelines/{type}", list_pipelines),
)
