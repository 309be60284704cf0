"""The association types that HubSpot defines between its object types: a table of data.

Ids are the same in every account
(https://developers.hubspot.com/docs/api-reference/latest/crm/associations/associate-records/guide). An account adds
types of its own (labels, custom objects), which only its label and schema endpoints know.
"""

from collections.abc import Mapping
from dataclasses import dataclass

HUBSPOT_DEFINED = "HUBSPOT_DEFINED"
"""Category of the types listed here; others are `USER_DEFINED`, `INTEGRATOR_DEFINED` and `WORK`."""

PRIMARY = "Primary"
"""Label of the type that marks the main one among several associations: a contact's primary company."""


@dataclass(frozen=True, slots=True)
class AssociationType:
    """One way in which a record can be associated with another, seen from the first.

    Attributes:
        type_id: HubSpot's id; the opposite direction has another.
        label: What HubSpot's users read; None for the plain type that every association of the pair has.
    """

    type_id: int
    label: str | None = None


def _pairs(table: Mapping[str, str]) -> dict[tuple[str, str], tuple[AssociationType, ...]]:
    pairs = {}
    for from_name, line in table.items():
        for entry in line.split(";"):
            to_name, types = entry.split(maxsplit=1)
            pairs[(from_name, to_name)] = tuple(_type(each) for each in types.split(","))
    return pairs


def _type(text: str) -> AssociationType:
    type_id, _, label = text.strip().partition("=")
    return AssociationType(int(type_id), " ".join(label.split()) or None)


# From an object type: to an object type, with the ids (and labels) of the types; the plain one first.
_TABLE: Mapping[str, str] = {
    "companies": """
        companies 450, 14=Parent Company, 13=Child Company; contacts 280, 2=Primary, 930=Billing contact; deals 342,
        6=Primary; tickets 340, 25=Primary; calls 181; emails 185; leads 611; meetings 187; notes 189; tasks 191;
        communications 88; postal_mail 460; invoices 180; orders 935, 510=Primary; commerce_payments 390; quotes 72,
        1335=Billing company; subscriptions 298; appointments 909; courses 939; listings 885; services 793;
        feedback_submissions 929; projects 1237
    """,
    "contacts": """
        contacts 449; companies 279, 1=Primary, 931=Billing contact; deals 4; tickets 15; calls 193; emails 197;
        meetings 199; notes 201; tasks 203; communications 82; postal_mail 454; carts 587; orders 508; invoices 178;
        commerce_payments 388; subscriptions 296; appointments 907; courses 861; listings 883; services 799;
        feedback_submissions 97; projects 1243; leads 609; quotes 70, 703=Signer contact, 1227=Billing contact
    """,
    "deals": """
        deals 451; contacts 3; companies 341, 5=Primary; tickets 27; calls 205; leads 1038, 583=Primary; emails 209;
        goals 1357; meetings 211; notes 213; tasks 215; communications 86; postal_mail 458; line_items 19; carts 1346;
        invoices 176; orders 511; commerce_payments 392; quotes 63; subscriptions 300; appointments 945; courses 863;
        listings 887; services 795; feedback_submissions 985; projects 1239
    """,
    "tickets": """
        tickets 452; contacts 16; companies 339, 26=Primary; deals 28; calls 219; emails 223; meetings 225; notes 227;
        tasks 229; communications 84; postal_mail 456; orders 526; appointments 947; courses 941; listings 943; services
        797; subscriptions 1122; commerce_payments 1355; feedback_submissions 99; projects 1241
    """,
    "leads": """
        contacts 608, 578=Primary; companies 610, 580=Primary; deals 1037, 582=Primary; calls 596; emails 598; meetings
        600; notes 854; tasks 646; communications 602; feedback_submissions 1162
    """,
    "appointments": """
        contacts 906; companies 908; deals 944; tickets 946; calls 912; emails 916; meetings 918; notes 920; tasks 922;
        communications 924; postal_mail 926; projects 1325
    """,
    "goals": "deals 1356",
    "courses": """
        contacts 860; companies 938; deals 862; tickets 940; calls 866; emails 870; meetings 872; notes 874; tasks 876;
        communications 878; postal_mail 880; projects 1323
    """,
    "listings": """
        contacts 882; companies 884; deals 886; tickets 942; calls 890; emails 894; meetings 896; notes 898; tasks 900;
        communications 902; postal_mail 904; projects 1321
    """,
    "services": """
        contacts 798; companies 792; deals 794; tickets 796; calls 840; emails 842; meetings 838; notes 836; tasks 852;
        communications 846; postal_mail 848; projects 1245
    """,
    "calls": """
        appointments 913; companies 182; contacts 194; deals 206; feedback_submissions 1156; leads 597; orders 773;
        courses 867; listings 891; projects 1258; services 841; tickets 220
    """,
    "emails": """
        appointments 917; companies 186; contacts 198; courses 871; deals 210; orders 777; listings 895; projects 1260;
        services 843; tickets 224
    """,
    "feedback_submissions": """
        contacts 98; companies 928; deals 984; tickets 100; calls 1155; carts 1157; subscriptions 1173; invoices 1159;
        leads 1161; orders 1167; quotes 1171; commerce_payments 1169
    """,
    "meetings": """
        contacts 200; companies 188; deals 212; tickets 226; leads 601; orders 769; appointments 919; courses 873;
        listings 897; services 839
    """,
    "notes": """
        contacts 202; companies 190; deals 214; tickets 228; leads 855; orders 765; appointments 921; courses 875;
        listings 899; services 837; projects 1249
    """,
    "postal_mail": """
        contacts 453; companies 459; deals 457; tickets 455; appointments 927; courses 881; listings 905; orders 788;
        services 849; projects 1264
    """,
    "tasks": """
        contacts 204; companies 192; deals 216; tickets 230; leads 647; quotes 218; orders 727; appointments 923;
        courses 877; listings 901; services 853; projects 1247
    """,
    "communications": """
        contacts 81; companies 87; deals 85; tickets 83; leads 603; orders 785; appointments 925; courses 879; listings
        903; services 847; projects 1282
    """,
    "invoices": """
        contacts 177; companies 179; deals 175; quotes 407; subscriptions 622; orders 517; tickets 986; line_items 409;
        discounts 411; fees 413; taxes 415; commerce_payments 541; feedback_submissions 1160
    """,
    "commerce_payments": """
        companies 389; contacts 387; deals 391; discounts 428; fees 1326; feedback_submissions 1170; invoices 542;
        line_items 395; orders 524; quotes 397; subscriptions 393; tickets 1354
    """,
    "quotes": """
        contacts 69, 1226=Billing contact, 702=Signer contact; companies 71, 1334=Billing company; deals 64; line_items
        67; discounts 362; fees 364; taxes 366; tasks 217; carts 733; invoices 408; orders 731; commerce_payments 398;
        subscriptions 304; feedback_submissions 1172
    """,
    "line_items": """
        carts 591; commerce_payments 396; deals 20; discounts 368; invoices 410; orders 514; projects 1345; quotes 68;
        subscriptions 302, 565=Upcoming line item
    """,
    "orders": """
        calls 772; carts 593; contacts 507; communications 784; companies 934, 509=Primary; deals 512; discounts 519;
        emails 776; feedback_submissions 1168; invoices 518; line_items 513; meetings 768; notes 764; commerce_payments
        523; postal_mail 789; quotes 730; subscriptions 516; tasks 726; tickets 525
    """,
    "carts": """
        contacts 586; deals 1347; discounts 588; line_items 590; orders 592; quotes 732; tasks 728; tickets 594;
        feedback_submissions 1158
    """,
    "discounts": "deals 369; quotes 361; invoices 412; orders 520; carts 589; line_items 367",
    "fees": "commerce_payments 1327; quotes 363; invoices 414",
    "subscriptions": """
        contacts 295; companies 297; deals 299; tickets 1121; invoices 623; line_items 301; quotes 303; orders 515;
        feedback_submissions 1174
    """,
    "taxes": "quotes 365; invoices 416",
    "projects": """
        appointments 1324; calls 1257; communications 1281; companies 1236, 1299=Primary; contacts 1242; courses 1322;
        deals 1238; emails 1259; listings 1320; meetings 1255; notes 1248; postal_mail 1263; projects 1254; services
        1244; tasks 1246; tickets 1240
    """,
}

ASSOCIATION_TYPES: Mapping[tuple[str, str], tuple[AssociationType, ...]] = _pairs(_TABLE)
"""HubSpot's association types by pair: name of the object type they lead from, and of the one they lead to.

A pair that is not listed may exist all the same, with custom objects above all; HubSpot then answers its labels.
"""

PRIMARY_TYPE_IDS: frozenset[int] = frozenset(
    each.type_id for types in ASSOCIATION_TYPES.values() for each in types if each.label == PRIMARY
)
"""Ids of the types that mark a main association."""

SILENT_PAIRS: frozenset[tuple[str, str]] = frozenset({("deals", "leads")})
"""Pairs that HubSpot defines and answers as empty whatever is associated: they have to be read from the other side."""
