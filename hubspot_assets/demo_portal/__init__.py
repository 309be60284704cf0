"""A HubSpot account in a process: for the first five minutes, and for every test.

It serves the paths of HubSpot's API (dated versions, and v3/v4 as aliases) over data that looks like a real
company's CRM, with HubSpot's limits, errors, index lag and odd corners. What is not documented by HubSpot
follows what was observed on live accounts. Start it from Python with `control.Portal`, from a shell with
`hubspot-assets demo-portal`.

Nothing here knows the rest of the project, apart from the catalog of object types.
"""
