# SPDX-License-Identifier: Apache-2.0
"""Writing to an assignment: PUT, PATCH and DELETE."""

from azure import documents
from azure.fault import error_response
from azure.message import Response, decode_body, encode
from azure.scenario import stable_id

PATCHABLE = {"resourceSelectors", "overrides"}
WRITABLE = {"displayName", "policyDefinitionId", "definitionVersion",
            "notScopes", "parameters", "description", "metadata",
            "enforcementMode", "resourceSelectors", "overrides",
            "nonComplianceMessages"}


def answer(request, token, subscription):
    """Answer PUT, PATCH or DELETE of SecurityCenterBuiltIn."""
    name = request.path.rsplit("/", 1)[-1]
    if name.lower() != documents.NAME.lower():
        return error_response(403, "RequestDisallowedByPolicy", "Only "
                              f"'{documents.NAME}' can be written here.")
    if subscription.state == "Disabled":
        return error_response(
            409, "ReadOnlyDisabledSubscription", "The subscription "
            f"'{subscription.id}' is disabled and therefore marked as read "
            "only. You cannot perform any write actions on this "
            "subscription until it is re-enabled.")
    if request.method == "DELETE":
        was = documents.own_assignment(subscription)
        subscription.merge({"assignment": "missing"}, documents.time_text())
        return Response(204 if was is None else 200,
                        b"" if was is None else encode(was))
    try:
        body = decode_body(request)
    except ValueError:
        return error_response(400, "InvalidRequestContent", "The request "
                              "content was invalid and could not be "
                              "deserialized.")
    properties = body.get("properties")
    if not isinstance(properties, dict):
        return error_response(400, "InvalidRequestContent", "The request "
                              "content has no 'properties'.")
    who = stable_id("object", token.client)
    if request.method == "PATCH":
        return patch(subscription, properties, who)
    return put(subscription, body, properties, who)


def put(subscription, body, properties, who):
    """Create or replace the assignment: what is not sent is gone."""
    if "policyDefinitionId" not in properties:
        return error_response(400, "InvalidPolicyAssignment", "The property "
                              "'policyDefinitionId' is required.")
    now = documents.time_text()
    old = documents.own_assignment(subscription)
    identifier = subscription.scope + documents.PROVIDER + \
        "policyAssignments/" + documents.NAME
    kept = {key: value for key, value in properties.items()
            if key in WRITABLE}
    kept["scope"] = subscription.scope
    kept.setdefault("enforcementMode", "Default")
    before = old["properties"].get("metadata", {}) if old else {}
    kept["metadata"] = {
        **kept.get("metadata", {}),
        "createdBy": before.get("createdBy", who),
        "createdOn": before.get("createdOn", now),
        "updatedBy": who if old else None, "updatedOn": now if old else None}
    kept["instanceId"] = subscription.instance
    document = {"properties": kept, "id": identifier,
                "type": documents.TYPE, "name": documents.NAME,
                "systemData": documents.system_data(
                    before.get("createdOn", now), now, who,
                    before.get("createdBy", who))}
    for key in ("location", "identity"):
        if key in body:
            document[key] = body[key]
    store(subscription, document, who, now)
    return Response(201, encode(document))


def patch(subscription, properties, who):
    """Replace the overrides or the resource selectors."""
    old = documents.own_assignment(subscription)
    if old is None:
        return error_response(404, "PolicyAssignmentNotFound", "The policy "
                              f"assignment '{documents.NAME}' is not found.")
    wrong = sorted(set(properties) - PATCHABLE)
    if wrong:
        return error_response(400, "InvalidRequestContent", "The property "
                              f"'{wrong[0]}' cannot be patched.")
    now = documents.time_text()
    document = documents.copy_of(old)
    document["properties"].update(properties)
    document["properties"]["metadata"].update(updatedBy=who, updatedOn=now)
    document["systemData"].update(lastModifiedBy=who, lastModifiedAt=now,
                                  lastModifiedByType="Application")
    store(subscription, document, who, now)
    return Response(200, encode(document))


def store(subscription, document, who, now):
    """Make a document that was written the one that is read."""
    for key in ("assignment", "document", "list"):
        subscription.answer.pop(key, None)
    subscription.merge({"stored": document, "by": who}, now)
