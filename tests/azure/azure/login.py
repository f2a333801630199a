# SPDX-License-Identifier: Apache-2.0
"""The login service: client credentials against tokens."""

import hmac
import re
import secrets
import time
import urllib.parse
import uuid

from azure.message import Response, json_response

PATH = re.compile(r"^/([^/]+)/oauth2/v2\.0/token$")
AUDIENCES = ("https://management.azure.com",
             "https://management.core.windows.net")


class Token:
    """A token that was issued: whose it is and until when."""

    __slots__ = ("tenant", "client", "expires", "revoked")

    def __init__(self, tenant, client, expires):
        self.tenant = tenant
        self.client = client
        self.expires = expires
        self.revoked = False


class Login:
    """The tokens, and the only way to get one."""

    def __init__(self, scenario, ledger):
        self.scenario = scenario
        self.ledger = ledger
        self.tokens = {}
        self.origins = set()
        for text, row in scenario.settings["static_tokens"].items():
            name = row if isinstance(row, str) else row["tenant"]
            client = "static" if isinstance(row, str) \
                else row.get("client_id", "static")
            self.tokens[text] = Token(scenario.tenants[name], client,
                                      float("inf"))

    def find(self, text):
        """Return the token of a text, or None if it was never issued."""
        token = self.tokens.get(text)
        return None if token is None or token.revoked else token

    def answer(self, request):
        """Answer POST /{tenant}/oauth2/v2.0/token."""
        if request.method != "POST":
            return failure(request, 400, "invalid_request", 900561,
                           "The endpoint only accepts POST requests. "
                           f"Received a {request.method} request.")
        word = PATH.match(request.path).group(1)
        tenant = self.scenario.find_tenant(word)
        if tenant is None:
            return failure(request, 400, "invalid_request", 90002,
                           f"Tenant '{word}' not found. Check to make sure "
                           "you have the correct tenant ID and are signing "
                           "into the correct cloud. Check with your "
                           "subscription administrator, this may happen if "
                           "there are no active subscriptions for the "
                           "tenant.")
        form = dict(urllib.parse.parse_qsl(
            request.body.decode("utf-8", "replace"), keep_blank_values=True))
        return self._check(request, tenant, form) or \
            self._issue(tenant, form["client_id"].lower())

    def _check(self, request, tenant, form):
        """Return the refusal that a form deserves, or None."""
        kind = request.headers.get("content-type", "").split(";")[0]
        if kind != "application/x-www-form-urlencoded" or \
                "grant_type" not in form:
            return failure(request, 400, "invalid_request", 900144,
                           "The request body must contain the following "
                           "parameter: 'grant_type'.")
        if form["grant_type"] != "client_credentials":
            return failure(request, 400, "unsupported_grant_type", 70003,
                           "The app requested an unsupported grant type "
                           f"'{form['grant_type']}'.")
        if "client_id" not in form:
            return failure(request, 400, "invalid_request", 900144,
                           "The request body must contain the following "
                           "parameter: 'client_id'.")
        client = form["client_id"].lower()
        if client not in tenant.clients:
            return failure(request, 400, "unauthorized_client", 700016,
                           f"Application with identifier '{client}' was not "
                           f"found in the directory '{tenant.name}'. This "
                           "can happen if the application has not been "
                           "installed by the administrator of the tenant or "
                           "consented to by any user in the tenant. You may "
                           "have sent your authentication request to the "
                           "wrong tenant.")
        if not self._scope_is_known(form.get("scope", "")):
            return failure(request, 400, "invalid_scope", 70011,
                           "The provided value for the input parameter "
                           "'scope' isn't valid. The scope "
                           f"{form.get('scope', '')} isn't valid.")
        if "client_secret" not in form:
            return failure(request, 401, "invalid_client", 7000218,
                           "The request body must contain the following "
                           "parameter: 'client_assertion' or "
                           "'client_secret'.")
        if not hmac.compare_digest(form["client_secret"].encode("utf-8"),
                                   tenant.clients[client].encode("utf-8")):
            return failure(request, 401, "invalid_client", 7000215,
                           "Invalid client secret provided. Ensure the "
                           "secret being sent in the request is the client "
                           "secret value, not the client secret ID, for a "
                           f"secret added to app '{client}'.")
        return None

    def _scope_is_known(self, scope):
        if not scope.endswith("/.default"):
            return False
        audience = scope[:-len("/.default")].rstrip("/")
        known = self.scenario.settings["audiences"]
        return audience in self.origins or audience in AUDIENCES or \
            audience in {one.rstrip("/") for one in known}

    def _issue(self, tenant, client):
        text = ".".join(("eyJ" + secrets.token_urlsafe(60),
                         secrets.token_urlsafe(860),
                         secrets.token_urlsafe(256)))
        life = tenant.token_life
        self._forget_old()
        self.tokens[text] = Token(tenant, client, time.time() + life)
        self.ledger.tokens[tenant.name] += 1
        body = {"token_type": "Bearer", "expires_in": life,
                "ext_expires_in": life}
        if tenant.refresh_in is not None:
            body["refresh_in"] = tenant.refresh_in
        body["access_token"] = text
        return json_response(200, body, [("cache-control", "no-store"),
                                         ("pragma", "no-cache")])

    def _forget_old(self):
        """Forget tokens that expired an hour ago."""
        if len(self.tokens) < 10000:
            return
        limit = time.time() - 3600
        self.tokens = {text: token for text, token in self.tokens.items()
                       if token.expires > limit}

    def expire(self, tenant):
        """Make every token of a tenant expired."""
        for token in self.tokens.values():
            if token.tenant is tenant:
                token.expires = min(token.expires, time.time() - 1)

    def revoke(self, tenant):
        """Make every token of a tenant unknown."""
        for token in self.tokens.values():
            if token.tenant is tenant:
                token.revoked = True


def failure(request, status, error, number, text):
    """Return an error in the shape of Entra."""
    trace = str(uuid.uuid4())
    correlation = request.headers.get("client-request-id") or \
        str(uuid.uuid4())
    now = time.strftime("%Y-%m-%d %H:%M:%SZ", time.gmtime())
    body = {
        "error": error,
        "error_description": f"AADSTS{number}: {text}\r\nTrace ID: {trace}"
                             f"\r\nCorrelation ID: {correlation}\r\n"
                             f"Timestamp: {now}",
        "error_codes": [number], "timestamp": now, "trace_id": trace,
        "correlation_id": correlation,
        "error_uri":
            f"https://login.microsoftonline.com/error?code={number}"}
    return json_response(status, body)


def status_failure(request, fault):
    """Return what a fault with only a status asks for, in Entra's shape."""
    given = fault.given
    if fault.kind is not None or "body" in given:
        return None
    status = given.get("status", 400)
    if status == 429 and "code" not in given:
        response = Response(429, b"Too Many Requests", (), "text/plain")
    else:
        text = given.get("message", "AADSTS90033: A transient error has "
                         "occurred. Please try again.")
        found = re.match(r"^AADSTS(\d+): (.*)$", text, re.S)
        number, text = (int(found.group(1)), found.group(2)) if found \
            else (90033, text)
        response = failure(request, status, given.get(
            "code", "temporarily_unavailable"), number, text)
    headers = given.get("headers", {"Retry-After": "1"}
                        if status == 429 else {})
    response.headers += [(name.lower(), str(value))
                         for name, value in headers.items()]
    response.delay = given.get("seconds", 0)
    return response


def add_headers(request, response):
    """Add the headers that Entra's answers bear."""
    response.headers.append(("x-ms-request-id", str(uuid.uuid4())))
    correlation = request.headers.get("client-request-id")
    if correlation and \
            request.headers.get("return-client-request-id") == "true":
        response.headers.append(("client-request-id", correlation))
