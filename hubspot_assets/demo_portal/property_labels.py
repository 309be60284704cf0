"""What HubSpot shows people instead of internal names: labels, descriptions, and labels of options. Data, no logic.

Labels of HubSpot's own properties follow its default property lists (https://knowledge.hubspot.com/properties);
descriptions are ours. Lines: `name | label | description`. Properties that are not listed, those of the account above
all, are labeled by their names.
"""

from collections.abc import Mapping

COMMON_LABELS = """
hs_object_id | Record ID | The id of the record, unique within its object type.
hs_createdate | Object create date/time | When the record was created.
hs_lastmodifieddate | Object last modified date/time | When the record was last modified.
createdate | Create Date | When the record was created.
hs_object_source | Record creation source | How the record came to be.
hs_object_source_label | Record source | How the record came to be, for people.
hs_created_by_user_id | Created by user ID | The user who created the record.
hs_updated_by_user_id | Updated by user ID | The user who last modified the record.
hs_merged_object_ids | Merged record IDs | The records that were merged into this one.
hs_all_owner_ids | All owner IDs | Every owner of the record, whatever the property.
hubspot_owner_id | Owner | The user whom the record is assigned to.
hubspot_team_id | HubSpot team | The main team of the record's owner.
hs_was_imported | Performed in an import | Whether an import created the record.
hs_timestamp | Activity date | When the activity took place.
hs_pipeline | Pipeline | The pipeline that the record is in.
hs_pipeline_stage | Pipeline stage | The stage of the pipeline that the record is in.
"""

LABELS: Mapping[str, str] = {
    "contacts": """
firstname | First Name | A contact's first name.
lastname | Last Name | A contact's last name.
email | Email | A contact's email address.
phone | Phone Number | A contact's main phone number.
mobilephone | Mobile Phone Number | A contact's mobile phone number.
jobtitle | Job Title | What a contact does at work.
company | Company Name | Where a contact works, as typed; associations tell more.
website | Website URL | The address of a contact's website.
address | Street Address | Street and house number.
city | City | The city where a contact lives.
state | State/Region | The state or region where a contact lives.
zip | Postal Code | The postal code of a contact's address.
country | Country/Region | The country or region where a contact lives.
createdate | Create Date | When the contact entered the account.
lastmodifieddate | Last Modified Date | When any property of the contact last changed.
lifecyclestage | Lifecycle Stage | How far a contact is on the way to becoming a customer.
hs_lead_status | Lead Status | What sales makes of a contact.
hs_language | Preferred language | The language in which a contact wants to be written to.
associatedcompanyid | Primary Associated Company ID | The record id of a contact's primary company.
hs_email_domain | Email Domain | The part of the email address behind the @.
hs_email_optout | Unsubscribed from all email | Whether a contact wants no marketing email at all.
hs_email_open | Marketing emails opened | How many marketing emails a contact has opened.
hs_analytics_source | Original Traffic Source | What first brought a contact to the website.
hs_analytics_num_visits | Number of Sessions | How many visits a contact paid to the website.
hs_analytics_num_page_views | Number of Pageviews | How many pages of the website a contact has seen.
hs_analytics_first_timestamp | Time First Seen | When a contact was first seen on the website.
num_associated_deals | Number of Associated Deals | How many deals a contact is associated with.
recent_deal_amount | Recent Deal Amount | The amount of the deal that was last closed.
notes_last_contacted | Last Contacted | When a contact was last called, met or written to.
num_notes | Number of Sales Activities | How many activities were logged for a contact.
hubspotscore | HubSpot Score | How promising a contact is, in points.
hs_calculated_merged_vids | Merged contact IDs with timestamps of merge | Contacts merged into this one, and when.
hs_latitude | IP latitude | Where a contact was last seen, north or south.
hubspot_owner_id | Contact owner | The user whom the contact is assigned to.
""",
    "companies": """
name | Company name | The name of the company.
domain | Company Domain Name | The main domain of the company's website.
website | Website URL | The address of the company's website.
phone | Phone Number | The company's main phone number.
industry | Industry | The type of business.
type | Type | What the company is to us.
lifecyclestage | Lifecycle Stage | How far the company is on the way to becoming a customer.
address | Street Address | Street and house number.
city | City | The city where the company is.
state | State/Region | The state or region where the company is.
zip | Postal Code | The postal code of the company's address.
country | Country/Region | The country or region where the company is.
timezone | Time Zone | The time zone where the company is.
description | Description | What the company does.
founded_year | Year Founded | The year when the company was founded.
numberofemployees | Number of Employees | How many people work there.
annualrevenue | Annual Revenue | What the company earns in a year.
is_public | Is Public | Whether the company's shares are publicly traded.
hs_num_open_deals | Number of open deals | How many open deals the company is associated with.
num_associated_contacts | Number of Associated Contacts | How many contacts the company is associated with.
num_associated_deals | Number of Associated Deals | How many deals the company is associated with.
hs_parent_company_id | Parent Company | The record id of the company above this one.
hs_lastmodifieddate | Last Modified Date | When any property of the company last changed.
hubspot_owner_id | Company owner | The user whom the company is assigned to.
""",
    "deals": """
dealname | Deal Name | What the deal is called.
amount | Amount | What the deal is worth, in its currency.
amount_in_home_currency | Amount in company currency | What the deal is worth, in the account's currency.
deal_currency_code | Currency | The currency of the amount.
pipeline | Pipeline | The pipeline that the deal goes through.
dealstage | Deal Stage | How far the deal is in its pipeline.
dealtype | Deal Type | Whether the customer is new.
hs_priority | Priority | How urgent the deal is.
closedate | Close Date | When the deal was closed, or is expected to be.
hs_closed_amount | Closed Deal Amount | What the deal was sold for; 0 while it is not won.
hs_deal_stage_probability | Deal probability | The chance to win, from 0 to 1.
hs_is_closed | Is Deal Closed? | Whether the deal is won or lost.
hs_is_closed_won | Is Closed Won | Whether the deal is won.
closed_lost_reason | Closed Lost Reason | Why the deal was lost.
description | Deal Description | What the deal is about.
days_to_close | Days to close | How long it took from creation to close.
num_associated_contacts | Number of Associated Contacts | How many contacts the deal is associated with.
hs_date_entered_qualifiedtobuy | Date entered "Qualified To Buy (Sales Pipeline)" | When the deal entered the stage.
hs_date_entered_closedwon | Date entered "Closed Won (Sales Pipeline)" | When the deal entered the stage.
hs_next_step | Next step | What is to be done next.
hs_lastmodifieddate | Last Modified Date | When any property of the deal last changed.
hubspot_owner_id | Deal owner | The user whom the deal is assigned to.
""",
    "tickets": """
subject | Ticket name | What the ticket is about, in short.
content | Ticket description | What the customer wrote.
hs_pipeline | Pipeline | The pipeline that the ticket goes through.
hs_pipeline_stage | Ticket status | How far the ticket is in its pipeline.
hs_ticket_priority | Priority | How urgent the ticket is.
hs_ticket_category | Category | What kind of request it is.
source_type | Source | How the ticket reached us.
closed_date | Close date | When the ticket was closed.
time_to_close | Time to close | Milliseconds from creation to close.
hs_resolution | Resolution | How the ticket ended.
first_agent_reply_date | First agent response date | When an agent first answered.
hs_lastmodifieddate | Last modified date | When any property of the ticket last changed.
hubspot_owner_id | Ticket owner | The user whom the ticket is assigned to.
""",
    "products": """
name | Name | What the product is called.
description | Product description | What the product is.
price | Unit price | What one of it costs.
hs_sku | SKU | The number of the product in stock.
hs_cost_of_goods_sold | Unit cost | What one of it costs us.
hs_recurring_billing_period | Term | How long it is billed.
recurringbillingfrequency | Billing frequency | How often it is billed.
hs_product_type | Product Type | Whether it is a thing or a service.
hs_url | URL | Where the product is described.
""",
    "line_items": """
name | Name | What the product is called.
hs_product_id | Product ID | The record id of the product sold.
hs_sku | SKU | The number of the product in stock.
quantity | Quantity | How many are sold.
price | Unit price | What one of it costs.
amount | Net price | What all of it costs, less the discount.
discount | Unit discount | What is taken off the unit price.
hs_discount_percentage | Discount percentage | What is taken off the unit price, in percent.
hs_line_item_currency_code | Currency | The currency of the prices.
hs_recurring_billing_start_date | Billing start date | When billing begins.
recurringbillingfrequency | Billing frequency | How often it is billed.
""",
    "leads": """
hs_lead_name | Lead name | What the lead is called.
hs_lead_type | Lead type | What kind of business it may become.
hs_lead_label | Lead label | How promising the lead is.
hs_pipeline | Lead pipeline | The pipeline that the lead goes through.
hs_pipeline_stage | Lead pipeline stage | How far the lead is in its pipeline.
hs_primary_contact_id | Primary contact ID | The record id of the lead's primary contact.
hubspot_owner_id | Lead owner | The user whom the lead is assigned to.
""",
    "goals": """
hs_goal_name | Goal name | What the goal is called.
hs_target_amount | Target amount | What is to be reached.
hs_kpi_value | In progress value | What has been reached.
hs_start_datetime | Start date | When the period begins.
hs_end_datetime | End date | When the period ends.
hs_milestone | Duration | How long a period is.
hs_goal_type | Goal type | What is counted.
hs_group_correlation_uuid | Group correlation UUID | What all periods of one goal have in common.
hs_assignee_team_id | Assigned team | The team that is to reach it.
hubspot_owner_id | Goal owner | The user who is to reach it.
""",
    "feedback_submissions": """
hs_submission_name | Submission name | What the submission is called.
hs_content | Response | What the contact wrote.
hs_response_group | Sentiment | Whether the contact is content.
hs_value | Rating | The points that the contact gave.
hs_survey_type | Survey type | What kind of survey it is.
hs_survey_name | Survey name | What the survey is called.
hs_contact_id | Contact ID | The record id of the contact who answered.
hs_submission_timestamp | Submission date | When the contact answered.
""",
}

OPTION_LABELS: Mapping[str, str] = {
    "marketingqualifiedlead": "Marketing Qualified Lead",
    "salesqualifiedlead": "Sales Qualified Lead",
    "OPEN_DEAL": "Open Deal",
    "IN_PROGRESS": "In Progress",
    "ORGANIC_SEARCH": "Organic Search",
    "PAID_SEARCH": "Paid Search",
    "OFFLINE": "Offline Sources",
    "COMPUTER_SOFTWARE": "Computer Software",
    "newbusiness": "New Business",
    "existingbusiness": "Existing Business",
    "PRODUCT_ISSUE": "Product issue",
    "BILLING_ISSUE": "Billing issue",
    "GENERAL_INQUIRY": "General inquiry",
    "ISSUE_FIXED": "Issue fixed",
    "WONT_FIX": "Won't fix",
    "CRM_UI": "CRM UI",
    "non_inventory": "Non-inventory",
    "NEW_BUSINESS": "New business",
    "RE_ATTEMPTING": "Re-attempting",
    "NPS": "NPS",
    "CSAT": "CSAT",
    "CES": "CES",
    "SMS": "SMS",
    "WHATS_APP": "WhatsApp",
    "LINKEDIN_MESSAGE": "LinkedIn message",
    "USD": "US Dollar",
    "EUR": "Euro",
    "GBP": "British Pound",
    "en": "English",
    "de": "German",
    "fr": "French",
    "es": "Spanish",
    "ja": "Japanese",
    "pt-br": "Portuguese - Brazil",
}
"""Labels of options that their values do not tell."""
