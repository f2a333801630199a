# SPDX-License-Identifier: Apache-2.0
"""A fault: which requests it meets, and what they get instead."""

import json

from azure.message import JSON, Response, json_response

GROUPS = {
    "arm": {"get", "list", "exemptions", "write", "discovery",
            "descendants", "subscription", "other"},
    "discovery": {"discovery", "descendants"},
    "all": {"get", "list", "exemptions", "write", "discovery",
            "descendants", "subscription", "other", "login"},
}
KINDS = {"get", "list", "exemptions", "write", "discovery", "descendants",
         "subscription", "login"}
DEFAULT_ON = {"global": "arm", "tenant": "arm",
              "subscription": ["get", "list", "exemptions", "write"]}
MANNERS = {"hang", "close", "reset", "cut", "slow"}
BODIES = {"cut-json", "empty", "html", "junk", "deep", "huge", "nul",
          "invalid-utf8", "not-object", "redirect", "foreign-nextlink",
          "nextlink-loop", "empty-page", "refuse"}
KEYS = {"kind", "status", "code", "message", "headers", "body", "seconds",
        "times", "on", "page", "api_version", "every", "bytes", "depth",
        "host", "location"}
SHORT = {"forbidden": 403, "throttled": 429, "unavailable": 503}
CODES = {400: "BadRequest", 401: "InvalidAuthenticationToken",
         403: "AuthorizationFailed", 404: "SubscriptionNotFound",
         408: "RequestTimeout", 409: "Conflict",
         429: "SubscriptionRequestsThrottled", 500: "InternalServerError",
         502: "BadGateway", 503: "ServiceUnavailable",
         504: "GatewayTimeout"}
STATUSES = {"AuthorizationFailed": 403, "SubscriptionNotFound": 404,
            "PolicyAssignmentNotFound": 404, "ResourceNotFound": 404,
            "SubscriptionRequestsThrottled": 429,
            "InvalidAuthenticationToken": 401, "AuthenticationFailed": 401,
            "InvalidAuthenticationTokenTenant": 401,
            "ExpiredAuthenticationToken": 401,
            "InvalidApiVersionParameter": 400,
            "NoRegisteredProviderFound": 400}
MESSAGES = {
    "AuthorizationFailed":
        "The client '{client}' with object id '{object}' does not have "
        "authorization to perform action '{action}' over scope '{scope}' or "
        "the scope is invalid. If access was recently granted, please "
        "refresh your credentials.",
    "SubscriptionNotFound":
        "The subscription '{subscription}' could not be found.",
    "PolicyAssignmentNotFound":
        "The policy assignment '{name}' is not found.",
    "SubscriptionRequestsThrottled":
        "Number of requests for subscription '{subscription}' and operation "
        "'{operation}' exceeded the backend storage limit. Please try again "
        "after '{seconds}' seconds.",
    "InvalidAuthenticationToken": "The access token is invalid.",
    "InvalidAuthenticationTokenTenant":
        "The access token is from the wrong issuer "
        "'https://sts.windows.net/{tenant}/'. It must match the tenant "
        "'https://sts.windows.net/{other}/' associated with this "
        "subscription. Please use the authority (URL) "
        "'https://login.windows.net/{other}' to get the token. Note, if the "
        "subscription is transferred to another tenant there is no impact "
        "to the services, but information about new tenant could take time "
        "to propagate (up to an hour).",
    "InvalidApiVersionParameter":
        "The api-version '{version}' is invalid. The supported versions are "
        "'{versions}'.",
    "NoRegisteredProviderFound":
        "No registered resource provider found for location '' and API "
        "version '{version}' for type 'policyAssignments'. The supported "
        "api-versions are '{versions}'.",
    "RequestTimeout": "The request timed out.",
    "InternalServerError":
        "Encountered internal server error. Diagnostic information: "
        "timestamp '{now}', subscription id '{subscription}'.",
    "BadGateway": "The gateway received an invalid response.",
    "ServiceUnavailable":
        "The service is temporarily unavailable. Please try again later.",
    "GatewayTimeout":
        "The gateway did not receive a response from "
        "'Microsoft.Authorization' within the specified time period.",
}
PAGE_OF_A_PROXY = (
    b"<!DOCTYPE html>\n<html><head><title>502 Proxy Error</title></head>\n"
    b"<body><h1>Proxy Error</h1><p>The proxy server received an invalid "
    b"response from an upstream server.</p></body></html>\n")
# Neither JSON nor text, and always the same.
JUNK = bytes((17 * number + 91) % 256 for number in range(512))


class FaultError(ValueError):
    """A fault is ill-formed."""


def fill(text, words):
    """Put words in the place of {names}; other braces stay."""
    for name, word in words.items():
        text = text.replace("{" + name + "}", str(word))
    return text


class Fault:
    """One fault; `times` and `every` are counted as requests meet it."""

    def __init__(self, given, level):
        if isinstance(given, str):
            given = {"status": SHORT[given]} if given in SHORT \
                else {"kind": given}
        if not isinstance(given, dict):
            raise FaultError("a fault must be an object or a word")
        unknown = sorted(set(given) - KEYS)
        if unknown:
            raise FaultError(f"fault: unknown key {unknown[0]!r}")
        self.given = given
        self.kind = given.get("kind")
        if self.kind is not None and self.kind not in MANNERS | BODIES:
            raise FaultError(f"fault: unknown kind {self.kind!r}")
        if self.kind is None and "status" not in given and \
                "code" not in given and "body" not in given:
            raise FaultError("fault: needs kind, status, code or body")
        self.on = self._targets(given.get("on", DEFAULT_ON[level]))
        self.left = given.get("times")
        self.met = 0

    @staticmethod
    def _targets(on):
        targets = set()
        for word in [on] if isinstance(on, str) else on:
            if word not in GROUPS and word not in KINDS:
                raise FaultError(f"fault: unknown target {word!r}")
            targets |= GROUPS.get(word, {word})
        return targets

    def applies(self, request, page):
        """Return whether this request gets the fault; it is counted then."""
        given = self.given
        if request.kind not in self.on or self.left == 0:
            return False
        if "page" in given and given["page"] != page:
            return False
        if "api_version" in given and \
                given["api_version"] != request.query.get("api-version"):
            return False
        self.met += 1
        if self.met % given.get("every", 1) != 0:
            return False
        if self.left is not None:
            self.left -= 1
        return True

    def describe(self):
        """Return the fault as it was given, with what is left of it."""
        return {**self.given, "on": sorted(self.on), "left": self.left}


def make_faults(given, level):
    """Return a list of faults from None, one, or a list."""
    if given is None:
        return []
    rows = given if isinstance(given, list) else [given]
    return [Fault(row, level) for row in rows]


def error_response(status, code, message, headers=()):
    """Return an error in the shape of ARM."""
    return json_response(status,
                         {"error": {"code": code, "message": message}},
                         headers)


def status_response(fault, words):
    """Return the error that a fault with a status or a code asks for."""
    given = fault.given
    status = given.get("status") or STATUSES.get(given.get("code"), 500)
    code = given.get("code") or CODES.get(status, "UnknownError")
    headers = given.get("headers")
    if headers is None:
        headers = {"Retry-After": "1"} if status == 429 else {}
    rows = [(name.lower(), str(value)) for name, value in headers.items()]
    if "body" in given:
        body = given["body"]
        if isinstance(body, str):
            kind = None if "content-type" in dict(rows) else "text/plain"
            return Response(status, body.encode("utf-8"), rows, kind)
        return json_response(status, body, rows)
    words = {**words, "seconds": headers.get("Retry-After", "1")}
    message = given.get("message") or \
        MESSAGES.get(code, "The request failed ({code}).")
    return error_response(status, code,
                          fill(message, {**words, "code": code}), rows)


def body_response(fault, normal):
    """Return a response whose body is not what was asked for."""
    given = fault.given
    status = given.get("status", 200)
    kind = fault.kind
    if kind == "empty":
        return Response(status)
    if kind == "html":
        return Response(status, PAGE_OF_A_PROXY, (), "text/html")
    if kind == "junk":
        return Response(status, JUNK)
    if kind == "not-object":
        return Response(status, b'[1,"two",null]')
    if kind == "deep":
        depth = given.get("depth", 100000)
        return Response(status, b'{"properties":' + b"[" * depth +
                        b"]" * depth + b"}")
    if kind == "redirect":
        place = given.get("location", "https://elsewhere.invalid/")
        return Response(given.get("status", 302), b"",
                        [("location", place)])
    body = normal().body
    if kind == "cut-json":
        return Response(status, body[:len(body) // 2])
    middle = body.find(b'"', len(body) // 2) + 1
    if kind == "nul":
        return Response(status, body[:middle] + b"\x00" + body[middle:])
    if kind == "invalid-utf8":
        return Response(status, body[:middle] + b"\xff\xfe\xc3(" +
                        body[middle:])
    if kind == "huge":
        size = min(given.get("bytes", 8 << 20), 64 << 20)
        pad = b'{"pad":"' + b"x" * max(0, size - len(body) - 9) + b'",'
        return Response(status, pad + body[1:])
    raise FaultError(f"fault {kind!r} has no meaning here")


def next_link_response(fault, request, normal):
    """Return a page of a listing whose nextLink is wrong."""
    page = json.loads(normal().body)
    link = page.get("nextLink") or request.origin + request.target
    if fault.kind == "nextlink-loop":
        page["nextLink"] = request.origin + request.target
    elif fault.kind == "foreign-nextlink":
        host = fault.given.get("host", "https://elsewhere.invalid")
        page["nextLink"] = host + link[len(request.origin):]
    else:
        page["value"] = []
        page["nextLink"] = request.origin + request.target
    return json_response(200, page)


def faulty_response(fault, request, words, normal):
    """
    Return what a request gets that met a fault. `normal` makes the response
    that it would have had, `words` are those that messages speak of.
    """
    given = fault.given
    seconds = given.get("seconds")
    kind = fault.kind
    if kind is None:
        response = status_response(fault, words)
        response.delay = seconds or 0
        return response
    if kind == "hang" and seconds is not None:
        response = normal()
        response.delay = seconds
        return response
    if kind in ("hang", "close", "reset"):
        response = Response(200, b"", (), JSON)
        response.manner = kind
        return response
    if kind in ("cut", "slow"):
        response = normal()
        response.manner = kind
        response.seconds = seconds if seconds is not None else 2.0
        return response
    if kind in ("foreign-nextlink", "nextlink-loop", "empty-page"):
        return next_link_response(fault, request, normal)
    return body_response(fault, normal)
