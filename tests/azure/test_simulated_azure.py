# SPDX-License-Identifier: Apache-2.0
"""What simulated-azure answers when nothing is wrong, and who may ask."""

import http.client
import json
import os
import re
import ssl
import time

import pytest
from client import AzureError, SimulatedAzure
from curl import ASSIGNMENTS, EXEMPTIONS, NAME, Curl
from sample import CLIENT, CONTOSO, FABRIKAM, SCENARIO, SECRET

JIT = "jitNetworkAccessMonitoringEffect"
TIME = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{7}Z$")
SUBSCRIPTIONS = "/subscriptions?api-version=2022-12-01"


def value_of(document):
    """Return the JIT parameter's value of an assignment."""
    return document["properties"]["parameters"][JIT]["value"]


def test_both_protocols(azure):
    for option, version in (("--http2", "2"), ("--http1.1", "1.1")):
        answer = Curl(azure, option).ask(SUBSCRIPTIONS, token="static-token")
        assert (answer.status, answer.version) == (200, version)
    assert azure.requests()["by_protocol"] == {"h1": 1, "h2": 1}


def test_certificate_is_verified(azure, tmp_path):
    context = ssl.create_default_context(cafile=azure.ca_file)
    for host in ("localhost", "127.0.0.1"):
        connection = http.client.HTTPSConnection(host, azure.port,
                                                 context=context, timeout=10)
        connection.request("GET", "/subscriptions")
        assert connection.getresponse().status == 401
        connection.close()
    assert Curl(azure).ask(SUBSCRIPTIONS, "--capath", str(tmp_path),
                           "--cacert", "/dev/null").exit != 0
    assert not [name for name in os.listdir(azure.directory)
                if name.endswith(".key")]


@pytest.mark.parametrize("kind", ["wrong-name", "unknown-ca", "expired"])
def test_bad_certificates(tmp_path, kind):
    with SimulatedAzure({**SCENARIO, "certificate": kind}, tmp_path) as bad:
        if kind == "expired":
            time.sleep(1.2)
        assert Curl(bad).ask(SUBSCRIPTIONS).exit == 60


def test_keep_alive(azure):
    context = ssl.create_default_context(cafile=azure.ca_file)
    connection = http.client.HTTPSConnection("localhost", azure.port,
                                             context=context, timeout=10)
    for _ in range(5):
        connection.request("GET", SUBSCRIPTIONS,
                           headers={"Authorization": "Bearer static-token"})
        assert len(json.load(connection.getresponse())["value"]) == 4
    connection.close()
    counts = azure.requests()
    assert (counts["connections"], counts["total"]) == (1, 5)


def test_token(curl):
    answer = curl.login(CONTOSO, client_id=CLIENT, client_secret=SECRET)
    body = answer.json
    assert (body["token_type"], body["expires_in"],
            body["ext_expires_in"]) == ("Bearer", 3599, 3599)
    assert 1500 < len(body["access_token"]) < 1700
    assert body["access_token"] != curl.token
    assert curl.ask(SUBSCRIPTIONS,
                    token=body["access_token"]).status == 200
    assert curl.login("contoso.onmicrosoft.com", client_id=CLIENT,
                      client_secret=SECRET).status == 200
    assert curl.azure.requests()["tokens_issued"] == {"contoso": 3}


@pytest.mark.parametrize("tenant, form, status, error, number", [
    (CONTOSO, {"client_secret": "wrong"}, 401, "invalid_client", 7000215),
    (FABRIKAM, {"client_secret": SECRET}, 401, "invalid_client", 7000215),
    (CONTOSO, {"client_secret": None}, 401, "invalid_client", 7000218),
    (CONTOSO, {"client_id": "nobody"}, 400, "unauthorized_client", 700016),
    ("no-such-tenant", {}, 400, "invalid_request", 90002),
    (CONTOSO, {"scope": "https://elsewhere.invalid/.default"}, 400,
     "invalid_scope", 70011),
    (CONTOSO, {"scope": "https://management.azure.com"}, 400,
     "invalid_scope", 70011),
    (CONTOSO, {"scope": "https://management.azure.com/user_imp"}, 400,
     "invalid_scope", 70011),
    (CONTOSO, {"grant_type": "password"}, 400, "unsupported_grant_type",
     70003),
])
def test_login_refuses(curl, tenant, form, status, error, number):
    given = {"client_id": CLIENT, "client_secret": SECRET, **form}
    answer = curl.login(tenant, **given)
    body = answer.json
    assert (answer.status, body["error"]) == (status, error)
    assert body["error_codes"] == [number]
    assert body["error_description"].startswith(f"AADSTS{number}: ")
    assert re.match(r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ$", body["timestamp"])
    assert "access_token" not in body


def test_no_secret_is_told(curl):
    curl.login(CONTOSO, client_id=CLIENT, client_secret="wrong-secret")
    text = json.dumps(curl.azure.requests()) + \
        json.dumps(curl.azure.tenants) + curl.azure.log()
    for secret in (SECRET, "wrong-secret", curl.token, "static-token"):
        assert secret not in text


def test_discovery_pages(curl):
    pages = curl.pages(SUBSCRIPTIONS)
    rows = [row for page in pages for row in page["value"]]
    assert [len(page["value"]) for page in pages] == [4, 4, 2]
    assert "nextLink" not in pages[-1]
    assert pages[0]["nextLink"].startswith(
        curl.azure.arm_endpoint + "/subscriptions?api-version=2022-12-01&")
    assert sorted(row["displayName"] for row in rows) == \
        [f"many-{n:03}" for n in range(1, 8)] + ["on", "shared", "two"]
    assert len({row["subscriptionId"] for row in rows}) == 10
    shared = next(row for row in rows if row["displayName"] == "shared")
    assert shared["tenantId"] == FABRIKAM
    assert shared["managedByTenants"] == [{"tenantId": CONTOSO}]
    assert all(row["id"] == "/subscriptions/" + row["subscriptionId"] and
               row["state"] == "Enabled" for row in rows)


@pytest.mark.parametrize("last, link", [("null", None), ("empty", "")])
def test_last_next_link(tmp_path, last, link):
    scenario = {**SCENARIO, "last_next_link": last, "page_size": 100}
    with SimulatedAzure(scenario, tmp_path) as one:
        page = Curl(one).ask(SUBSCRIPTIONS, token="static-token").json
        assert page["nextLink"] == link


def test_descendants(curl):
    path = "/providers/Microsoft.Management/managementGroups/{}/descendants" \
           "?api-version=2020-05-01"
    rows = [row for page in curl.pages(path.format("TOP"))
            for row in page["value"]]
    kinds = [row["type"].rsplit("/", 1)[-1] for row in rows]
    assert kinds.count("subscriptions") == 7
    assert rows[0]["name"] == "middle"
    refused = curl.ask(path.format("nowhere"))
    assert (refused.status, refused.code) == (403, "AuthorizationFailed")


def test_get(curl):
    name = curl.azure.id_of("on")
    answer = curl.get(name)
    document = answer.json
    properties = document["properties"]
    assert answer.headers["content-type"] == \
        "application/json; charset=utf-8"
    assert document["id"] == f"/subscriptions/{name}{ASSIGNMENTS}/{NAME}"
    assert document["name"] == NAME
    assert properties["policyDefinitionId"].endswith(
        "/policySetDefinitions/1f3afdf9-d0c9-4c3d-847f-89da613e70a8")
    assert properties["displayName"] == f"ASC Default (subscription: {name})"
    assert properties["enforcementMode"] == "Default"
    assert TIME.match(properties["metadata"]["createdOn"])
    assert value_of(document) == "AuditIfNotExists"
    for header in ("x-ms-request-id", "x-ms-correlation-request-id",
                   "x-ms-routing-request-id", "date",
                   "x-ms-ratelimit-remaining-subscription-reads"):
        assert answer.headers[header]


def test_old_versions_know_less(curl):
    name = curl.azure.id_of("on")
    old = curl.get(name, "2018-05-01").json
    assert not {"enforcementMode", "overrides", "resourceSelectors",
                "definitionVersion", "instanceId"} & set(old["properties"])
    assert "systemData" not in old
    assert value_of(old) == "AuditIfNotExists"
    middle = curl.get(name, "2023-04-01").json["properties"]
    assert "overrides" in middle and "instanceId" not in middle


def test_api_versions(curl):
    path = f"/subscriptions/{curl.azure.id_of('on')}{ASSIGNMENTS}/{NAME}"
    answer = curl.ask(path)
    assert (answer.status, answer.code) == \
        (400, "MissingApiVersionParameter")
    answer = curl.ask(path + "?api-version=2031-01-01")
    assert (answer.status, answer.code) == \
        (400, "InvalidApiVersionParameter")


def test_who_may_ask(curl):
    azure = curl.azure
    name = azure.id_of("on")
    curl.token, good = None, curl.token
    answer = curl.get(name)
    assert (answer.status, answer.code) == (401, "AuthenticationFailed")
    assert f"https://login.windows.net/{CONTOSO}" in \
        answer.headers["www-authenticate"]
    answer = curl.get(name, token="not-one-of-ours")
    assert (answer.status, answer.code) == \
        (401, "InvalidAuthenticationToken")
    curl.token = good
    assert curl.get(azure.id_of("shared")).status == 200
    answer = curl.get(azure.id_of("theirs"))
    assert (answer.status, answer.code) == \
        (401, "InvalidAuthenticationTokenTenant")
    assert CONTOSO in answer.json["error"]["message"] and \
        FABRIKAM in answer.json["error"]["message"]
    answer = curl.get("99999999-9999-4999-8999-999999999999")
    assert (answer.status, answer.code) == (404, "SubscriptionNotFound")


def test_tokens_end(curl):
    azure = curl.azure
    name = azure.id_of("on")
    azure.tenant("contoso", expire_tokens=True)
    answer = curl.get(name)
    assert (answer.status, answer.code) == \
        (401, "ExpiredAuthenticationToken")
    curl.sign_in(CONTOSO, CLIENT, SECRET)
    azure.tenant("contoso", revoke_tokens=True)
    assert curl.get(name).code == "InvalidAuthenticationToken"
    azure.tenant("contoso", token_life=1)
    curl.sign_in(CONTOSO, CLIENT, SECRET)
    assert curl.get(name).status == 200
    time.sleep(1.1)
    assert curl.get(name).code == "ExpiredAuthenticationToken"
    azure.tenant("contoso", rotate_secret="new one")
    assert curl.login(CONTOSO, client_id=CLIENT,
                      client_secret=SECRET).status == 401
    curl.sign_in(CONTOSO, CLIENT, "new one")


@pytest.mark.parametrize("answer, parameters", [
    ({"value": "Disabled"}, {JIT: {"value": "Disabled"}}),
    ({"value": None}, {JIT: {"value": None}}),
    ({"value": 5}, {JIT: {"value": 5}}),
    ({"parameters": "empty"}, {}),
    ({"parameters": "null"}, None),
    ({"parameters": "missing"}, "missing"),
    ({"parameters": {JIT: {}}}, {JIT: {}}),
])
def test_parameters(azure, answer, parameters):
    curl = Curl(azure)
    curl.token = "static-token"
    azure.answer("on", **answer)
    properties = curl.get(azure.id_of("on")).json["properties"]
    assert properties.get("parameters", "missing") == parameters


def test_vocabulary(azure):
    curl = Curl(azure)
    curl.token = "static-token"
    name = azure.id_of("on")
    azure.answer("on", parameters="others")
    others = curl.get(name).json["properties"]["parameters"]
    assert others and JIT not in others
    azure.answer("on", value="disabled", enforcement="DoNotEnforce",
                 not_scopes=["{scope}/"], definition="foreign")
    properties = curl.get(name).json["properties"]
    assert properties["notScopes"] == [f"/subscriptions/{name}/"]
    assert properties["enforcementMode"] == "DoNotEnforce"
    assert "1f3afdf9" not in properties["policyDefinitionId"]
    azure.answer("on", document={"any": [1, "{subscription}"]})
    assert curl.get(name).json == {"any": [1, name]}
    azure.answer("on", reset=True)
    assert value_of(curl.get(name).json) == "AuditIfNotExists"
    azure.answer("on", assignment="missing")
    missing = curl.get(name)
    assert (missing.status, missing.code) == \
        (404, "PolicyAssignmentNotFound")
    assert missing.json["error"]["message"] == \
        f"The policy assignment '{NAME}' is not found."


@pytest.mark.parametrize("size", [3000, 15000, 30000])
def test_size(curl, size):
    curl.azure.answer("on", size=size)
    body = curl.get(curl.azure.id_of("on")).body
    assert size <= len(body) < size + 400


def test_inherited(azure):
    curl = Curl(azure)
    curl.token = "static-token"
    name = azure.id_of("on")
    azure.answer("on", inherited=[
        {"management_group": "Top", "initiative": "1f3afdf9",
         "value": "Disabled", "spelling": "lower"},
        {"management_group": "Top", "initiative": "e3ec7e09"}])
    assert curl.get(name).status == 404
    rows = {row["name"]: row for row in curl.list(name).json["value"]}
    low = rows["Deploy-ASC-Monitoring"]
    assert low["id"].startswith("/providers/microsoft.management/"
                                "managementgroups/top/")
    assert value_of(low) == "Disabled"
    assert rows["Deploy-MCSB2-Monitoring"]["properties"]["parameters"] == {}
    assert "Require-Cost-Center-Tag" in rows
    azure.answer("on", value="Disabled")
    assert value_of(curl.get(name).json) == "Disabled"
    assert NAME in [row["name"] for row in curl.list(name).json["value"]]


def test_list_filters(curl):
    name = curl.azure.id_of("many-001")

    def names(wish):
        return {row["name"] for row in curl.list(name, wish).json["value"]}

    at_scope = names("$filter=atScope()")
    assert {NAME, "Deploy-MCSB2-Monitoring"} < at_scope
    assert names("%24filter=atScope%28%29") == at_scope
    assert names("") == at_scope | {"Allowed-Sizes"}
    assert names("$filter=atExactScope()") == \
        at_scope - {"Deploy-MCSB2-Monitoring"}
    definition = "/providers/Microsoft.Authorization/policySetDefinitions/" \
                 "1F3AFDF9-d0c9-4c3d-847f-89da613e70a8"
    assert names(f"$filter=policyDefinitionId%20eq%20'{definition}'") == \
        {NAME}
    assert curl.list(name, "$filter=nonsense").status == 400


def test_list_pages(tmp_path):
    with SimulatedAzure({**SCENARIO, "list_page_size": 2}, tmp_path) as one:
        curl = Curl(one)
        curl.token = "static-token"
        pages = curl.pages(f"/subscriptions/{one.id_of('many-001')}"
                           f"{ASSIGNMENTS}?api-version=2025-01-01"
                           "&$filter=atScope()")
        assert [len(page["value"]) for page in pages] == [2, 2, 1]
        assert "%24filter=atScope%28%29" in pages[0]["nextLink"]


def test_exemptions(azure):
    curl = Curl(azure)
    curl.token = "static-token"
    name = azure.id_of("on")
    path = f"/subscriptions/{name}{EXEMPTIONS}" \
           "?api-version=2022-07-01-preview"
    assert curl.ask(path).json == {"value": []}
    azure.answer("on", exemptions=[{
        "reference_ids": ["jitNetworkAccessMonitoring"],
        "expires_on": "2030-01-01T00:00:00Z"}])
    row = curl.ask(path).json["value"][0]["properties"]
    assert row["policyAssignmentId"].endswith(NAME)
    assert row["expiresOn"] == "2030-01-01T00:00:00Z"


def test_flip(curl):
    azure = curl.azure
    before = curl.get(azure.id_of("on")).json
    assert before["properties"]["metadata"]["updatedBy"] is None
    flipped = azure.flip(["on", "two"], "Disabled", by="somebody")
    assert flipped == [azure.id_of("on"), azure.id_of("two")]
    after = curl.get(flipped[0]).json
    assert value_of(after) == "Disabled"
    assert after["properties"]["metadata"]["updatedBy"] == "somebody"
    assert TIME.match(after["properties"]["metadata"]["updatedOn"])
    assert after["systemData"]["lastModifiedAt"] > \
        before["systemData"]["lastModifiedAt"]
    assert len(azure.flip(count=3, tenant="contoso")) == 3
    off = [row["name"] for row in azure.subscriptions().values()
           if row["answer"].get("value") == "Disabled"]
    assert len(off) == 5
    listed = curl.list(flipped[0]).json["value"]
    assert "Disabled" in [value_of(row) for row in listed
                          if row["name"] == NAME]


def test_add_and_remove(curl):
    azure = curl.azure
    row = azure.add("contoso", "fresh", answer={"value": "Disabled"})
    assert value_of(curl.get(row["id"]).json) == "Disabled"
    names = [one["displayName"] for page in curl.pages(SUBSCRIPTIONS)
             for one in page["value"]]
    assert "fresh" in names
    azure.remove("fresh")
    assert curl.get(row["id"]).code == "SubscriptionNotFound"
    azure.answer("on", state="Deleted")
    assert curl.get(azure.id_of("on")).code == "SubscriptionNotFound"
    with pytest.raises(AzureError, match="no subscription"):
        azure.remove("fresh")
    with pytest.raises(AzureError, match="unknown key"):
        azure.answer("two", valeu="Disabled")


def test_put_and_patch(curl):
    azure = curl.azure
    name = azure.id_of("on")
    path = f"/subscriptions/{name}{ASSIGNMENTS}/{NAME}" \
           "?api-version=2025-01-01"
    azure.answer("on", value="Disabled", size=3000)
    document = curl.get(name).json
    created = document["properties"]["metadata"]["createdOn"]
    document["properties"]["parameters"][JIT]["value"] = "AuditIfNotExists"
    answer = curl.ask(path, "-X", "PUT", "-d", json.dumps(document))
    assert answer.status == 201
    after = curl.get(name).json
    assert value_of(after) == "AuditIfNotExists"
    assert len(after["properties"]["parameters"]) == \
        len(document["properties"]["parameters"])
    metadata = after["properties"]["metadata"]
    assert metadata["createdOn"] == created and metadata["updatedBy"]
    assert after["systemData"]["createdAt"] == created
    assert after["systemData"]["lastModifiedAt"] > created
    override = [{"kind": "policyEffect", "value": "Disabled"}]
    answer = curl.ask(path, "-X", "PATCH", "-d", json.dumps(
        {"properties": {"overrides": override}}))
    assert answer.status == 200
    assert curl.get(name).json["properties"]["overrides"] == override
    assert curl.ask(path, "-X", "PATCH", "-d", json.dumps(
        {"properties": {"parameters": {}}})).status == 400
    azure.answer("on", state="Disabled")
    assert curl.ask(path, "-X", "PUT", "-d",
                    json.dumps(document)).code == \
        "ReadOnlyDisabledSubscription"
    azure.answer("on", value="Disabled")
    assert value_of(curl.get(name).json) == "Disabled"


def test_counts(curl):
    azure = curl.azure
    azure.reset_requests()
    name = azure.id_of("on")
    curl.get(name)
    curl.get(name)
    curl.list(name)
    curl.ask(SUBSCRIPTIONS)
    counts = azure.requests()
    assert counts["by_kind"] == {"get": 2, "list": 1, "discovery": 1}
    assert counts["by_subscription"] == {name: {"get": 2, "list": 1}}
    assert counts["by_status"] == {"200": 4}
    assert counts["last"][-1].startswith("GET " + SUBSCRIPTIONS)
    assert counts["in_flight"] == {"arm": 0, "login": 0}


def test_plain(tmp_path):
    with SimulatedAzure(SCENARIO, tmp_path, plain=True) as one:
        answer = Curl(one).ask(one.plain_endpoint + SUBSCRIPTIONS,
                               token="static-token")
        assert answer.json["nextLink"].startswith(one.plain_endpoint)
