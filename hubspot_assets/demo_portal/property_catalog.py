"""The properties of the demo company's object types: tables of data, no logic.

Names and types of HubSpot's own properties follow HubSpot's default property lists; those marked `custom`
are the demo company's. Line format: see `definitions.parse_definitions`.
"""

from collections.abc import Mapping

COMMON = """
hs_object_id | number | information | calculated
hs_object_source | enumeration | information | | CRM_UI, IMPORT, INTEGRATION, FORM
hs_object_source_label | string
hs_created_by_user_id | number
hs_updated_by_user_id | number
hs_merged_object_ids | enumeration/checkbox | information | external
hs_all_owner_ids | enumeration/checkbox | information | external
hubspot_owner_id | enumeration/select | information | external
hubspot_team_id | enumeration/select | information | external
hs_was_imported | bool
"""

PROPERTIES: Mapping[str, str] = {
    "contacts": """
firstname | string | contactinformation
lastname | string | contactinformation
email | string | contactinformation | unique
phone | phone_number | contactinformation
mobilephone | string/phonenumber | contactinformation
jobtitle | string | contactinformation
company | string | contactinformation
website | string | contactinformation
address | string | contactinformation
city | string | contactinformation
state | string | contactinformation
zip | string | contactinformation
country | string | contactinformation
lifecyclestage | enumeration/radio | contactinformation | | lead, marketingqualifiedlead, opportunity, customer
hs_lead_status | enumeration/radio | sales_properties | | NEW, OPEN, IN_PROGRESS, OPEN_DEAL, UNQUALIFIED, CONNECTED
hs_language | enumeration/select | contactinformation | | en, de, fr, es, ja, pt-br
associatedcompanyid | number | contactinformation | calculated
hs_email_domain | string | contactinformation | calculated
hs_email_optout | bool | emailinformation
hs_email_open | number | emailinformation | calculated
hs_analytics_source | enumeration/select | analyticsinformation | | ORGANIC_SEARCH, PAID_SEARCH, REFERRALS, OFFLINE
hs_analytics_num_visits | number | analyticsinformation | calculated
hs_analytics_num_page_views | number | analyticsinformation | calculated
hs_analytics_first_timestamp | datetime | analyticsinformation
num_associated_deals | number | deal_information | calculated
recent_deal_amount | number | deal_information | calculated
notes_last_contacted | datetime | sales_properties | calculated
num_notes | number | sales_properties | calculated
hubspotscore | number/calculation_score | contactinformation | calculated
hs_calculated_merged_vids | enumeration/checkbox | contactinformation | external calculated
hs_latitude | string | contactinformation
hs_lastmodifieddate | datetime | contactinformation
webinar_interests | enumeration/checkbox | custom | custom | onboarding, reporting, automation, security, pricing
newsletter_opt_in | bool | custom | custom
preferred_contact_day | enumeration/radio | custom | custom | monday, tuesday, wednesday, thursday, friday
contract_renewal_date | date | custom | custom
lifetime_value_exact | number | custom | custom
loyalty_number | number | custom | custom
legacy_import_time | datetime | custom | custom
preferences | json | custom | custom
office_location | object_coordinates | custom | custom
about | string/textarea | custom | custom
signature | string/html | custom | custom
order | number | custom | custom
passport_number | string | custom | custom sensitive
medical_note | string/textarea | custom | custom highly_sensitive
""",
    "companies": """
name | string | companyinformation
domain | string | companyinformation
website | string | companyinformation
phone | string/phonenumber | companyinformation
industry | enumeration/select | companyinformation | | COMPUTER_SOFTWARE, MANUFACTURING, RETAIL, CONSTRUCTION
type | enumeration/select | companyinformation | | PROSPECT, PARTNER, RESELLER, VENDOR, OTHER
lifecyclestage | enumeration/radio | companyinformation | | subscriber, lead, opportunity, customer, other
address | string | companyinformation
city | string | companyinformation
state | string | companyinformation
zip | string | companyinformation
country | string | companyinformation
timezone | string | companyinformation
description | string/textarea | companyinformation
founded_year | string | companyinformation
numberofemployees | number | companyinformation
annualrevenue | number | companyinformation
is_public | bool | companyinformation
hs_num_open_deals | number | companyinformation | calculated
num_associated_contacts | number | companyinformation | calculated
num_associated_deals | number | companyinformation | calculated
hs_parent_company_id | number | companyinformation | calculated
customer_tier | enumeration/select | custom | custom | bronze, silver, gold, platinum
customer-tier | string | custom | custom
credit_limit | number | custom | custom
audit_date | date | custom | custom
tax_id | string | custom | custom sensitive
""",
    "deals": """
dealname | string | dealinformation
amount | number | dealinformation
amount_in_home_currency | number/calculation_equation | dealinformation | calculated
deal_currency_code | enumeration/select | dealinformation | | USD, EUR, GBP
pipeline | enumeration/select | dealinformation | external
dealstage | enumeration/radio | dealinformation | external
dealtype | enumeration/radio | dealinformation | | newbusiness, existingbusiness
hs_priority | enumeration/select | dealinformation | | low, medium, high
closedate | datetime | dealinformation
hs_closed_amount | number | dealinformation | calculated
hs_deal_stage_probability | number | dealinformation | calculated
hs_is_closed | bool/calculation_equation | dealinformation | calculated
hs_is_closed_won | bool/calculation_equation | dealinformation | calculated
closed_lost_reason | string/textarea | dealinformation
description | string/textarea | dealinformation
days_to_close | number/calculation_equation | dealinformation | calculated
num_associated_contacts | number | dealinformation | calculated
hs_date_entered_qualifiedtobuy | datetime | dealinformation | calculated
hs_date_entered_closedwon | datetime | dealinformation | calculated
hs_next_step | string | dealinformation
renewal_date | date | custom | custom
discount_approved | bool | custom | custom
margin | number | custom | custom
""",
    "tickets": """
subject | string | ticketinformation
content | string/textarea | ticketinformation
hs_pipeline | enumeration/select | ticketinformation | external
hs_pipeline_stage | enumeration/radio | ticketinformation | external
hs_ticket_priority | enumeration/select | ticketinformation | | LOW, MEDIUM, HIGH, URGENT
hs_ticket_category | enumeration/checkbox | ticketinformation | | PRODUCT_ISSUE, BILLING_ISSUE, GENERAL_INQUIRY
source_type | enumeration/select | ticketinformation | | CHAT, EMAIL, FORM, PHONE
closed_date | datetime | ticketinformation
time_to_close | number | ticketinformation | calculated
hs_resolution | enumeration/select | ticketinformation | | ISSUE_FIXED, DUPLICATE, WONT_FIX
first_agent_reply_date | datetime | ticketinformation
affected_version | string | custom | custom
""",
    "products": """
name | string | productinformation
description | string/textarea | productinformation
price | number | productinformation
hs_sku | string | productinformation | unique
hs_cost_of_goods_sold | number | productinformation
hs_recurring_billing_period | string | productinformation
recurringbillingfrequency | enumeration/select | productinformation | | monthly, quarterly, annually
hs_product_type | enumeration/select | productinformation | | inventory, non_inventory, service
hs_url | string | productinformation
discontinued | bool | custom | custom
""",
    "line_items": """
name | string | lineiteminformation
hs_product_id | number | lineiteminformation
hs_sku | string | lineiteminformation
quantity | number | lineiteminformation
price | number | lineiteminformation
amount | number/calculation_equation | lineiteminformation | calculated
discount | number | lineiteminformation
hs_discount_percentage | number | lineiteminformation
hs_line_item_currency_code | enumeration/select | lineiteminformation | | USD, EUR, GBP
hs_recurring_billing_start_date | date | lineiteminformation
recurringbillingfrequency | enumeration/select | lineiteminformation | | monthly, quarterly, annually
""",
    "leads": """
hs_lead_name | string | leadinformation
hs_lead_type | enumeration/select | leadinformation | | NEW_BUSINESS, RE_ATTEMPTING, UPSELL
hs_lead_label | enumeration/select | leadinformation | | HOT, WARM, COLD
hs_pipeline | enumeration/select | leadinformation | external
hs_pipeline_stage | enumeration/radio | leadinformation | external
hs_primary_contact_id | number | leadinformation | calculated
""",
    "goals": """
hs_goal_name | string | goalinformation
hs_target_amount | number | goalinformation
hs_kpi_value | number | goalinformation | calculated
hs_start_datetime | datetime | goalinformation
hs_end_datetime | datetime | goalinformation
hs_milestone | enumeration/select | goalinformation | | monthly, quarterly, yearly
hs_goal_type | string | goalinformation
hs_group_correlation_uuid | string | goalinformation
hs_assignee_team_id | number | goalinformation
""",
    "feedback_submissions": """
hs_submission_name | string | feedbackinformation
hs_content | string/textarea | feedbackinformation
hs_response_group | enumeration/select | feedbackinformation | | promoter, passive, detractor
hs_value | number | feedbackinformation
hs_survey_type | enumeration/select | feedbackinformation | | NPS, CSAT, CES
hs_survey_name | string | feedbackinformation
hs_contact_id | number | feedbackinformation
hs_submission_timestamp | datetime | feedbackinformation
""",
    "calls": """
hs_timestamp | datetime | engagement
hs_call_title | string | engagement
hs_call_body | string/html | engagement
hs_call_duration | number | engagement
hs_call_status | enumeration/select | engagement | | COMPLETED, NO_ANSWER, BUSY
""",
    "communications": """
hs_timestamp | datetime | engagement
hs_communication_channel_type | enumeration/select | engagement | | SMS, WHATS_APP, LINKEDIN_MESSAGE
hs_communication_body | string/html | engagement
""",
    "emails": """
hs_timestamp | datetime | engagement
hs_email_subject | string | engagement
hs_email_direction | enumeration/select | engagement | | EMAIL, INCOMING_EMAIL, FORWARDED_EMAIL
hs_email_text | string/textarea | engagement
hs_email_html | string/html | engagement
hs_body_preview | string | engagement | calculated
""",
    "meetings": """
hs_timestamp | datetime | engagement
hs_meeting_title | string | engagement
hs_meeting_start_time | datetime | engagement
hs_meeting_end_time | datetime | engagement
hs_meeting_outcome | enumeration/select | engagement | | SCHEDULED, COMPLETED, NO_SHOW
""",
    "notes": """
hs_timestamp | datetime | engagement
hs_note_body | string/html | engagement
""",
    "postal_mail": """
hs_timestamp | datetime | engagement
hs_postal_mail_body | string/html | engagement
""",
    "tasks": """
hs_timestamp | datetime | engagement
hs_task_subject | string | engagement
hs_task_status | enumeration/select | engagement | | NOT_STARTED, IN_PROGRESS, COMPLETED
hs_task_priority | enumeration/select | engagement | | LOW, MEDIUM, HIGH
""",
    "carts": "hs_cart_name | string\nhs_total_price | number\nhs_external_status | string",
    "commerce_payments": """
hs_initial_amount | number
hs_latest_status | enumeration/select | information | | succeeded, refunded, failed
hs_initiated_date | datetime
""",
    "discounts": "hs_label | string\nhs_type | enumeration/select | information | | PERCENT, FIXED\nhs_value | number",
    "fees": "hs_label | string\nhs_type | enumeration/select | information | | PERCENT, FIXED\nhs_value | number",
    "taxes": "hs_label | string\nhs_type | enumeration/select | information | | PERCENT, FIXED\nhs_value | number",
    "invoices": """
hs_title | string
hs_invoice_status | enumeration/select | information | | draft, open, paid, voided
hs_amount_billed | number
hs_due_date | date
""",
    "orders": "hs_order_name | string\nhs_total_price | number\nhs_fulfillment_status | string",
    "quotes": """
hs_title | string
hs_status | enumeration/select | information | | DRAFT, APPROVED, REJECTED
hs_expiration_date | date
hs_public_url_key | string
hs_quote_amount | number
""",
    "subscriptions": """
hs_name | string
hs_status | enumeration/select | information | | active, past_due, canceled
hs_recurring_billing_start_date | date
""",
    "appointments": "hs_appointment_name | string\nhs_appointment_start | datetime\nhs_duration | number",
    "courses": "hs_course_name | string\nhs_enrollment_capacity | number",
    "listings": "hs_name | string\nhs_price | number\nhs_city | string",
    "projects": "hs_name | string\nhs_status | string\nhs_target_due_date | date",
    "services": "hs_name | string\nhs_start_date | datetime\nhs_total_cost | number",
    "users": """
hs_email | string | information | unique
hs_given_name | string
hs_family_name | string
hs_internal_user_id | number
hs_job_title | string
hs_standard_time_zone | string
""",
    "cars": """
vin | string | car_information | custom unique
model | string | car_information | custom
year | number | car_information | custom
mileage | number | car_information | custom
electric | bool | car_information | custom
first_registered | date | car_information | custom
""",
}

DEFAULT_PROPERTIES: Mapping[str, tuple[str, ...]] = {
    "contacts": ("email", "firstname", "lastname"),
    "companies": ("domain", "name"),
    "deals": ("amount", "closedate", "dealname", "dealstage", "pipeline"),
    "tickets": (
        "content", "hs_pipeline", "hs_pipeline_stage", "hs_ticket_category", "hs_ticket_priority", "subject",
    ),
    "products": ("description", "name", "price"),
    "line_items": ("amount", "price", "quantity"),
    "quotes": ("hs_expiration_date", "hs_public_url_key", "hs_status", "hs_title"),
}  # fmt: skip
"""What an answer holds when no properties are asked for, next to the id and the two dates."""

CREATED_WITHOUT_PREFIX = frozenset(
    {
        "contacts", "companies", "deals", "tickets", "products", "line_items", "discounts", "fees", "taxes",
    }
)  # fmt: skip
"""Types whose creation date is `createdate`; all others have `hs_createdate`."""
