# SPDX-License-Identifier: Apache-2.0
"""A scenario: tenants, subscriptions and what each of them answers."""

import hashlib
import random
import uuid

from azure.fault import make_faults

DEFAULTS = {
    "seed": "jitd", "page_size": 100, "list_page_size": 100, "delay_ms": 0,
    "login_delay_ms": 0, "size": 0, "unrelated": 3, "max_streams": 100,
    "requests_per_connection": 0, "last_next_link": "absent",
    "certificate": "good", "alpn": ["h2", "http/1.1"], "audiences": [],
    "api_versions": None, "static_tokens": {}, "tenants": [],
    "management_groups": [], "faults": [],
}
TENANT_KEYS = {"name", "tenant_id", "domain", "clients", "token_life",
               "refresh_in", "subscriptions", "fault", "size", "page_size"}
SUBSCRIPTION_KEYS = {"id", "name", "state", "quota", "spending_limit", "tags",
                     "also_visible_to", "listed", "management_group",
                     "answer"}
GENERATED_KEYS = {"count", "prefix", "answers", "state", "management_group",
                  "answer", "listed"}
ANSWER_KEYS = {"value", "parameters", "assignment", "definition",
               "enforcement", "not_scopes", "overrides",
               "resource_selectors", "inherited", "exemptions", "document",
               "list", "fault", "delay_ms", "size", "by", "on",
               "unrelated", "spelling", "stored"}
# What a new value makes void, because it would hide it.
HIDES_VALUE = ("parameters", "assignment", "document", "list", "stored")


class ScenarioError(ValueError):
    """The scenario, or what was sent to the admin paths, is ill-formed."""


def check_keys(what, given, known):
    """Raise ScenarioError for keys that nothing reads."""
    if not isinstance(given, dict):
        raise ScenarioError(f"{what} must be an object")
    unknown = sorted(set(given) - set(known))
    if unknown:
        raise ScenarioError(f"{what}: unknown key {unknown[0]!r}")


def stable_id(*words):
    """Return the id that these words always give."""
    digest = hashlib.sha256("/".join(words).encode("utf-8")).digest()
    return str(uuid.UUID(bytes=digest[:16], version=4))


class Tenant:
    """One Entra tenant and the applications that may log in to it."""

    def __init__(self, given, settings):
        check_keys("tenant", given, TENANT_KEYS)
        if "name" not in given:
            raise ScenarioError("a tenant needs a name")
        self.name = given["name"]
        self.tenant_id = given.get(
            "tenant_id", stable_id(settings["seed"], self.name)).lower()
        self.domain = given.get("domain", self.name + ".onmicrosoft.com")
        self.clients = {k.lower(): v
                        for k, v in given.get("clients", {}).items()}
        self.token_life = given.get("token_life", 3599)
        self.refresh_in = given.get("refresh_in")
        self.page_size = given.get("page_size", settings["page_size"])
        self.size = given.get("size", settings["size"])
        self.faults = make_faults(given.get("fault"), "tenant")


class Subscription:
    """One subscription, what it answers, and the documents made for it."""

    def __init__(self, given, tenant, settings):
        check_keys("subscription", given, SUBSCRIPTION_KEYS)
        if "name" not in given:
            raise ScenarioError("a subscription needs a name")
        self.name = given["name"]
        self.id = given.get("id", stable_id(
            settings["seed"], tenant.name, self.name)).lower()
        self.tenant = tenant
        self.state = given.get("state", "Enabled")
        self.quota = given.get("quota", "EnterpriseAgreement_2014-09-01")
        self.spending_limit = given.get("spending_limit", "Off")
        self.tags = given.get("tags", {})
        self.also_visible_to = set(given.get("also_visible_to", ()))
        self.listed = given.get("listed", True)
        self.management_group = given.get("management_group")
        self.default_size = tenant.size
        self.answer = {}
        self.faults = []
        self.changed_by = None
        self.changed_on = None
        self.cache = {}
        self.instance = stable_id("instance", self.id)
        self.merge(given.get("answer", {}), None)

    @property
    def scope(self):
        """Return the ARM id of the subscription."""
        return "/subscriptions/" + self.id

    def merge(self, answer, now):
        """
        Merge an answer in. `now` is the time of the change, None for what
        the scenario says. "reset": true forgets the old answer first.
        """
        answer = dict(answer)
        reset = answer.pop("reset", False)
        check_keys("answer", answer, ANSWER_KEYS)
        if "fault" in answer:
            faults = make_faults(answer["fault"], "subscription")
            self.faults = faults
        elif reset:
            self.faults = []
        old = {} if reset else dict(self.answer)
        if "value" in answer:
            for key in HIDES_VALUE:
                old.pop(key, None)
        if "parameters" in answer:
            for key in ("value", "document", "stored"):
                old.pop(key, None)
        old.update(answer)
        self.answer = old
        content = set(answer) - {"fault", "delay_ms", "by", "on"}
        if now is not None and (content or reset):
            self.changed_by = answer.get("by", stable_id("administrator"))
            self.changed_on = answer.get("on", now)
        elif now is None and ("by" in answer or "on" in answer):
            self.changed_by = answer.get("by")
            self.changed_on = answer.get("on")
        self.cache.clear()

    @property
    def has_own_assignment(self):
        """Return whether SecurityCenterBuiltIn is there."""
        if "assignment" in self.answer:
            return self.answer["assignment"] != "missing"
        own = {"value", "parameters", "definition", "document", "stored",
               "enforcement", "overrides", "not_scopes",
               "resource_selectors"}
        return "inherited" not in self.answer or bool(own & set(self.answer))


class ManagementGroup:
    """A management group: its parent and its own assignments."""

    def __init__(self, given):
        check_keys("management group", given,
                   {"id", "display_name", "tenant", "parent", "assignments"})
        self.id = given["id"]
        self.display_name = given.get("display_name", self.id)
        self.tenant = given.get("tenant")
        self.parent = given.get("parent")
        self.assignments = given.get("assignments", [])


def spread_answers(shares, count, seed):
    """Return `count` answers with the given shares, in a stable order."""
    answers = []
    for row in shares:
        row = dict(row)
        share = row.pop("share", 0)
        number = row.pop("count", round(share * count))
        answers += [row] * number
    answers = answers[:count] + [{}] * (count - len(answers))
    random.Random(seed).shuffle(answers)
    return answers


def generate(given, seed):
    """Return the subscriptions (as in a scenario) that a rule stands for."""
    check_keys("generated subscriptions", given, GENERATED_KEYS)
    count = given["count"]
    prefix = given.get("prefix", "subscription-")
    width = max(3, len(str(count)))
    answers = spread_answers(given.get("answers", []), count, seed + prefix)
    rest = {k: given[k] for k in ("state", "management_group", "listed")
            if k in given}
    return [{"name": f"{prefix}{number + 1:0{width}d}", **rest,
             "answer": {**given.get("answer", {}), **answer}}
            for number, answer in enumerate(answers)]


class Scenario:
    """All that the simulated Azure knows; the admin paths change it."""

    def __init__(self, given):
        check_keys("scenario", given, DEFAULTS)
        self.settings = {**DEFAULTS, **given}
        self.tenants = {}
        self.subscriptions = {}
        self.names = {}
        self.groups = {}
        self.faults = make_faults(self.settings["faults"], "global")
        for row in self.settings["management_groups"]:
            group = ManagementGroup(row)
            self.groups[group.id.lower()] = group
        for row in self.settings["tenants"]:
            self.add_tenant(row)

    def add_tenant(self, given):
        """Add a tenant and its subscriptions."""
        tenant = Tenant(given, self.settings)
        if tenant.name in self.tenants:
            raise ScenarioError(f"tenant {tenant.name!r} is there twice")
        self.tenants[tenant.name] = tenant
        rows = given.get("subscriptions", [])
        for row in rows if isinstance(rows, list) else [rows]:
            made = [row]
            if "count" in row:
                made = generate(row, self.settings["seed"] + tenant.name)
            for one in made:
                self.add_subscription(tenant, one)

    def add_subscription(self, tenant, given):
        """Add a subscription and return it."""
        added = Subscription(given, tenant, self.settings)
        if added.id in self.subscriptions:
            raise ScenarioError(f"subscription {added.id} is there twice")
        self.subscriptions[added.id] = added
        self.names.setdefault(added.name, added)
        return added

    def remove_subscription(self, gone):
        """Forget a subscription."""
        del self.subscriptions[gone.id]
        if self.names.get(gone.name) is gone:
            del self.names[gone.name]

    def find_subscription(self, word):
        """Return the subscription of an id or a name, or None."""
        return self.subscriptions.get(word.lower()) or self.names.get(word)

    def find_tenant(self, word):
        """Return the tenant of an id, a domain or a name, or None."""
        for tenant in self.tenants.values():
            if word.lower() in (tenant.tenant_id, tenant.domain.lower(),
                                tenant.name.lower()):
                return tenant
        return None

    def visible_to(self, tenant):
        """Return the subscriptions that a tenant's identities can see."""
        return [one for one in self.subscriptions.values()
                if one.tenant is tenant or
                tenant.name in one.also_visible_to]

    def ancestors(self, subscription):
        """Return the management groups above a subscription, nearest first."""
        found = []
        name = subscription.management_group
        while name and len(found) < 16:
            group = self.groups.get(name.lower())
            if group is None or group in found:
                break
            found.append(group)
            name = group.parent
        return found
