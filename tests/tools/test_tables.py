# SPDX-License-Identifier: Apache-2.0
"""
What people read says what the programs do: manual pages, etc/jitd.conf, the
JSON Schema and the README are held to the tables in src, both ways.

Each check yields one sentence a fault. It is shown the tree, where it finds
none, and copies of it that are broken on purpose, where it names the breach.
"""

import collections
import json
import pathlib
import re
import shutil

import pytest

from tables import (column, endpoints_of, events_of, fields_of, heads,
                    items_of, keys_of, metrics_of, options_of, rows,
                    statuses_of, under, words_of)

TOP = pathlib.Path(__file__).resolve().parents[2]


def differ(where, what, said, true):
    """Yield a sentence for all that is missing, unknown, or said twice."""
    for one in sorted(set(true) - set(said), key=str):
        yield f"{where} lacks the {what} {one}"
    for one in sorted(set(said) - set(true), key=str):
        yield f"{where} has the {what} {one}, which is in no table"
    for one, count in collections.Counter(said).items():
        if count > 1:
            yield f"{where} has the {what} {one} {count} times"


def check_events(top):
    """jitd-events(7): events, fields, words, initiatives."""
    where = "jitd-events.7"
    items = items_of(top / "man/jitd-events.7")
    said = []
    for item in under(items, "EVENTS"):
        found = re.match(r"\.Li (\w{32}) ,\npriority (\d)\.", item.text())
        word = re.match(r"Sy ([\w-]+)$", item.head)
        if word:
            said.append((word.group(1),
                         int(found.group(2)) if found else None,
                         found.group(1) if found else None))
    yield from differ(where, "event", said, events_of(top))

    fields = [item for item in under(items, "EVENTS", "Fields")
              if re.fullmatch(r"Li [a-z_]+", item.head)]
    yield from differ(where, "field", heads(fields, r"Li (.*)"),
                      fields_of(top))
    for part, macro in (("States", "STATE"), ("Reasons", "REASON"),
                        ("Caveats", "CAVEAT")):
        yield from differ(where, macro.lower(),
                          heads(under(items, "VERDICTS", part), r"Sy (\w+)"),
                          words_of(top, macro))
    yield from differ(where, "error class",
                      heads(under(items, "ERROR CLASSES"), r"Sy (\w+)"),
                      words_of(top, "FAILURE"))
    yield from differ(where, "initiative",
                      heads(under(items, "VERDICTS", "How it is reached"),
                            r"Li ([\w-]{36})"),
                      column(top, "src/core/initiatives.def", "INITIATIVE",
                             0))


def default_of(key):
    """Return how a manual page says default and limits."""
    limits = f", from {key.limits[0]} to {key.limits[1]}" if key.limits else ""
    return f"Default: {key.preset or 'empty'}{limits}."


def check_keys(top):
    """jitd.conf(5): keys, credentials, clouds."""
    where = "jitd.conf.5"
    items = items_of(top / "man/jitd.conf.5")
    keys = {f"[{key.section}] {key.name}": key for key in keys_of(top)}
    said = {}
    for item in under(items, "DESCRIPTION"):
        name = re.match(r"Cm (\w+) Li = ", item.head)
        if item.subsection.startswith("[") and name:
            said[f"{item.subsection} {name.group(1)}"] = item
    yield from differ(where, "key", list(said), list(keys))
    for name in set(said) & set(keys):
        if default_of(keys[name]) not in said[name].lines:
            yield f"{where}: {name} lacks the line '{default_of(keys[name])}'"
    if [name for name in said if name in keys] != \
            [name for name in keys if name in said]:
        yield f"{where} has its keys in another order than the table"
    yield from check_credentials(top, items)
    yield from check_clouds(top, items)


def check_credentials(top, items):
    """The ways to a token, with the keys of each."""
    where = "jitd.conf.5"
    ways = {row[1]: set(re.findall(r"\w+", f"{row[2]} {row[3]}".lower()))
            for row in rows(top / "src/azure/credentials.def", "CREDENTIAL")}
    inner = under(items, "DESCRIPTION", "[tenant NAME]", depth=2)
    yield from differ(where, "credential", heads(inner, r"Cm ([\w-]+)"), ways)
    for item in inner:
        keys = set(re.findall(r"^\.Cm (\w+)", item.text(), re.M))
        way = item.head.partition(" ")[2]
        yield from differ(where, f"key of credential {way},", keys,
                          ways.get(way, keys))


def check_clouds(top, items):
    """The two small tables of clouds."""
    said = [tuple(item.head.split(" Ta ")) for item in
            under(items, "DESCRIPTION", "[azure]", depth=2)
            if not item.head.startswith("Sy")]
    true = []
    for row in rows(top / "src/azure/clouds.def", "CLOUD"):
        word, arm, authority, audience, portal = [
            text.replace("https://", "") for text in row[1:6]]
        true += [(word, arm), (word, authority, portal)]
        if audience != arm:
            yield f"clouds.def: the audience of {word} is not its ARM endpoint"
    yield from differ("jitd.conf.5", "cloud", said, true)


def check_example(top):
    """etc/jitd.conf: every key with its default, and up to three lines."""
    where = "etc/jitd.conf"
    keys = keys_of(top)
    section, above, said = "", [], []
    for line in (top / "etc/jitd.conf").read_text().splitlines():
        given = re.match(r"#(\w+) =(?: (.*))?$", line)
        if re.match(r"#?\[", line):
            section = line.strip("#[]").replace("contoso", "NAME")
            above = []
        elif given:
            said.append((section, given.group(1), given.group(2) or "",
                         " ".join(above), len(above)))
            above = []
        elif line == "#" or line.startswith("# "):
            above.append(line[2:])
        elif not line:
            above = []
        else:
            yield f"{where}: '{line}' is neither a comment nor a section"
    yield from differ(where, "key",
                      [f"[{row[0]}] {row[1]} = {row[2]}" for row in said],
                      [f"[{key.section}] {key.name} = {key.preset}"
                       for key in keys])
    if [row[:2] for row in said] != [key[:2] for key in keys]:
        yield f"{where} has its keys in another order than the table"
    for key in keys:
        yield from check_comment(
            key, [row for row in said if row[:2] == key[:2]])


def check_comment(key, said):
    """What stands above a key of etc/jitd.conf."""
    for _, name, _, words, count in said:
        if not 1 <= count <= 3:
            yield f"etc/jitd.conf: {name} has {count} lines above it"
        if key.limits and not re.search(
                r"\b{} to {}\b".format(*map(re.escape, key.limits)), words):
            yield ("etc/jitd.conf: {} lacks its limits, '{} to {}'"
                   .format(name, *key.limits))


def check_daemon(top):
    """jitd(8): endpoint, metrics, options, exit statuses."""
    where = "jitd.8"
    items = items_of(top / "man/jitd.8")
    endpoints = endpoints_of(top)
    said = {item.head[3:]: item for item in
            under(items, "STATUS ENDPOINT", "")
            if item.head.startswith("Li ")}
    yield from differ(where, "request", list(said), list(endpoints))
    for name in set(said) & set(endpoints):
        query = said[name].text().partition("\nQuery:\n")[2]
        words = re.findall(r"[a-z]+", " ".join(
            re.findall(r"^\.Li (.*)", query, re.M)))
        yield from differ(where, f"query of {name},", words, endpoints[name])
    yield from differ(where, "metric",
                      heads(under(items, "STATUS ENDPOINT", "Metrics"),
                            r"Li (\w+)"), metrics_of(top))
    options = re.findall(r'^\t\{ "([\w-]+)", (?:no|required)_argument',
                         (top / "src/jitd.c").read_text(), re.M)
    yield from differ(where, "option",
                      heads(under(items, "DESCRIPTION"), r"Fl Fl ([\w-]+)"),
                      options)
    yield from differ(
        where, "exit status", heads(under(items, "EXIT STATUS"), r"(\d+)$"),
        statuses_of(top, "src/daemon/daemon.h", "DAEMON_EXIT")
        | statuses_of(top, "src/daemon/audit.h", "AUDIT_EXIT"))


def check_client(top):
    """jitd-ctl(1): verbs, their options, exit statuses."""
    where = "jitd-ctl.1"
    items = items_of(top / "man/jitd-ctl.1")
    common, verbs = options_of(top)
    yield from differ(where, "option",
                      heads(under(items, "DESCRIPTION"), r"Fl Fl ([\w-]+)"),
                      common)
    said = {item.head.split()[1]: item for item in under(items, "VERBS")}
    yield from differ(where, "verb",
                      heads(under(items, "VERBS"), r"Cm (\w+)"), verbs)
    for verb in set(said) & set(verbs):
        yield from differ(where, f"option of {verb},",
                          re.findall(r"^\.It Fl Fl ([\w-]+)",
                                     said[verb].text(), re.M), verbs[verb])
    yield from differ(where, "exit status",
                      heads(under(items, "EXIT STATUS"), r"(\d+)$"),
                      statuses_of(top, "src/ctl/outcome.h", "OUTCOME"))


def objects_in(node):
    """Yield every schema in a schema."""
    if isinstance(node, dict):
        yield node
        node = node.values()
    elif not isinstance(node, list):
        return
    for inner in node:
        yield from objects_in(inner)


def check_schema(top):
    """etc/jitd.schema.json: words, events, fields; that it hangs together."""
    where = "jitd.schema.json"
    schema = json.loads((top / "etc/jitd.schema.json").read_text())
    parts = schema["$defs"]
    for part, macro in (("state", "STATE"), ("reason_or_null", "REASON"),
                        ("error_class", "FAILURE")):
        yield from differ(where, macro.lower(),
                          [word for word in parts[part]["enum"] if word],
                          words_of(top, macro))
    yield from differ(where, "caveat", parts["caveats"]["items"]["enum"],
                      words_of(top, "CAVEAT"))
    yield from differ(
        where, "credential",
        parts["tenant"]["properties"]["credential"]["properties"]["kind"][
            "enum"],
        column(top, "src/azure/credentials.def", "CREDENTIAL", 1))
    yield from differ(
        where, "count of the state",
        set(parts["counts"]["properties"]) - {"total", "stale", "muted"},
        words_of(top, "STATE"))
    yield from check_schema_events(top, parts["event"])
    for part in objects_in(schema):
        name = part.get("$ref", "#/$defs/state").removeprefix("#/$defs/")
        if name not in parts:
            yield f"{where} refers to {name}, which is not there"
        if "required" in part and \
                list(part["properties"]) != part["required"]:
            yield (f"{where}: not every key is required: "
                   f"{list(part['properties'])}")


def check_schema_events(top, event):
    """The event object, and the ids of its kinds."""
    where = "jitd.schema.json"
    said = [tuple(kind["properties"][key]["const"]
                  for key in ("event", "priority", "message_id"))
            for kind in event["oneOf"]]
    yield from differ(where, "event", said, events_of(top))
    types = {"TEXT": {"type": ["string", "null"]},
             "NUMBER": {"type": ["integer", "null"]},
             "LIST": {"$ref": "#/$defs/caveats"}}
    own = {"seq", "time", "event", "priority", "message_id", "message"}
    fields = fields_of(top)
    yield from differ(where, "field", set(event["properties"]) - own, fields)
    for name in set(event["properties"]) & set(fields):
        if event["properties"][name] != types[fields[name]]:
            yield f"{where}: the field {name} is no {fields[name]}"


def check_mentions(top):
    """What all of them mention by name is there."""
    _, verbs = options_of(top)
    ids = {event[2] for event in events_of(top)}
    names = {key.name for key in keys_of(top)}
    paths = {re.sub(r"\{id\}", "ID", name.split()[1])
             for name in endpoints_of(top)}
    metrics = metrics_of(top)
    for path in [top / "README.md", *sorted((top / "man").iterdir())]:
        text = path.read_text()
        for verb in re.findall(r"(?:^ *|[`(]|sudo |Ic )jitd-ctl ([a-z]+)",
                               text, re.M):
            if verb not in verbs:
                yield f"{path.name}: there is no jitd-ctl {verb}"
        for one in re.findall(r"\b[0-9a-f]{32}\b", text):
            if one not in ids:
                yield f"{path.name}: {one} is no message id"
        for one in re.findall(r"http://jitd(/[\w/$-]*)", text):
            if re.sub(r"\$\w+", "ID", one) not in paths:
                yield f"{path.name}: there is no {one}"
        for key in re.findall(r"^ *(\w+) = \S", text, re.M):
            if key not in names:
                yield f"{path.name}: there is no key {key}"
        for one in re.findall(r"\bjitd_[a-z_]+[a-z]\b", text):
            if one not in metrics and one + "_" != "jitd_subscription_":
                yield f"{path.name}: there is no metric {one}"
    yield from check_readme_events(top)


def check_readme_events(top):
    """The README's table of events."""
    ids = {event[0]: event[2] for event in events_of(top)}
    for word, one in re.findall(r"^\| ([\w-]+) \| (\w{32}) \|",
                                (top / "README.md").read_text(), re.M):
        if ids.get(word) != one:
            yield f"README.md: {one} is not the id of {word}"


CHECKS = [check_events, check_keys, check_example, check_daemon, check_client,
          check_schema, check_mentions]


@pytest.mark.parametrize("check", CHECKS)
def test_what_people_read_is_true(check):
    assert list(check(TOP)) == []


@pytest.fixture(name="copy")
def copy_of_the_tree(tmp_path):
    """A copy of all that the checks look at."""
    for name in ("man", "etc", "src"):
        shutil.copytree(TOP / name, tmp_path / name)
    shutil.copy(TOP / "README.md", tmp_path)
    return tmp_path


@pytest.mark.parametrize("check, name, old, new, says", [
    (check_events, "man/jitd-events.7", "\npriority 4.", "\npriority 3.",
     "has the event ('subscription-lost', 3,"),
    (check_events, "man/jitd-events.7", ".Li a918197a", ".Li b918197a",
     "lacks the event ('monitoring-disabled', 3, 'a918197a"),
    (check_events, "src/core/events.def", '"daemon-stopping"',
     '"daemon-stopped"', "lacks the event ('daemon-stopped', 6,"),
    (check_events, "src/core/fields.def", 'FIELD(SINCE, "since", TEXT)', "",
     "has the field since, which is in no table"),
    (check_events, "src/core/words.def", '"partial"', '"in_part"',
     "lacks the caveat in_part"),
    (check_events, "man/jitd-events.7", ".It Sy tls", ".It Sy TLS",
     "lacks the error class tls"),
    (check_events, "man/jitd-events.7", ".It Li e3ec7e09", ".It Li e3ec7e00",
     "lacks the initiative e3ec7e09"),
    (check_keys, "src/config/keys.def", '7 * DAY, "5min"', '7 * DAY, "4min"',
     "[poll] interval lacks the line 'Default: 4min, from 1s to 7d.'"),
    (check_keys, "src/config/keys.def", "COUNT, 1, 1000,", "COUNT, 1, 2000,",
     "lacks the line 'Default: 32, from 1 to 2000.'"),
    (check_keys, "man/jitd.conf.5", ".It Cm confirm_delay",
     ".It Cm confirm_pause", "has the key [poll] confirm_pause, which is in"),
    (check_keys, "src/azure/credentials.def", '"access-token"',
     '"managed-identity"', "lacks the credential managed-identity"),
    (check_keys, "src/azure/credentials.def", "ACCESS_TOKEN_FILE, TENANT_ID",
     "ACCESS_TOKEN_FILE, 0", "access-token, tenant_id, which is in no table"),
    (check_keys, "src/azure/clouds.def", "https://portal.azure.us",
     "https://portal.azure.gov", "lacks the cloud ('usgov',"),
    (check_example, "etc/jitd.conf", "#confirm = 1", "#confirm = 2",
     "lacks the key [poll] confirm = 1"),
    (check_example, "etc/jitd.conf", "#max_clients = 64\n", "",
     "lacks the key [control] max_clients = 64"),
    (check_example, "etc/jitd.conf", "1s to 30d", "1s to 3d",
     "stale_after lacks its limits, '1s to 30d'"),
    (check_example, "etc/jitd.conf", "#cloud = public", "cloud = public",
     "'cloud = public' is neither a comment nor a section"),
    (check_daemon, "src/control/api.def", '"/-/ready"', '"/-/awake"',
     "lacks the request GET /-/awake"),
    (check_daemon, "src/control/api.def", "QUERY_BIT(FOLLOW) | ", "",
     "has the query of GET /v1/events, follow, which is in no table"),
    (check_daemon, "src/daemon/metrics.c", '"jitd_events_unsent"',
     '"jitd_events_left"', "lacks the metric jitd_events_left"),
    (check_daemon, "src/jitd.c", '{ "once", no', '{ "audit", no',
     "has the option once, which is in no table"),
    (check_daemon, "man/jitd.8", ".It 78", ".It 77",
     "lacks the exit status 78"),
    (check_client, "src/ctl/verbs.def", "VERB(ping", "VERB(knock",
     "has the verb ping, which is in no table"),
    (check_client, "src/ctl/verbs.def", "TAKES(ALL) | ", "",
     "has the option of poll, all, which is in no table"),
    (check_client, "man/jitd-ctl.1", ".It Fl Fl since", ".It Fl Fl after",
     "lacks the option of events, since"),
    (check_client, "src/ctl/outcome.h", "OUTCOME_REFUSED = 7",
     "OUTCOME_REFUSED = 8", "lacks the exit status 8"),
    (check_schema, "etc/jitd.schema.json", '"e8fe72e980bc4351a574835ce4427cb0"',
     '"e8fe72e980bc4351a574835ce4427cb1"', "lacks the event ('pass-completed'"),
    (check_schema, "etc/jitd.schema.json", '"tls", ', "",
     "lacks the failure tls"),
    (check_schema, "src/core/fields.def", '"count", NUMBER', '"count", TEXT',
     "the field count is no TEXT"),
    (check_schema, "etc/jitd.schema.json", '"changed_on", "since", ',
     '"changed_on", ', "not every key is required"),
    (check_schema, "etc/jitd.schema.json", '"#/$defs/counts"',
     '"#/$defs/sums"', "refers to sums, which is not there"),
    (check_mentions, "README.md", "jitd-ctl status", "jitd-ctl state",
     "README.md: there is no jitd-ctl state"),
    (check_mentions, "README.md", "http://jitd/v1/status",
     "http://jitd/v1/state", "README.md: there is no /v1/state"),
    (check_mentions, "README.md", "jitd_subscriptions{", "jitd_subs{",
     "README.md: there is no metric jitd_subs"),
    (check_mentions, "man/jitd.conf.5", "\ninterval = 1min",
     "\ninterval_s = 1min", "jitd.conf.5: there is no key interval_s"),
    (check_mentions, "README.md", "| monitoring-enabled | 32f5",
     "| monitoring-changed | 32f5", "is not the id of monitoring-changed"),
])
def test_a_breach_is_named(copy, check, name, old, new, says):
    path = copy / name
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
    assert any(says in fault for fault in check(copy)), list(check(copy))
