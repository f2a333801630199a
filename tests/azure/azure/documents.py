# SPDX-License-Identifier: Apache-2.0
"""Documents in the shape of ARM: assignments, exemptions, subscriptions."""

import datetime
import json

from azure.message import encode
from azure.scenario import stable_id

JIT = "jitNetworkAccessMonitoringEffect"
NAME = "SecurityCenterBuiltIn"
TYPE = "Microsoft.Authorization/policyAssignments"
PROVIDER = "/providers/Microsoft.Authorization/"
SETS = PROVIDER + "policySetDefinitions/"
MANAGEMENT = "/providers/Microsoft.Management/managementGroups/"
BENCHMARK = "1f3afdf9-d0c9-4c3d-847f-89da613e70a8"
BENCHMARK2 = "e3ec7e09-768c-4b64-882c-fcada3772047"
INITIATIVES = {
    "1f3afdf9": (SETS + BENCHMARK, "57.*.*", "Deploy-ASC-Monitoring",
                 "Microsoft Cloud Security Benchmark"),
    "e3ec7e09": (SETS + BENCHMARK2, "1.*.*-preview",
                 "Deploy-MCSB2-Monitoring",
                 "Microsoft Cloud Security Benchmark v2"),
}
# The first api-version that knows a property.
SINCE = (("enforcementMode", "2019-06-01"),
         ("nonComplianceMessages", "2020-09-01"),
         ("resourceSelectors", "2022-06-01"), ("overrides", "2022-06-01"),
         ("definitionVersion", "2023-04-01"),
         ("assignmentType", "2024-04-01"), ("instanceId", "2025-01-01"))
SUBJECTS = ("systemUpdates", "systemConfigurations", "endpointProtection",
            "diskEncryption", "networkSecurityGroups", "sqlDbEncryption",
            "sqlServerAuditing", "storageEncryption", "secureTransfer",
            "webAppEnforceHttps", "functionAppEnforceHttps",
            "kubernetesServiceRbac", "containerRegistryScanning",
            "keyVaultPurgeProtection", "diagnosticsLogsInEventHub",
            "identityMfaForOwners", "vmssSystemUpdates",
            "adaptiveApplicationControls")
UNRELATED = (("Require-Cost-Center-Tag", "Require a tag on resource groups",
              "96670d01-0a4d-4649-9c89-2d3abc0a5025",
              {"tagName": {"value": "costCenter"}}),
             ("Allowed-Locations", "Allowed locations",
              "e56962a6-4747-49cd-b67b-bf8b01975c4c",
              {"listOfAllowedLocations":
                  {"value": ["westeurope", "northeurope"]}}),
             ("Audit-Managed-Disks",
              "Audit VMs that do not use managed disks",
              "06a78e20-9358-41c9-923c-fb736d382a4d", {}))


def time_text(moment=None):
    """Return a time as ARM writes it, with seven digits of a second."""
    if moment is None:
        moment = datetime.datetime.now(datetime.timezone.utc)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%f") + "7Z"


def created_time(seed):
    """Return a time in 2022 to 2024 that belongs to `seed`."""
    number = int(stable_id("created", seed)[:8], 16)
    start = datetime.datetime(2022, 1, 10, 8, 0,
                              tzinfo=datetime.timezone.utc)
    return time_text(start + datetime.timedelta(
        seconds=number % 80000000, microseconds=number % 999983))


def other_parameters(count):
    """Return `count` parameters that have nothing to do with JIT."""
    made = {}
    for number in range(count):
        turn, which = divmod(number, len(SUBJECTS))
        name = SUBJECTS[which] + (f"V{turn + 1}" if turn else "")
        value = ("AuditIfNotExists", "Audit", "Disabled")[number % 3]
        made[name + "MonitoringEffect"] = {"value": value}
    return made


def filled(value, subscription):
    """Put the subscription in the place of {scope} and {subscription}."""
    if isinstance(value, str):
        return value.replace("{scope}", subscription.scope).replace(
            "{subscription}", subscription.id)
    if isinstance(value, list):
        return [filled(one, subscription) for one in value]
    if isinstance(value, dict):
        return {key: filled(one, subscription)
                for key, one in value.items()}
    return value


def parameters_of(answer, others):
    """Return the parameters of an answer: (are they there, what)."""
    given = answer.get("parameters", "value")
    if isinstance(given, dict):
        return True, given
    if given == "empty":
        return True, {}
    if given == "null":
        return True, None
    if given == "missing":
        return False, None
    made = dict(others)
    if given != "others":
        made[JIT] = {"value": answer.get("value", "AuditIfNotExists")}
    elif not made:
        made = other_parameters(2)
    return True, made


def lower_ids(document):
    """Spell the ids of a document as ARM sometimes does, in lower case."""
    properties = document["properties"]
    document["id"] = document["id"].lower()
    for key in ("scope", "policyDefinitionId"):
        properties[key] = properties[key].lower()
    return document


def system_data(created_on, changed_on, changed_by, creator):
    """Return the systemData of a document."""
    kind = "Application" if changed_by is None else "User"
    return {"createdBy": creator, "createdByType": "Application",
            "createdAt": created_on,
            "lastModifiedBy": changed_by or creator,
            "lastModifiedByType": kind,
            "lastModifiedAt": changed_on or created_on}


def assignment(spec, scope, name, definition, version, words, changed):
    """
    Return an assignment. `spec` is an answer (or an inherited row), `words`
    are its display name, description, assigner and tenant; `changed` is who
    and when, or two Nones.
    """
    display, description, assigner, tenant_id, others = words
    identifier = scope + PROVIDER + "policyAssignments/" + name
    created_on = created_time(identifier)
    creator = stable_id("creator", tenant_id)
    properties = {"displayName": display, "policyDefinitionId": definition,
                  "definitionVersion": version, "scope": scope,
                  "notScopes": spec.get("not_scopes", [])}
    there, parameters = parameters_of(spec, others)
    if there:
        properties["parameters"] = parameters
    properties.update({
        "description": description,
        "metadata": {"assignedBy": assigner, "createdBy": creator,
                     "createdOn": created_on, "updatedBy": changed[0],
                     "updatedOn": changed[1]},
        "enforcementMode": spec.get("enforcement", "Default"),
        "resourceSelectors": spec.get("resource_selectors", []),
        "overrides": spec.get("overrides", []),
        "instanceId": stable_id("instance", identifier)})
    document = {
        "location": "westeurope",
        "identity": {"type": "SystemAssigned",
                     "principalId": stable_id("principal", identifier),
                     "tenantId": tenant_id},
        "properties": properties, "id": identifier, "type": TYPE,
        "name": name,
        "systemData": system_data(created_on, changed[1], changed[0],
                                  creator)}
    if spec.get("spelling") == "lower":
        lower_ids(document)
    return document


def initiative_of(word, scope):
    """Return definition id, version, usual name and title of an initiative."""
    if word in INITIATIVES:
        return INITIATIVES[word]
    if word == "foreign":
        return (scope + SETS + "Contoso-Baseline", "1.*.*",
                "Contoso-Baseline", "Contoso baseline")
    return (word, "1.*.*", word.rsplit("/", 1)[-1], word)


def own_assignment(subscription):
    """Return SecurityCenterBuiltIn of a subscription, or None."""
    answer = filled(subscription.answer, subscription)
    if "document" in answer:
        return answer["document"]
    if not subscription.has_own_assignment:
        return None
    if "stored" in answer:
        return answer["stored"]
    definition = initiative_of(answer.get("definition", "1f3afdf9"),
                               subscription.scope)
    size = answer.get("size", subscription.default_size)
    changed = (subscription.changed_by, subscription.changed_on)
    others = {}
    while True:
        words = (f"ASC Default (subscription: {subscription.id})",
                 "This policy assignment was automatically created by Azure "
                 "Security Center", "Security Center",
                 subscription.tenant.tenant_id, others)
        made = assignment(answer, subscription.scope, NAME, definition[0],
                          definition[1], words, changed)
        lack = size - len(encode(made))
        if lack <= 0 or len(others) > 2000 or \
                answer.get("parameters", "others") != "others":
            return made
        others = other_parameters(len(others) + max(1, lack // 80))


def inherited_assignment(row, subscription, group_id):
    """Return an assignment of a management group."""
    row = filled(row, subscription)
    scope = MANAGEMENT + group_id
    definition = initiative_of(row.get("initiative", "1f3afdf9"), scope)
    spec = {"parameters": "empty", **row}
    if "value" in row and "parameters" not in row:
        spec["parameters"] = "value"
    words = (definition[3], definition[3] + " policy initiative.",
             "Platform team", subscription.tenant.tenant_id, {})
    return assignment(spec, scope, row.get("name", definition[2]),
                      definition[0], definition[1], words,
                      (row.get("by"), row.get("on")))


def unrelated_assignments(subscription, count):
    """Return assignments that are none of our business."""
    made = []
    for number in range(count):
        name, title, definition, parameters = UNRELATED[number % 3]
        if number >= 3:
            name += f"-{number}"
        words = (title, title, "Platform team",
                 subscription.tenant.tenant_id, {})
        made.append(assignment(
            {"parameters": parameters}, subscription.scope, name,
            PROVIDER + "policyDefinitions/" + definition, "1.*.*", words,
            (None, None)))
    return made


def assignments_of(subscription, groups, unrelated):
    """Return all that reaches a subscription: its own, then from above."""
    answer = subscription.answer
    if "list" in answer:
        return filled(answer["list"], subscription)
    own = own_assignment(subscription)
    found = unrelated_assignments(subscription,
                                  answer.get("unrelated", unrelated))
    if own is not None:
        found.append(own)
    for row in answer.get("inherited", []):
        found.append(inherited_assignment(
            row, subscription, row.get("management_group", "contoso")))
    for group in groups:
        for row in group.assignments:
            found.append(inherited_assignment(row, subscription, group.id))
    return found


def contained_assignment(subscription):
    """Return an assignment of a resource group inside a subscription."""
    words = ("Allowed virtual machine sizes", "", "Application team",
             subscription.tenant.tenant_id, {})
    return assignment(
        {"parameters": {}}, subscription.scope + "/resourceGroups/rg-app",
        "Allowed-Sizes", PROVIDER + "policyDefinitions/"
        "cccc23c7-8427-4f53-ad12-b6a63eb452b3", "1.*.*", words, (None, None))


def exemption(row, subscription):
    """Return an exemption: as it is, or from the short form."""
    row = filled(row, subscription)
    if "properties" in row:
        return row
    scope = row.get("scope", subscription.scope)
    name = row.get("name", "jit-waiver")
    own = subscription.scope + PROVIDER + "policyAssignments/" + NAME
    properties = {
        "policyAssignmentId": row.get("assignment", own),
        "policyDefinitionReferenceIds": row.get("reference_ids", []),
        "exemptionCategory": row.get("category", "Waiver"),
        "displayName": name, "description": "",
        "assignmentScopeValidation": "Default"}
    if "expires_on" in row:
        properties["expiresOn"] = row["expires_on"]
    creator = stable_id("creator", subscription.tenant.tenant_id)
    made_on = created_time(scope + name)
    return {"systemData": system_data(made_on, None, None, creator),
            "properties": properties,
            "id": scope + PROVIDER + "policyExemptions/" + name,
            "type": "Microsoft.Authorization/policyExemptions", "name": name}


def at_version(document, version):
    """Return a document without what an api-version does not know."""
    properties = document.get("properties") \
        if isinstance(document, dict) else None
    if version >= "2025-01-01" or not isinstance(properties, dict):
        return document
    late = {name for name, since in SINCE if version < since}
    document = {key: value for key, value in document.items()
                if key != "systemData" or version >= "2020-09-01"}
    document["properties"] = {key: value for key, value in properties.items()
                              if key not in late}
    return document


def subscription_document(subscription, viewer, tenants):
    """Return a subscription as GET /subscriptions lists it."""
    managed_by = [{"tenantId": tenants[name].tenant_id}
                  for name in sorted(subscription.also_visible_to)
                  if name in tenants]
    source = "RoleBased" if viewer is subscription.tenant else "Legacy"
    return {"id": subscription.scope, "authorizationSource": source,
            "managedByTenants": managed_by, "tags": subscription.tags,
            "subscriptionId": subscription.id,
            "tenantId": subscription.tenant.tenant_id,
            "displayName": subscription.name, "state": subscription.state,
            "subscriptionPolicies": {
                "locationPlacementId": "Public_2014-09-01",
                "quotaId": subscription.quota,
                "spendingLimit": subscription.spending_limit}}


def copy_of(document):
    """Return a copy of a document that shares nothing with it."""
    return json.loads(encode(document))
