from hubspot_assets_tests.demo_portal.asker import Asker


def results(hubspot: Asker, path: str) -> list[dict]:
    return hubspot.get(path).json["results"]


def test_a_queue_is_an_owner_without_address_and_user(hubspot: Asker):
    (queue,) = [each for each in results(hubspot, "/crm/owners/2026-09") if each["type"] == "QUEUE"]
    assert (queue["email"], queue["userId"], queue["teams"]) == (None, None, [])


def test_owners_name_their_teams_the_primary_one_first(hubspot: Asker):
    owner = hubspot.get("/crm/owners/2026-09/41629795").json
    assert [(each["name"], each["primary"]) for each in owner["teams"]] == [
        ("Sales Team", True),
        ("Key accounts", False),
    ]


def test_owners_can_be_hired_changed_and_let_go(hubspot: Asker):
    hubspot.order("put_owner", id=7, first_name="Ida", last_name="Neu", user_id=70)
    assert hubspot.get("/crm/owners/2026-09/7").json["email"] == "ida.neu@demo-portal.example"
    hubspot.order("put_owner", id=7, teams=[368_390])
    assert hubspot.get("/crm/owners/2026-09/7").json["teams"][0]["name"] == "Support Team"
    hubspot.order("put_owner", id=7, archived=True)
    assert hubspot.get("/crm/owners/2026-09/7").status == 404
    gone = hubspot.get("/crm/owners/2026-09/7", archived="true").json
    assert (gone["userId"], gone["userIdIncludingInactive"]) == (None, 70)
    hubspot.order("remove_owner", id=7)
    assert hubspot.get("/crm/owners/2026-09/7", archived="true").status == 404


def test_users_are_paged_by_at_most_a_hundred_and_have_roles(hubspot: Asker):
    users = results(hubspot, "/settings/users/2026-09")
    first = users[0]
    assert (first["id"], first["superAdmin"], first["roleIds"], first["roleId"]) == (
        "9586504",
        True,
        ["77", "78"],
        "77",
    )
    assert "primaryTeamId" not in next(each for each in users if each["email"] == "audit@partner.example")
    pages = list(hubspot.pages("/settings/users/2026-09", limit=3))
    assert [each["id"] for page in pages for each in page.json["results"]] == [each["id"] for each in users]
    assert hubspot.get("/settings/users/2026-09", limit=101).status == 400
    assert hubspot.get("/settings/users/v3/9586504").json == first
    assert {each["id"] for each in results(hubspot, "/settings/users/2026-09/roles")} >= {"77", "78"}


def test_teams_tell_what_is_above_them_and_who_is_in_them(hubspot: Asker):
    teams = {each["id"]: each for each in results(hubspot, "/settings/teams/2026-09")}
    assert teams["368389"]["parentTeamId"] == "368388"
    assert "parentTeamId" not in teams["368388"]
    members = results(hubspot, "/settings/teams/2026-09/368391/members")
    assert {(each["userId"], each["type"]) for each in members} == {("9586611", "EXTRA"), ("12000451", "DEFAULT")}
    (team,) = [each for each in results(hubspot, "/settings/users/2026-09/teams") if each["id"] == "368391"]
    assert (team["userIds"], team["secondaryUserIds"]) == (["12000451"], ["9586611"])
    hubspot.order("remove_team", id=368_391)
    assert len(hubspot.get("/crm/owners/2026-09/41629795").json["teams"]) == 1


def test_people_need_their_scopes(hubspot: Asker):
    token = hubspot.account.tokens.issue(scopes=["tickets"]).value
    for path in ("/crm/owners/2026-09", "/settings/users/2026-09", "/settings/teams/2026-09"):
        assert hubspot.get(path, token).status == 403
