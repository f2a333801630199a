# SPDX-License-Identifier: Apache-2.0
"""Azure Resource Manager: who may ask, and what is answered."""

import base64
import json
import os
import re
import time
import urllib.parse
import uuid

from azure import documents, write
from azure.fault import MESSAGES, error_response, faulty_response, fill
from azure.message import Response, encode, json_response
from azure.scenario import stable_id

AUTHORIZATION = "/providers/microsoft.authorization/"
ROUTES = (
    ("discovery", re.compile(r"^/subscriptions/?$")),
    ("subscription", re.compile(r"^/subscriptions/([^/]+)$")),
    ("list", re.compile(r"^/subscriptions/([^/]+)" + AUTHORIZATION +
                        r"policyassignments$")),
    ("get", re.compile(r"^/subscriptions/([^/]+)" + AUTHORIZATION +
                       r"policyassignments/([^/]+)$")),
    ("exemptions", re.compile(r"^/subscriptions/([^/]+)" + AUTHORIZATION +
                              r"policyexemptions$")),
    ("descendants", re.compile(r"^/providers/microsoft\.management/"
                               r"managementgroups/([^/]+)/descendants$")),
)
POLICY_VERSIONS = (
    "2018-03-01", "2018-05-01", "2019-01-01", "2019-06-01", "2019-09-01",
    "2020-03-01", "2020-09-01", "2021-06-01", "2022-06-01", "2023-04-01",
    "2024-04-01", "2024-05-01", "2025-01-01", "2025-03-01", "2025-11-01",
    "2026-06-01", "2026-07-01")
VERSIONS = {
    "discovery": ("2016-06-01", "2018-06-01", "2019-06-01", "2020-01-01",
                  "2021-01-01", "2022-12-01"),
    "descendants": ("2018-03-01-preview", "2019-11-01", "2020-02-01",
                    "2020-05-01", "2020-10-01", "2021-04-01", "2023-04-01"),
    "exemptions": ("2020-07-01-preview", "2022-07-01-preview",
                   "2024-12-01-preview", "2026-01-01-preview"),
}
DEAD_STATES = ("Deleted",)
MAX_CACHE = 32


def classify(request):
    """Set a request's kind and the subscription that it speaks of."""
    path = request.path.lower()
    for kind, pattern in ROUTES:
        found = pattern.match(path)
        if found is None:
            continue
        request.kind = kind
        if kind == "get" and request.method in ("PUT", "PATCH", "DELETE"):
            request.kind = "write"
        if kind not in ("discovery", "descendants"):
            request.subject = found.group(1)
        return
    request.kind = "other"


def encode_skip(place):
    """Return the $skiptoken of a place in a listing, as in a URL."""
    text = base64.urlsafe_b64encode(encode({"skip": place}))
    return urllib.parse.quote(text.decode("ascii"), safe="")


def decode_skip(text):
    """Return the place of a $skiptoken; ValueError if it is none."""
    place = json.loads(base64.urlsafe_b64decode(text))["skip"]
    if not isinstance(place, int) or place < 0:
        raise ValueError("no place")
    return place


def add_headers(request, response, remaining):
    """Add the headers that every answer of ARM bears."""
    identifier = str(uuid.UUID(bytes=os.urandom(16), version=4))
    correlation = request.headers.get("x-ms-correlation-request-id",
                                      identifier)
    scope = "tenant" if request.kind in ("discovery", "descendants") \
        else "subscription"
    kind = "writes" if request.kind == "write" else "reads"
    now = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
    response.headers += [
        ("cache-control", "no-cache"),
        (f"x-ms-ratelimit-remaining-{scope}-{kind}", str(remaining)),
        ("x-ms-request-id", identifier),
        ("x-ms-correlation-request-id", correlation),
        ("x-ms-routing-request-id", f"WESTEUROPE:{now}:{identifier}"),
        ("strict-transport-security",
         "max-age=31536000; includeSubDomains"),
        ("x-content-type-options", "nosniff")]
    client = request.headers.get("x-ms-client-request-id")
    if client and request.headers.get(
            "x-ms-return-client-request-id", "").lower() == "true":
        response.headers.append(("x-ms-client-request-id", client))
    if response.status >= 400:
        response.headers.append(("x-ms-failure-cause", "gateway"))


def clock_text(seconds):
    """Return a time as the message of ExpiredAuthenticationToken has it."""
    moment = time.gmtime(seconds)
    hour = moment.tm_hour % 12 or 12
    half = "AM" if moment.tm_hour < 12 else "PM"
    return (f"{moment.tm_mon}/{moment.tm_mday}/{moment.tm_year} "
            f"{hour}:{moment.tm_min:02d}:{moment.tm_sec:02d} {half}")


class Arm:
    """Answers the requests that ARM would."""

    def __init__(self, scenario, login, ledger):
        self.scenario = scenario
        self.login = login
        self.ledger = ledger
        self.answered = 0
        versions = scenario.settings["api_versions"]
        self.policy_versions = tuple(versions) if versions \
            else POLICY_VERSIONS

    def answer(self, request):
        """Answer one request."""
        response = self._answer(request)
        self.answered += 1
        add_headers(request, response, 249 - self.answered % 25)
        return response

    def _answer(self, request):
        subscription = None
        if request.subject is not None:
            subscription = self.scenario.subscriptions.get(
                request.subject.lower())
        token, refusal = self._authenticate(request, subscription)
        if refusal is not None:
            return refusal
        place = self._place(request, token.tenant)
        fault = self._fault(request, token.tenant, subscription, place)
        if fault is None:
            return self._plain(request, token, subscription)
        self.ledger.faults[fault.kind or str(fault.given.get(
            "status", fault.given.get("code", "body")))] += 1
        return faulty_response(
            fault, request, self._words(request, token, subscription),
            lambda: self._plain(request, token, subscription))

    def _plain(self, request, token, subscription):
        """Return what a request gets that met no fault."""
        refusal = self._check_version(request)
        if refusal is None and request.subject is not None:
            refusal = self._check_subscription(request, token, subscription)
        if refusal is not None:
            return refusal
        response = getattr(self, "_" + request.kind)(request, token,
                                                     subscription)
        delay = subscription.answer.get("delay_ms") if subscription else None
        if delay is None:
            delay = self.scenario.settings["delay_ms"]
        response.delay = delay / 1000
        return response

    def _authenticate(self, request, subscription):
        """Return the token of a request, or the refusal."""
        header = request.headers.get("authorization", "")
        tenant = subscription.tenant.tenant_id if subscription else "common"
        challenge = f'Bearer authorization_uri="https://login.windows.net/' \
                    f'{tenant}", error="invalid_token", error_description='
        if not header.lower().startswith("bearer "):
            return None, error_response(
                401, "AuthenticationFailed", "Authentication failed. The "
                "'Authorization' header is missing.",
                [("www-authenticate", challenge + '"The authentication '
                  "failed because of missing 'Authorization' header.\"")])
        token = self.login.find(header[7:].strip())
        bad = [("www-authenticate",
                challenge + '"The access token is invalid."')]
        if token is None:
            return None, error_response(
                401, "InvalidAuthenticationToken",
                MESSAGES["InvalidAuthenticationToken"], bad)
        now = time.time()
        if token.expires <= now:
            return None, error_response(
                401, "ExpiredAuthenticationToken", "The access token expiry "
                f"UTC time '{clock_text(token.expires)}' is earlier than "
                f"current UTC time '{clock_text(now)}'.", bad)
        return token, None

    def _place(self, request, tenant):
        """Return the page (from 1) of a listing that is asked for."""
        try:
            skip = decode_skip(request.query.get("$skiptoken", ""))
        except (ValueError, KeyError, TypeError):
            return 1
        size = self.scenario.settings["list_page_size"] \
            if request.kind == "list" \
            else tenant.page_size
        return skip // size + 1

    def _fault(self, request, tenant, subscription, page):
        """Return the fault that a request meets, or None."""
        lists = [self.scenario.faults, tenant.faults]
        if subscription is not None:
            lists.append(subscription.faults)
        for faults in lists:
            for fault in faults:
                if fault.applies(request, page):
                    return fault
        return None

    def _words(self, request, token, subscription):
        action = {"list": "policyAssignments/read",
                  "write": "policyAssignments/write",
                  "exemptions": "policyExemptions/read"}
        versions = self._versions(request.kind)
        return {
            "client": token.client,
            "object": stable_id("object", token.client),
            "action": "Microsoft.Authorization/" +
                      action.get(request.kind, "policyAssignments/read"),
            "scope": request.path, "name": request.path.rsplit("/", 1)[-1],
            "subscription": subscription.id if subscription else
            "00000000-0000-0000-0000-000000000000",
            "operation": "GET/SUBSCRIPTIONS/PROVIDERS/"
                         "MICROSOFT.AUTHORIZATION/POLICYASSIGNMENTS",
            "tenant": token.tenant.tenant_id,
            "other": stable_id("another tenant", token.tenant.tenant_id),
            "version": request.query.get("api-version", ""),
            "versions": ", ".join(versions), "now": documents.time_text()}

    def _versions(self, kind):
        if kind == "subscription":
            kind = "discovery"
        return VERSIONS.get(kind, self.policy_versions)

    def _check_version(self, request):
        version = request.query.get("api-version")
        if not version:
            return error_response(
                400, "MissingApiVersionParameter", "The api-version query "
                "parameter (?api-version=) is required for all requests.")
        known = self._versions(request.kind)
        if version in known:
            return None
        text = fill(MESSAGES["InvalidApiVersionParameter"],
                    {"version": version, "versions": ", ".join(known)})
        return error_response(400, "InvalidApiVersionParameter", text)

    def _check_subscription(self, request, token, subscription):
        if subscription is None or subscription.state in DEAD_STATES:
            text = fill(MESSAGES["SubscriptionNotFound"],
                        {"subscription": request.subject})
            return error_response(404, "SubscriptionNotFound", text)
        if subscription.tenant is token.tenant or \
                token.tenant.name in subscription.also_visible_to:
            return None
        text = fill(MESSAGES["InvalidAuthenticationTokenTenant"],
                    {"tenant": token.tenant.tenant_id,
                     "other": subscription.tenant.tenant_id})
        return error_response(401, "InvalidAuthenticationTokenTenant", text)

    def _page(self, request, rows, size, last="absent"):
        """Return one page of `rows`, with an absolute nextLink if more."""
        try:
            text = request.query.get("$skiptoken")
            start = 0 if text is None else decode_skip(text)
        except (ValueError, KeyError, TypeError):
            return error_response(400, "InvalidSkipToken",
                                  "The skip token is invalid.")
        body = {"value": rows[start:start + size]}
        if start + size < len(rows):
            kept = "&".join(f"{urllib.parse.quote(key, safe='')}="
                            f"{urllib.parse.quote(value, safe='')}"
                            for key, value in request.query.items()
                            if key != "$skiptoken")
            body["nextLink"] = (
                f"{request.origin}{urllib.parse.quote(request.path)}?{kept}"
                f"&%24skiptoken={encode_skip(start + size)}")
        elif last == "null":
            body["nextLink"] = None
        elif last == "empty":
            body["nextLink"] = ""
        return json_response(200, body)

    def _discovery(self, request, token, _subscription):
        tenant = token.tenant
        rows = [documents.subscription_document(one, tenant,
                                                self.scenario.tenants)
                for one in self.scenario.visible_to(tenant) if one.listed]
        return self._page(request, rows, tenant.page_size,
                          self.scenario.settings["last_next_link"])

    def _subscription(self, _request, token, subscription):
        return json_response(200, documents.subscription_document(
            subscription, token.tenant, self.scenario.tenants))

    def _descendants(self, request, token, _subscription):
        name = request.path.split("/")[4].lower()
        top = self.scenario.groups.get(name)
        if top is None or top.tenant not in (None, token.tenant.name):
            text = fill(MESSAGES["AuthorizationFailed"], {
                "client": token.client,
                "object": stable_id("object", token.client),
                "action": "Microsoft.Management/managementGroups/"
                          "descendants/read",
                "scope": request.path.rsplit("/", 1)[0]})
            return error_response(403, "AuthorizationFailed", text)
        rows = []
        below = {top.id.lower()}
        for _ in self.scenario.groups:
            for group in self.scenario.groups.values():
                parent = (group.parent or "").lower()
                if parent in below and group.id.lower() not in below:
                    below.add(group.id.lower())
                    rows.append(self._descendant(group, None, group.parent))
        for one in self.scenario.visible_to(token.tenant):
            if (one.management_group or "").lower() in below:
                rows.append(self._descendant(None, one,
                                             one.management_group))
        return self._page(request, rows, token.tenant.page_size)

    def _descendant(self, group, subscription, parent):
        if group is not None:
            identifier = documents.MANAGEMENT + group.id
            kind = "Microsoft.Management/managementGroups"
            name, display = group.id, group.display_name
        else:
            identifier = subscription.scope
            kind = documents.MANAGEMENT[len("/providers/"):] + "subscriptions"
            name, display = subscription.id, subscription.name
        return {"id": identifier, "type": kind, "name": name,
                "properties": {"displayName": display, "parent": {
                    "id": documents.MANAGEMENT + parent}}}

    def _get(self, request, _token, subscription):
        if request.method != "GET":
            return error_response(
                405, "HttpMethodNotAllowed", "The requested HTTP method is "
                "not allowed.")
        name = request.path.rsplit("/", 1)[-1]
        version = request.query["api-version"]
        key = ("get", name.lower(), version)
        cached = subscription.cache.get(key)
        if cached is None:
            cached = self._render(subscription, name, version)
            if len(subscription.cache) < MAX_CACHE:
                subscription.cache[key] = cached
        return Response(*cached)

    def _render(self, subscription, name, version):
        if name.lower() == documents.NAME.lower():
            found = documents.own_assignment(subscription)
        else:
            rows = documents.unrelated_assignments(
                subscription, self.scenario.settings["unrelated"])
            found = next((row for row in rows
                          if row["name"].lower() == name.lower()), None)
        if found is None:
            text = fill(MESSAGES["PolicyAssignmentNotFound"], {"name": name})
            missing = error_response(404, "PolicyAssignmentNotFound", text)
            return 404, missing.body
        if "document" not in subscription.answer:
            found = documents.at_version(found, version)
        return 200, encode(found)

    def _list(self, request, _token, subscription):
        version = request.query["api-version"]
        wish = request.query.get("$filter", "").strip()
        key = ("list", request.origin, request.target)
        cached = subscription.cache.get(key)
        if cached is None:
            rows = self._assignments(subscription, wish)
            if rows is None:
                return error_response(
                    400, "InvalidFilterInQueryString", f"The filter '{wish}'"
                    " is invalid. Supported filters are 'atScope()', "
                    "'atExactScope()' and \"policyDefinitionId eq "
                    "'{value}'\".")
            if not isinstance(rows, list):
                return json_response(200, rows)
            top = request.query.get("$top", "")
            size = self.scenario.settings["list_page_size"]
            if top.isdigit() and int(top) > 0:
                size = min(size, int(top))
            if "list" not in subscription.answer:
                rows = [documents.at_version(row, version) for row in rows]
            page = self._page(request, rows, size)
            cached = (page.status, page.body)
            if len(subscription.cache) < MAX_CACHE:
                subscription.cache[key] = cached
        return Response(*cached)

    def _assignments(self, subscription, wish):
        """Return what a $filter lets through, None if it is unknown."""
        rows = documents.assignments_of(
            subscription, self.scenario.ancestors(subscription),
            self.scenario.settings["unrelated"])
        low = wish.lower()
        if "list" in subscription.answer or low == "atscope()":
            return rows
        if not low:
            return rows + [documents.contained_assignment(subscription)]
        if low == "atexactscope()":
            return [row for row in rows if
                    row["id"].lower().startswith("/subscriptions/")]
        asked = re.match(r"^policydefinitionid eq '([^']*)'$", low)
        if asked is None:
            return None
        return [row for row in rows if row["properties"]
                ["policyDefinitionId"].lower() == asked.group(1)]

    def _exemptions(self, request, _token, subscription):
        rows = [documents.exemption(row, subscription)
                for row in subscription.answer.get("exemptions", [])]
        return self._page(request, rows,
                          self.scenario.settings["list_page_size"])

    def _write(self, request, token, subscription):
        return write.answer(request, token, subscription)

    def _other(self, request, _token, _subscription):
        return error_response(
            404, "InvalidResourceType", "The resource type could not be "
            f"found in the namespace of '{request.path}'.")
