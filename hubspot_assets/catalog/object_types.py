"""The catalog of HubSpot object types: a table of data, no logic.

Ids, paths, scopes and last-modified properties follow HubSpot's object reference
(https://developers.hubspot.com/docs/api-reference/latest/crm/understanding-the-crm) and its OpenAPI
specs. Custom objects are not listed here: an account's own schemas name them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Family = Literal["crm", "activities", "commerce", "library", "users", "custom"]


@dataclass(frozen=True, slots=True)
class ObjectType:
    """One HubSpot object type, as this project names, reads and stores it.

    Attributes:
        name: Last part of the asset key, and what `HUBSPOT_OBJECTS` takes (`line_items`).
        object_type_id: HubSpot's id, the same in every account (`0-8`); `2-…` for custom objects.
        path: How object endpoints spell the type.
        label: Plural, for people.
        singular_label: Singular, for people; the id columns of associations are named by it (`LINE_ITEM_OBJECTID`).
        description: What a record is.
        scopes: Any one of these lets a token read the records.
        family: The asset group it is shown in.
        table: Where its records are written.
        last_modified_property: The property that a window of changes filters on.
        subscription: What of HubSpot an account must have bought; None where every account has it.
    """

    name: str
    object_type_id: str
    path: str
    label: str
    singular_label: str
    description: str
    scopes: tuple[str, ...]
    family: Family
    table: str
    last_modified_property: str = "hs_lastmodifieddate"
    subscription: str | None = None


def _standard(
    name: str,
    object_type_id: str,
    label: str,
    singular_label: str,
    family: Family,
    scopes: str,
    description: str,
    *,
    path: str | None = None,
    last_modified_property: str = "hs_lastmodifieddate",
    subscription: str | None = None,
) -> ObjectType:
    return ObjectType(
        name=name,
        object_type_id=object_type_id,
        path=path or name,
        label=label,
        singular_label=singular_label,
        description=description,
        scopes=tuple(scopes.split(" | ")),
        family=family,
        table=f"OBJECTS_{name.upper()}",
        last_modified_property=last_modified_property,
        subscription=subscription,
    )


_CONTACTS_READ = "crm.objects.contacts.read"
_LINE_ITEMS_READ = "crm.objects.line_items.read | e-commerce"

# fmt: off
STANDARD_OBJECT_TYPES: Mapping[str, ObjectType] = {
    object_type.name: object_type
    for object_type in (
        _standard("contacts", "0-1", "Contacts", "Contact", "crm", _CONTACTS_READ,
                  "People your business talks to.", last_modified_property="lastmodifieddate"),
        _standard("companies", "0-2", "Companies", "Company", "crm", "crm.objects.companies.read",
                  "Organizations that contacts work for."),
        _standard("deals", "0-3", "Deals", "Deal", "crm", "crm.objects.deals.read",
                  "Sales opportunities on their way through a pipeline."),
        _standard("tickets", "0-5", "Tickets", "Ticket", "crm", "tickets",
                  "Customer requests on their way through a support pipeline."),
        _standard("products", "0-7", "Products", "Product", "crm", "crm.objects.products.read | e-commerce",
                  "The product library: what can be sold, and for how much."),
        _standard("line_items", "0-8", "Line items", "Line item", "crm", _LINE_ITEMS_READ,
                  "Products as sold: quantity, price and discount on a deal or quote."),
        _standard("leads", "0-136", "Leads", "Lead", "crm", "crm.objects.leads.read",
                  "Contacts or companies that sales works on before there is a deal.",
                  subscription="Sales Hub Professional"),
        _standard("goals", "0-74", "Goals", "Goal", "crm", "crm.objects.goals.read",
                  "Targets of users and teams, one record per assignee and period.", path="goal_targets",
                  subscription="Sales Hub Starter, or another hub's Professional"),
        _standard("feedback_submissions", "0-19", "Feedback submissions", "Feedback submission", "crm",
                  "crm.objects.feedback_submissions.read",
                  "Answers to NPS, CSAT, CES and custom surveys.", subscription="Service Hub Professional"),
        _standard("calls", "0-48", "Calls", "Call", "activities", _CONTACTS_READ,
                  "Phone calls logged on records."),
        _standard("communications", "0-18", "Communications", "Communication", "activities", _CONTACTS_READ,
                  "SMS, WhatsApp and LinkedIn messages logged on records."),
        _standard("emails", "0-49", "Emails", "Email", "activities", _CONTACTS_READ,
                  "One-to-one emails logged on records; their content needs the scope sales-email-read too."),
        _standard("meetings", "0-47", "Meetings", "Meeting", "activities", _CONTACTS_READ,
                  "Meetings logged on records."),
        _standard("notes", "0-46", "Notes", "Note", "activities", _CONTACTS_READ,
                  "Notes written on records."),
        _standard("postal_mail", "0-116", "Postal mail", "Postal mail", "activities", _CONTACTS_READ,
                  "Letters and parcels logged on records."),
        _standard("tasks", "0-27", "Tasks", "Task", "activities", _CONTACTS_READ,
                  "To-dos of users."),
        _standard("carts", "0-142", "Carts", "Cart", "commerce", "crm.objects.carts.read",
                  "Shopping carts of connected stores."),
        _standard("commerce_payments", "0-101", "Payments", "Payment", "commerce", "crm.objects.commercepayments.read",
                  "Payments received through HubSpot."),
        _standard("discounts", "0-84", "Discounts", "Discount", "commerce", _LINE_ITEMS_READ,
                  "Discounts on quotes and orders."),
        _standard("fees", "0-85", "Fees", "Fee", "commerce", _LINE_ITEMS_READ,
                  "Fees on quotes and orders."),
        _standard("invoices", "0-53", "Invoices", "Invoice", "commerce", "crm.objects.invoices.read",
                  "Invoices to customers."),
        _standard("orders", "0-123", "Orders", "Order", "commerce", "crm.objects.orders.read",
                  "Orders of connected stores."),
        _standard("quotes", "0-14", "Quotes", "Quote", "commerce", "crm.objects.quotes.read | e-commerce",
                  "Price offers to buyers."),
        _standard("subscriptions", "0-69", "Subscriptions", "Subscription", "commerce",
                  "crm.objects.subscriptions.read", "Recurring payments."),
        _standard("taxes", "0-86", "Taxes", "Tax", "commerce", "crm.objects.line_items.read",
                  "Taxes on quotes and orders."),
        _standard("appointments", "0-421", "Appointments", "Appointment", "library", "crm.objects.appointments.read",
                  "Booked appointments (object library).", path="0-421"),
        _standard("courses", "0-410", "Courses", "Course", "library", "crm.objects.courses.read",
                  "Courses on offer (object library).", path="0-410"),
        _standard("listings", "0-420", "Listings", "Listing", "library", "crm.objects.listings.read",
                  "Properties or units on offer (object library).", path="0-420"),
        _standard("projects", "0-970", "Projects", "Project", "library", "crm.objects.projects.read",
                  "Projects (object library)."),
        _standard("services", "0-162", "Services", "Service", "library", "crm.objects.services.read",
                  "Services rendered to customers (object library).", path="0-162"),
        _standard("users", "0-115", "Users", "User", "users", "crm.objects.users.read",
                  "Users of the account as CRM records; their ids equal neither owner ids nor user ids."),
    )
}
# fmt: on

DEFAULT_OBJECT_TYPES: tuple[str, ...] = (
    "contacts",
    "companies",
    "deals",
    "tickets",
    "products",
    "line_items",
    "leads",
    "goals",
    "feedback_submissions",
)
