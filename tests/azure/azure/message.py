# SPDX-License-Identifier: Apache-2.0
"""A request as it came, and the response that goes back."""

import functools
import json
import time
import urllib.parse

JSON = "application/json; charset=utf-8"


@functools.lru_cache(maxsize=16384)
def split_target(target):
    """Return the decoded path and the query (a dict) of a request target."""
    path, _, query = target.partition("?")
    pairs = urllib.parse.parse_qsl(query, keep_blank_values=True)
    return urllib.parse.unquote(path), {k.lower(): v for k, v in pairs}


class Request:
    """One request; header names are in lower case."""

    __slots__ = ("method", "target", "path", "query", "headers", "body",
                 "protocol", "origin", "kind", "subject")

    def __init__(self, method, target, headers, body, protocol, origin):
        self.method = method
        self.target = target
        self.path, self.query = split_target(target)
        self.headers = headers
        self.body = body
        self.protocol = protocol
        self.origin = origin
        self.kind = "other"
        self.subject = None


class Response:
    """
    One response. `manner` says how it is sent: None whole and at once, or
    hang, close, reset, cut, slow (over `seconds`). `delay` is in seconds.
    """

    __slots__ = ("status", "headers", "body", "delay", "manner", "seconds")

    def __init__(self, status, body=b"", headers=(), content_type=JSON):
        self.status = status
        self.headers = list(headers)
        self.body = body
        self.delay = 0.0
        self.manner = None
        self.seconds = 0.0
        if content_type is not None:
            self.headers.append(("content-type", content_type))


def date_now():
    """Return the current time as a Date header has it."""
    return time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime())


def encode(value):
    """Return the compact JSON text of a value, as bytes."""
    return json.dumps(value, ensure_ascii=False,
                      separators=(",", ":")).encode("utf-8")


def json_response(status, value, headers=()):
    """Return a response whose body is the JSON of a value."""
    return Response(status, encode(value), headers)


def decode_body(request):
    """Return the JSON object of a request's body; ValueError if it is none."""
    if not request.body:
        return {}
    value = json.loads(request.body)
    if not isinstance(value, dict):
        raise ValueError("the body must be a JSON object")
    return value
