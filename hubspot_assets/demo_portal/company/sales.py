"""What the demo company sells: its price list, its deals on their way through the stages, and their lines."""

from hubspot_assets.demo_portal.clock import DAY, date_text, instant_text
from hubspot_assets.demo_portal.company import words
from hubspot_assets.demo_portal.company.rows import Rows
from hubspot_assets.demo_portal.company.world import World
from hubspot_assets.demo_portal.people import KEY_ACCOUNTS, SALES
from hubspot_assets.demo_portal.pipelines import DEAL_STAGES, SALES_PIPELINE
from hubspot_assets.demo_portal.versions import Version


def products(rows: Rows, _world: World) -> None:
    """The price list: every product in several editions."""
    chosen = [words.PRODUCTS[each % len(words.PRODUCTS)] for each in range(len(rows))]
    edition_numbers = [each // len(words.PRODUCTS) % 3 for each in range(len(rows))]
    rows.columns.update(
        {
            "name": [
                f"{product[0]} {words.PRODUCT_EDITIONS[edition]}"
                for product, edition in zip(chosen, edition_numbers, strict=True)
            ],
            "price": [f"{product[2][edition]}.00" for product, edition in zip(chosen, edition_numbers, strict=True)],
            "hs_cost_of_goods_sold": [f"{product[2][0] * 0.4:.2f}" for product in chosen],
            "hs_sku": [f"SKU-{each:05}" for each in range(1, len(rows) + 1)],
            "hs_product_type": [product[1] for product in chosen],
            "recurringbillingfrequency": ["monthly" if product[1] == "service" else None for product in chosen],
            "description": rows.pick(
                ("Ships in two days.", "Per site and month.", "Includes a 2-year warranty ✅", "")
            ),
        }
    )


def deals(rows: Rows, world: World) -> None:
    """Sales that move through the stages: old ones are mostly closed, young ones on their way."""
    customers, company_rows = world.partners(rows, "companies"), world.rows.get("companies")
    owners: list[str | None] = list(rows.pick(world.owners_of(SALES, KEY_ACCOUNTS)))
    names = list(rows.pick(words.COMPANY_NAMES))
    if customers is not None and company_rows is not None:
        names = [str(company_rows.columns["name"][each]) for each in customers]
        owners = [
            company_rows.columns["hubspot_owner_id"][each] or owner
            for each, owner in zip(customers, owners, strict=True)
        ]
        world.associate(rows, "companies", customers, "Primary")
    _buyers(rows, customers, world)
    stages, closes, reached = [], [], []
    open_stages = [stage for stage in DEAL_STAGES if not stage.closed]
    for record_id, created, updated in zip(rows.ids, rows.created, rows.updated, strict=True):
        age = (world.now - created) / DAY
        closed = rows.random.random() < min(age / 200, 0.92)
        ended = ("closedwon" if rows.random.random() < 0.55 else "closedlost") if closed else None
        passed = len(open_stages) if closed else 1 + int(rows.random.random() * len(open_stages))
        path = [stage.id for stage in open_stages[:passed]] + ([ended] if ended else [])
        step = (updated - created) // max(len(path), 1)
        versions = [Version(created + step * each, "dealstage", stage) for each, stage in enumerate(path)]
        world.history[("deals", record_id)] = versions
        stages.append(path[-1])
        reached.append(versions)
        closes.append(versions[-1].at if closed else world.now + int(rows.random.random() * 90) * DAY)
    won = [stage == "closedwon" for stage in stages]
    closed_marks = [stage.startswith("closed") for stage in stages]
    probability = {stage.id: stage.probability for stage in DEAL_STAGES}
    amounts = rows.sometimes(rows.money(500, 60_000), 0.93)
    rows.columns.update(
        {
            "dealname": rows.each(
                lambda name, what: f"{name}, {what}",
                names, rows.pick(("new business", "renewal", "expansion", "pilot", "2nd site")),
            ),
            "amount": amounts,
            "amount_in_home_currency": amounts,
            "deal_currency_code": rows.pick(("USD", "EUR", "GBP"), (6, 3, 1)),
            "pipeline": [SALES_PIPELINE] * len(rows),
            "hubspot_owner_id": owners,
            "dealstage": stages,
            "closedate": rows.each(
                lambda instant, short: date_text(instant) + "T00:00:00Z" if short else instant_text(instant),
                closes, rows.pick((True, False)),
            ),
            "hs_is_closed": ["true" if each else "false" for each in closed_marks],
            "hs_is_closed_won": ["true" if each else "false" for each in won],
            "hs_deal_stage_probability": [probability[stage] for stage in stages],
            "hs_closed_amount": [amount if each else "0" for amount, each in zip(amounts, won, strict=True)],
            "closed_lost_reason": [
                reason if stage == "closedlost" else None
                for stage, reason in zip(stages, rows.pick(words.LOST_REASONS), strict=True)
            ],
            "days_to_close": [
                str((close - created) // DAY) if each else None
                for close, created, each in zip(closes, rows.created, closed_marks, strict=True)
            ],
            "hs_date_entered_qualifiedtobuy": [
                next((instant_text(each.at) for each in versions if each.value == "qualifiedtobuy"), None)
                for versions in reached
            ],
            "hs_date_entered_closedwon": [
                instant_text(versions[-1].at) if each else None for versions, each in zip(reached, won, strict=True)
            ],
            "hs_next_step": rows.sometimes(rows.pick(words.NOTES), 0.3),
            "description": rows.sometimes(rows.pick(words.NOTES), 0.3),
        }
    )  # fmt: skip


def _buyers(rows: Rows, customers: list[int] | None, world: World) -> None:
    """Associate deals with people of the customer, where there are any; some deals have no contact at all."""
    people = world.partners(rows, "contacts")
    if people is None:
        return
    staff = [world.employees.get(each, []) for each in customers or [-1] * len(rows)]
    anonymous = [position % 17 == 0 for position in range(len(rows))]
    buyers = [
        None if nobody else each[0] if each else person
        for each, person, nobody in zip(staff, people, anonymous, strict=True)
    ]
    champions = [
        each[-1] if len(each) > 1 and not nobody else None for each, nobody in zip(staff, anonymous, strict=True)
    ]
    world.associate(rows, "contacts", buyers)
    world.associate(rows, "contacts", champions, "Champion")


def line_items(rows: Rows, world: World) -> None:
    """Products as sold on deals; the deals' amounts become the sums of their lines."""
    products_sold, product_rows = world.partners(rows, "products"), world.rows.get("products")
    deal_positions, deal_rows = world.partners(rows, "deals"), world.rows.get("deals")
    quantities = rows.pick((1, 1, 1, 2, 3, 5, 10, 25))
    prices = ["100.00"] * len(rows)
    if products_sold is not None and product_rows is not None:
        prices = [str(product_rows.columns["price"][each]) for each in products_sold]
        rows.columns["name"] = [product_rows.columns["name"][each] for each in products_sold]
        rows.columns["hs_sku"] = [product_rows.columns["hs_sku"][each] for each in products_sold]
        rows.columns["hs_product_id"] = [str(product_rows.ids[each]) for each in products_sold]
        rows.columns["recurringbillingfrequency"] = [
            product_rows.columns["recurringbillingfrequency"][each] for each in products_sold
        ]
    amounts = [quantity * float(price) for quantity, price in zip(quantities, prices, strict=True)]
    rows.columns.update(
        {
            "quantity": list(map(str, quantities)),
            "price": prices,
            "amount": [f"{amount:.2f}" for amount in amounts],
            "discount": rows.sometimes(["0"] * len(rows), 0.1),
            "hs_discount_percentage": rows.sometimes(rows.pick(("5", "10", "0.125")), 0.15),
            "hs_line_item_currency_code": ["USD"] * len(rows),
        }
    )
    if deal_positions is None or deal_rows is None:
        return
    totals: dict[int, float] = {}
    for record_id, deal, amount in zip(rows.ids, deal_positions, amounts, strict=True):
        world.associations.add("line_items", record_id, "deals", deal_rows.ids[deal])
        totals[deal] = totals.get(deal, 0.0) + amount
    deal_amounts = list(deal_rows.columns["amount"])
    for deal, total in totals.items():
        deal_amounts[deal] = f"{total:.2f}"
    deal_rows.columns["amount"] = deal_rows.columns["amount_in_home_currency"] = deal_amounts
