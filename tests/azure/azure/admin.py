# SPDX-License-Identifier: Apache-2.0
"""The admin paths: change what Azure answers, and read what was asked."""

import json

from azure.documents import time_text
from azure.fault import Fault, FaultError, make_faults
from azure.message import decode_body, json_response
from azure.scenario import ScenarioError, check_keys

PREFIX = "/admin/"
FLIP_KEYS = {"subscriptions", "count", "tenant", "value", "by", "on"}
TENANT_KEYS = {"rotate_secret", "client_id", "revoke_tokens",
               "expire_tokens", "token_life", "refresh_in", "fault"}


class NotFound(Exception):
    """No such path, subscription or tenant."""


class Admin:
    """Answers the paths under /admin/; they need no token."""

    def __init__(self, scenario, login, ledger, site):
        self.scenario = scenario
        self.login = login
        self.ledger = ledger
        self.site = site

    def answer(self, request):
        """Answer one admin request."""
        words = [word for word in request.path[len(PREFIX):].split("/")
                 if word]
        try:
            value = self._answer(request, request.method, words)
        except NotFound as error:
            return json_response(404, {"error": str(error)})
        except (ScenarioError, FaultError, ValueError, KeyError,
                TypeError) as error:
            return json_response(400, {"error": str(error)})
        return json_response(200, value)

    def _answer(self, request, method, words):
        key = (method, words[0] if words else "", len(words))
        if key == ("GET", "requests", 1):
            return self.ledger.report()
        if key == ("POST", "reset-requests", 1):
            self.ledger.reset()
            return {}
        if key == ("GET", "subscriptions", 1):
            return self._subscriptions()
        if key == ("POST", "subscriptions", 1):
            return self._add(decode_body(request))
        if words[:1] == ["subscriptions"] and len(words) >= 2:
            return self._subscription(method, "/".join(words[1:]), request)
        if key == ("POST", "flip", 1):
            return self._flip(decode_body(request))
        if words == ["fault"]:
            return self._fault(method, request)
        if key == ("POST", "tenants", 2):
            return self._tenant(words[1], decode_body(request))
        if key == ("GET", "tenants", 1):
            return {"tenants": [
                {"name": one.name, "tenant_id": one.tenant_id,
                 "clients": sorted(one.clients)}
                for one in self.scenario.tenants.values()]}
        if key == ("POST", "goaway", 1):
            return {"closed": self.site.drop_connections()}
        raise NotFound(f"no admin path {method} {request.path}")

    @staticmethod
    def _row(one):
        answer = {key: value for key, value in one.answer.items()
                  if key != "fault"}
        return {"id": one.id, "name": one.name, "tenant": one.tenant.name,
                "state": one.state, "listed": one.listed, "answer": answer,
                "management_group": one.management_group,
                "faults": [fault.describe() for fault in one.faults],
                "changed_by": one.changed_by, "changed_on": one.changed_on}

    def _subscriptions(self):
        return {"subscriptions": [
            self._row(one) for one in self.scenario.subscriptions.values()]}

    def _find(self, word):
        found = self.scenario.find_subscription(word)
        if found is None:
            raise NotFound(f"no subscription {word!r}")
        return found

    def _add(self, body):
        name = body.pop("tenant", None)
        if name not in self.scenario.tenants:
            raise NotFound(f"no tenant {name!r}")
        return self._row(self.scenario.add_subscription(
            self.scenario.tenants[name], body))

    def _subscription(self, method, word, request):
        found = self._find(word)
        if method == "DELETE":
            self.scenario.remove_subscription(found)
            return {"removed": found.id}
        if method == "GET":
            return self._row(found)
        if method != "POST":
            raise NotFound(f"no method {method}")
        body = decode_body(request)
        if "state" in body:
            found.state = body.pop("state")
        if "listed" in body:
            found.listed = bool(body.pop("listed"))
        if body:
            found.merge(body, time_text())
        return self._row(found)

    def _flip(self, body):
        check_keys("flip", body, FLIP_KEYS)
        value = body["value"]
        change = {key: body[key] for key in ("value", "by", "on")
                  if key in body}
        if "subscriptions" in body:
            chosen = [self._find(word) for word in body["subscriptions"]]
        else:
            chosen = [one for one in self.scenario.subscriptions.values()
                      if body.get("tenant") in (None, one.tenant.name) and
                      one.has_own_assignment and
                      one.answer.get("value", "AuditIfNotExists") != value]
            chosen = chosen[:int(body["count"])]
        now = time_text()
        for one in chosen:
            one.merge(change, now)
        return {"flipped": [one.id for one in chosen]}

    def _fault(self, method, request):
        if method == "DELETE":
            self.scenario.faults = []
        elif method == "POST":
            given = json.loads(request.body)
            if isinstance(given, dict) and given.get("kind") == "refuse":
                self.site.refuse(float(given.get("seconds", 5)))
                return {"refusing": float(given.get("seconds", 5))}
            rows = given if isinstance(given, list) else [given]
            self.scenario.faults += [Fault(row, "global") for row in rows]
        elif method != "GET":
            raise NotFound(f"no method {method}")
        return {"faults": [one.describe() for one in self.scenario.faults]}

    def _tenant(self, word, body):
        check_keys("tenant change", body, TENANT_KEYS)
        tenant = self.scenario.find_tenant(word)
        if tenant is None:
            raise NotFound(f"no tenant {word!r}")
        if "rotate_secret" in body:
            for client in [body["client_id"].lower()] \
                    if "client_id" in body else list(tenant.clients):
                tenant.clients[client] = body["rotate_secret"]
        if "token_life" in body:
            tenant.token_life = body["token_life"]
        if "refresh_in" in body:
            tenant.refresh_in = body["refresh_in"]
        if "fault" in body:
            tenant.faults = make_faults(body["fault"], "tenant")
        if body.get("expire_tokens"):
            self.login.expire(tenant)
        if body.get("revoke_tokens"):
            self.login.revoke(tenant)
        return {"name": tenant.name, "token_life": tenant.token_life,
                "faults": [one.describe() for one in tenant.faults]}
