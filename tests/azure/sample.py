# SPDX-License-Identifier: Apache-2.0
"""The small scenario of these tests."""

CONTOSO = "11111111-aaaa-4aaa-8aaa-000000000001"
FABRIKAM = "22222222-bbbb-4bbb-8bbb-000000000002"
CLIENT = "33333333-cccc-4ccc-8ccc-000000000003"
SECRET = "a+b/c~d=e&f%20g"
SCENARIO = {
    "page_size": 4,
    "static_tokens": {"static-token": "contoso"},
    "management_groups": [
        {"id": "top", "tenant": "contoso"},
        {"id": "middle", "parent": "top", "tenant": "contoso",
         "assignments": [{"initiative": "e3ec7e09"}]}],
    "tenants": [
        {"name": "contoso", "tenant_id": CONTOSO,
         "clients": {CLIENT: SECRET},
         "subscriptions": [{"name": "on"}, {"name": "two"},
                           {"count": 7, "prefix": "many-",
                            "management_group": "middle"}]},
        {"name": "fabrikam", "tenant_id": FABRIKAM,
         "clients": {CLIENT: "other"},
         "subscriptions": [
             {"name": "theirs"},
             {"name": "shared", "also_visible_to": ["contoso"]}]}],
}
