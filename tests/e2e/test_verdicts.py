# SPDX-License-Identifier: Apache-2.0
"""The rows of the truth table that this version judges, end to end."""

import json
import os
import pathlib

import pytest

FOREIGN = "foreign"
INHERITED = [{"management_group": "mg1", "initiative": "1f3afdf9",
              "name": "Deploy-ASC-Monitoring", "parameters": "empty"}]
INHERITED_OFF = [{"management_group": "mg1", "initiative": "1f3afdf9",
                  "name": "Deploy-ASC-Monitoring", "value": "Disabled"}]
V2 = [{"management_group": "mg1", "initiative": "e3ec7e09",
       "name": "Deploy-MCSB2-Monitoring", "spelling": "lower"}]

# name: (the table's row, answer, state, reason, caveats, value)
ROWS = {
    "on": (1, {"value": "AuditIfNotExists"},
           "enabled", "explicit", [], "AuditIfNotExists"),
    "on-lower": (1, {"value": "auditifnotexists"},
                 "enabled", "explicit", [], "auditifnotexists"),
    "off": (2, {"value": "Disabled"},
            "disabled", "explicit", [], "Disabled"),
    "off-upper": (2, {"value": "DISABLED"},
                  "disabled", "explicit", [], "DISABLED"),
    "empty": (3, {"parameters": "empty"},
              "enabled", "default", ["unset"], None),
    "null": (3, {"parameters": "null"},
             "enabled", "default", ["unset"], None),
    "missing": (3, {"parameters": "missing"},
                "enabled", "default", ["unset"], None),
    "others": (3, {"parameters": "others"},
               "enabled", "default", ["unset"], None),
    "null-value": (4, {"value": None},
                   "enabled", "default", ["unset"], None),
    "not-enforced": (6, {"enforcement": "doNotEnforce"},
                     "enabled", "explicit", ["not_enforced"],
                     "AuditIfNotExists"),
    "inherited": (16, {"assignment": "missing", "inherited": INHERITED},
                  "enabled", "default", ["unset", "inherited"], None),
    "inherited-off": (16, {"assignment": "missing",
                           "inherited": INHERITED_OFF},
                      "disabled", "explicit", ["inherited"], "Disabled"),
    "absent": (17, {"assignment": "missing"},
               "absent", "missing", [], None),
    "on-above": (18, {"value": "Disabled", "inherited": INHERITED},
                 "enabled", "default", ["unset", "inherited"], None),
    "foreign": (19, {"definition": FOREIGN},
                "absent", "missing", ["foreign_definition"], None),
    "v2": (20, {"assignment": "missing", "inherited": V2},
           "enabled", "default", ["inherited"], None),
}


@pytest.fixture(name="watched", scope="module")
def fixture_watched(tmp_path_factory):
    """One jitd over all rows."""
    from client import SimulatedAzure
    from conftest import scenario
    from daemon import Jitd

    folder = tmp_path_factory.mktemp("rows")
    rows = [{"name": name, "answer": row[1]} for name, row in ROWS.items()]
    with SimulatedAzure(scenario(rows), folder / "azure") as azure:
        jitd = Jitd(folder, azure).start()
        yield jitd
        assert jitd.stop() == 0


@pytest.mark.parametrize("name", ROWS)
def test_row(watched, name):
    number, _, state, reason, caveats, value = ROWS[name]
    row = watched.subscription(name)
    assert (row["state"], row["reason"], row["caveats"], row["value"]) == \
        (state, reason, caveats, value), f"row {number}"
    assert row["evidence"]["assignments"] or state == "absent"
    if state == "absent":
        assert row["assignment"] is None
        assert row["changed_by"] is None and row["changed_on"] is None
    else:
        assert row["assignment"]["inherited"] == ("inherited" in caveats)
        assert row["changed_by"] and row["changed_on"]


@pytest.mark.parametrize("value", ["Deny", "", 5, {}, [], True])
def test_row_5_is_never_silently_enabled(world, value):
    _, jitd = world([{"name": "a", "answer": {"value": value}}])
    row = jitd.subscription("a")
    assert row["state"] == "unknown"
    assert row["error"]["class"] == "invalid"
    assert row["error"]["correlation_id"]


def test_unset_may_mean_disabled(world):
    _, jitd = world([{"name": "a", "answer": {"parameters": "empty"}}],
                    sections={"policy": {"unset": "disabled"}})
    row = jitd.subscription("a")
    assert (row["state"], row["reason"], row["caveats"]) == \
        ("disabled", "default", ["unset"])


GENUINE = pathlib.Path(os.environ.get("JITD_GENUINE", "../shared/data/arm"))


@pytest.mark.skipif(not GENUINE.is_dir(),
                    reason="no genuine documents in $JITD_GENUINE")
def test_a_genuine_document_is_judged_right(world):
    path = GENUINE / "recorded-SecurityCenterBuiltIn-2019.json"
    document = json.loads(path.read_text())
    inherited = json.loads(
        (GENUINE / "recorded-inherited-mg-assignment-2023-04-01.json")
        .read_text())
    own = document["properties"]["scope"].rsplit("/", 1)[1]
    _, jitd = world([
        {"name": "genuine", "id": own, "answer": {"document": document}},
        {"name": "unrelated", "answer": {"assignment": "missing",
                                         "list": [inherited]}}])
    row = jitd.subscription("genuine")
    assert (row["state"], row["reason"], row["caveats"], row["value"]) == \
        ("enabled", "explicit", [], "AuditIfNotExists")
    metadata = document["properties"]["metadata"]
    assert row["changed_by"] == (metadata.get("updatedBy") or
                                 metadata.get("createdBy"))
    assert jitd.subscription("unrelated")["state"] == "absent"
