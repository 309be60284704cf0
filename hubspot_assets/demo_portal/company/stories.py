"""The demo company's records, type by type: each function fills the columns of one object type.

The types lean on each other: contacts work for companies, deals are with companies and hold line items, line
items sell products, tickets and surveys come from contacts.
"""

import unicodedata
from collections.abc import Callable, Mapping
from uuid import UUID

from hubspot_assets.demo_portal.clock import DAY, HOUR, date_text, instant_text
from hubspot_assets.demo_portal.company import words
from hubspot_assets.demo_portal.company.rows import Rows
from hubspot_assets.demo_portal.company.sales import deals, line_items, products
from hubspot_assets.demo_portal.company.world import World
from hubspot_assets.demo_portal.people import KEY_ACCOUNTS, SALES, SUPPORT
from hubspot_assets.demo_portal.pipelines import LEAD_STAGES, SUPPORT_PIPELINE, TICKET_STAGES


def _slug(text: str) -> str:
    ascii_text = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return "".join(each for each in ascii_text.lower() if each.isalnum())


def companies(rows: Rows, world: World) -> None:
    """Organizations with a domain, a place and an industry."""
    names = rows.each(
        lambda name, trade, form: f"{name} {trade} {form}",
        rows.pick(words.COMPANY_NAMES), rows.pick(words.COMPANY_TRADES), rows.pick(words.COMPANY_FORMS),
    )  # fmt: skip
    domains = rows.each(lambda name, number: f"{_slug(str(name))[:24]}{number}.example", names, rows.whole(1, 999))
    places = rows.pick(words.PLACES)
    staff = rows.pick((3, 8, 12, 25, 40, 90, 250, 1200, 15000))
    rows.columns.update(
        {
            "name": names,
            "domain": domains,
            "website": rows.each(lambda domain: f"https://www.{domain}/", domains),
            "address": rows.each(
                lambda street, number: f"{number} {street}", rows.pick(words.STREETS), rows.whole(1, 400)
            ),
            "city": [place[0] for place in places],
            "state": [place[1] for place in places],
            "zip": [place[2] for place in places],
            "country": [place[3] for place in places],
            "timezone": [place[4] for place in places],
            "founded_year": rows.each(str, rows.whole(1880, 2025)),
            "numberofemployees": list(map(str, staff)),
            "annualrevenue": rows.each(lambda people, each: f"{people * each}.00", staff, rows.whole(40_000, 250_000)),
            "description": rows.sometimes(rows.pick(words.NOTES), 0.4),
            "customer_tier": rows.sometimes(rows.pick(("bronze", "silver", "gold", "platinum")), 0.5),
            "customer-tier": rows.sometimes(rows.pick(("T1", "T2", "T3")), 0.3),
            "credit_limit": rows.sometimes(rows.money(1_000, 90_000), 0.4),
            "hs_parent_company_id": [None] * len(rows),
            "hubspot_owner_id": rows.sometimes(rows.pick(world.owners_of(SALES, KEY_ACCOUNTS)), 0.95),
        }
    )


def contacts(rows: Rows, world: World) -> None:
    """People, most of them working for one of the companies."""
    first, last = rows.pick(words.FIRST_NAMES), rows.pick(words.LAST_NAMES)
    employers, employer_rows = world.partners(rows, "companies"), world.rows.get("companies")
    employed = [each < 0.85 for each in (rows.random.random() for _ in range(len(rows)))]
    domain_pool = [f"{each}.example" for each in ("post", "mailbox", "webmail")]
    domains: list[str | None] = list(rows.pick(domain_pool))
    company_names: list[str | None] = [None] * len(rows)
    company_ids: list[str | None] = [None] * len(rows)
    owners: list[str | None] = rows.sometimes(rows.pick(world.owners_of(SALES)), 0.3)
    if employers is not None and employer_rows is not None:
        for position, (employer, works) in enumerate(zip(employers, employed, strict=True)):
            if works:
                domains[position] = employer_rows.columns["domain"][employer]
                company_names[position] = employer_rows.columns["name"][employer]
                company_ids[position] = str(employer_rows.ids[employer])
                owners[position] = employer_rows.columns["hubspot_owner_id"][employer]
                world.employers[position] = employer
                world.employees.setdefault(employer, []).append(position)
        works_at = [world.employers.get(position) for position in range(len(rows))]
        world.associate(rows, "companies", works_at, "Primary")
        for label, share in (("Billing contact", 9), ("Decision maker", 7), ("ERP customer", 20)):
            some = [each if position % share == 0 else None for position, each in enumerate(works_at)]
            world.associate(rows, "companies", some, label)
        _managers(rows, world)
    slugs = {name: _slug(name) or "contact" for name in {*first, *last}}
    emails = [
        f"{slugs[given]}.{slugs[family]}.{record_id % 100_000}@{domain}"
        for given, family, record_id, domain in zip(first, last, rows.ids, domains, strict=True)
    ]
    places = rows.pick(words.PLACES)
    rows.columns.update(
        {
            "firstname": first,
            "lastname": rows.sometimes(last, 0.97),
            "email": emails,
            "hs_email_domain": domains,
            "company": company_names,
            "associatedcompanyid": company_ids,
            "hubspot_owner_id": owners,
            "phone": rows.sometimes(rows.each(lambda each: f"+1 617 555 {each:04}", rows.whole(0, 9999)), 0.7),
            "jobtitle": rows.sometimes(rows.pick(words.JOB_TITLES), 0.8),
            "city": [place[0] for place in places],
            "state": [place[1] for place in places],
            "zip": [place[2] for place in places],
            "country": [place[3] for place in places],
            "lifecyclestage": rows.pick(("lead", "marketingqualifiedlead", "opportunity", "customer"), (4, 2, 2, 3)),
            "newsletter_opt_in": rows.sometimes(rows.pick(("true", "false")), 0.8),
            "num_notes": rows.each(str, rows.whole(0, 30)),
            "hubspotscore": rows.each(str, rows.whole(-10, 120)),
            "about": rows.sometimes(rows.pick(words.NOTES), 0.2),
            "signature": rows.sometimes(rows.pick(("<p>Best,<br/>me</p>", "<div>— sent on the go 🚴</div>")), 0.2),
            "loyalty_number": rows.sometimes(rows.each(str, rows.whole(10**6, 10**9)), 0.4),
            "passport_number": rows.sometimes(rows.each(lambda each: f"X{each:07}", rows.whole(0, 9_999_999)), 0.1),
            "medical_note": rows.sometimes(rows.pick(("allergic to nuts", "wheelchair access")), 0.03),
        }
    )


def _managers(rows: Rows, world: World) -> None:
    """Where several people work for one company, the first is the manager of the second."""
    for staff in world.employees.values():
        if len(staff) > 1:
            manager, report = (rows.ids[each] for each in staff[:2])
            world.associations.add("contacts", report, "contacts", manager, "Manager")


def tickets(rows: Rows, world: World) -> None:
    """Requests from contacts, through the support pipeline; new ones wait in the queue."""
    world.with_contacts(rows)
    queue = next(str(owner.id) for owner in world.owners if owner.user_id is None)
    stages = rows.pick([stage.id for stage in TICKET_STAGES], (1, 1, 1, 6))
    rows.columns.update(
        {
            "subject": rows.pick(words.TICKET_SUBJECTS),
            "content": rows.pick(words.TICKET_TEXTS),
            "hs_pipeline": [SUPPORT_PIPELINE] * len(rows),
            "hs_pipeline_stage": stages,
            "hubspot_owner_id": [
                queue if stage == TICKET_STAGES[0].id else agent
                for stage, agent in zip(stages, rows.pick(world.owners_of(SUPPORT)), strict=True)
            ],
            "hs_ticket_category": rows.sometimes(
                rows.pick(("BILLING_ISSUE", "PRODUCT_ISSUE;BILLING_ISSUE", "GENERAL_INQUIRY")), 0.8
            ),
            "closed_date": [
                instant_text(updated) if stage == TICKET_STAGES[-1].id else None
                for updated, stage in zip(rows.updated, stages, strict=True)
            ],
            "time_to_close": [
                str(updated - created) if stage == TICKET_STAGES[-1].id else None
                for created, updated, stage in zip(rows.created, rows.updated, stages, strict=True)
            ],
            "first_agent_reply_date": rows.sometimes(list(map(instant_text, rows.after_creation(2))), 0.9),
        }
    )


def leads(rows: Rows, world: World) -> None:
    """Contacts that sales looks at."""
    people, contact_rows = world.with_contacts(rows, "Primary"), world.rows.get("contacts")
    names: list[str | None] = list(rows.pick(words.LAST_NAMES))
    if people is not None and contact_rows is not None:
        columns = contact_rows.columns
        names = [f"{columns['firstname'][each]} {columns['lastname'][each] or ''}".strip() for each in people]
        rows.columns["hs_primary_contact_id"] = [str(contact_rows.ids[each]) for each in people]
    rows.columns["hubspot_owner_id"] = rows.pick(world.owners_of(SALES))
    rows.columns["hs_lead_name"] = names
    rows.columns["hs_pipeline"] = ["lead-pipeline-id"] * len(rows)
    rows.columns["hs_pipeline_stage"] = rows.pick([stage.id for stage in LEAD_STAGES])


def goals(rows: Rows, world: World) -> None:
    """Monthly sales targets: one record per seller and month."""
    months = [(each // 8) % 36 for each in range(len(rows))]
    sellers = world.owners_of(SALES, KEY_ACCOUNTS)
    starts = [world.now - (36 - month) * 30 * DAY for month in months]
    rows.columns.update(
        {
            "hs_goal_name": [f"Revenue target {date_text(start)[:7]}" for start in starts],
            "hs_target_amount": rows.money(10_000, 90_000),
            "hs_kpi_value": rows.money(0, 99_000),
            "hs_start_datetime": [date_text(start) + "T00:00:00Z" for start in starts],
            "hs_end_datetime": [date_text(start + 30 * DAY) + "T00:00:00Z" for start in starts],
            "hs_milestone": ["monthly"] * len(rows),
            "hubspot_owner_id": [sellers[each % len(sellers)] for each in range(len(rows))],
            "hs_goal_type": ["average_revenue"] * len(rows),
            "hs_group_correlation_uuid": [str(UUID(int=1 + each % 8, version=4)) for each in range(len(rows))],
        }
    )


def feedback_submissions(rows: Rows, world: World) -> None:
    """Answers of contacts to surveys."""
    people = world.with_contacts(rows)
    if people is not None:
        rows.columns["hs_contact_id"] = [str(world.rows["contacts"].ids[each]) for each in people]
    scores = rows.whole(0, 10)
    rows.columns.update(
        {
            "hs_submission_name": rows.each(lambda score: f"NPS {score}", scores),
            "hs_value": rows.each(str, scores),
            "hs_response_group": [
                "promoter" if score > 8 else "passive" if score > 6 else "detractor" for score in scores
            ],
            "hs_survey_type": ["NPS"] * len(rows),
            "hs_survey_name": ["Customer loyalty"] * len(rows),
            "hs_content": rows.pick(words.FEEDBACK_TEXTS),
            "hs_submission_timestamp": list(map(instant_text, rows.created)),
        }
    )


def activities(rows: Rows, world: World) -> None:
    """Calls, emails and tasks, each about a contact."""
    world.with_contacts(rows)


def meetings(rows: Rows, world: World) -> None:
    """Meetings of an hour with a contact."""
    world.with_contacts(rows)
    rows.columns["hs_meeting_start_time"] = list(map(instant_text, rows.created))
    rows.columns["hs_meeting_end_time"] = [instant_text(each + HOUR) for each in rows.created]


def notes(rows: Rows, world: World) -> None:
    """Notes on contacts."""
    rows.columns["hs_note_body"] = rows.pick(words.NOTES)
    world.with_contacts(rows)


def users(rows: Rows, world: World) -> None:
    """The account's users, who are the owners of its records."""
    people = [owner for owner in world.owners if owner.user_id is not None]
    owners = [people[each % len(people)] for each in range(len(rows))]
    rows.columns.update(
        {
            "hs_email": [owner.email for owner in owners],
            "hs_given_name": [owner.first_name for owner in owners],
            "hs_family_name": [owner.last_name for owner in owners],
            "hs_internal_user_id": [str(owner.user_id) for owner in owners],
        }
    )


def cars(rows: Rows, world: World) -> None:
    """The custom object: cars, each driven by a contact."""
    rows.columns["vin"] = [f"YV1DEMO{record_id % 10**10:010}" for record_id in rows.ids]
    rows.columns["model"] = rows.pick(words.CAR_MODELS)
    rows.columns["year"] = rows.each(str, rows.whole(2012, 2026))
    world.with_contacts(rows, "Driver")


STORIES: Mapping[str, Callable[[Rows, World], None]] = {
    story.__name__: story
    for story in (
        companies, contacts, products, deals, line_items, tickets, leads, goals, feedback_submissions, meetings,
        notes, users, cars,
    )
} | dict.fromkeys(("calls", "emails", "tasks"), activities)  # fmt: skip
"""The stories in the order they have to be told; types without one get plausible values only."""
