# SPDX-License-Identifier: Apache-2.0
"""
The tables in src, and the lists of a manual page, as Python's own.
"""

import collections
import json
import re

FOLDERS = {"JITD_RUNSTATEDIR": "/run", "JITD_LOCALSTATEDIR": "/var"}
UNITS = {"d": 86400000, "h": 3600000, "min": 60000, "s": 1000, "ms": 1}
LIMITED = {"DURATION", "COUNT", "RATE", "MODE"}

TOKEN = re.compile(r'/\*.*?\*/|"(?:\\.|[^"\\])*"|[(),]|[^\s"(),]+', re.S)


def argument(tokens):
    """Return what one argument of a row stands for."""
    texts = [FOLDERS.get(token, token) for token in tokens]
    if not any(token.startswith('"') for token in tokens):
        return " ".join(texts)
    return "".join(json.loads(text) if text.startswith('"') else text
                   for text in texts)


def rows(path, macro):
    """Return the arguments of each MACRO(...) of a .def file."""
    text = re.sub(r"^#.*", "", path.read_text(), flags=re.M)
    tokens = [token for token in TOKEN.findall(text)
              if not token.startswith("/*")]
    found, row, depth = [], None, 0
    for before, token in zip([""] + tokens, tokens):
        if row is None:
            if before == macro and token == "(":
                row, depth = [[]], 1
            continue
        depth += (token == "(") - (token == ")")
        if depth == 0:
            found.append([argument(tokens) for tokens in row])
            row = None
        elif depth == 1 and token == ",":
            row.append([])
        else:
            row[-1].append(token)
    assert found, f"{path} has no {macro}"
    return found


def number(text, names):
    """Return what a product such as 7 * DAY is."""
    product = 1
    for factor in re.findall(r"\w+", text.replace("INT64_C", "")):
        if not factor[0].isdigit():
            product *= number(names[factor], names)
        else:
            product *= int(factor, 8 if factor.startswith("0") else 10)
    return product


def duration(milliseconds):
    """Return a duration as jitd prints it: by the longest unit that fits."""
    for unit, size in UNITS.items():
        if milliseconds and milliseconds % size == 0:
            return f"{milliseconds // size}{unit}"
    return "0"


Key = collections.namedtuple("Key", "section name preset limits")


def key_of(section, name, row, names):
    """Return a key with its limits in words, where it has some."""
    kind, least, most, preset = row
    words = None
    if kind in LIMITED:
        bounds = [number(bound, names) for bound in (least, most)]
        if kind == "DURATION":
            bounds = [duration(bound) for bound in bounds]
        elif kind == "MODE":
            bounds = ["0", f"{bounds[1]:04o}"]
        words = tuple(str(bound) for bound in bounds)
    return Key(section, name, preset, words)


def keys_of(top):
    """Return all keys of the configuration, in their order."""
    path = top / "src/config/keys.def"
    names = dict(re.findall(r"^#define (\w+) (.+)", path.read_text(), re.M))
    return [key_of(row[0], row[1], row[2:6], names)
            for row in rows(path, "KEY")] + \
           [key_of("tenant NAME", row[0], row[1:5], names)
            for row in rows(path, "TENANT_KEY")]


def events_of(top):
    """Return (word, priority, message id) of each event."""
    return {(row[1], int(row[2]), row[3])
            for row in rows(top / "src/core/events.def", "EVENT")}


def words_of(top, macro):
    """Return the words of a table of words.def."""
    path = top / "src/core/words.def"
    found = re.search(rf"#ifdef {macro}\n(.*?)#endif", path.read_text(), re.S)
    return re.findall(rf'^{macro}\(\w+, "(\w+)"', found.group(1), re.M)


def fields_of(top):
    """Return the kind of each field of an event, by its key."""
    return {row[1]: row[2] for row in rows(top / "src/core/fields.def",
                                           "FIELD")}


def column(top, path, macro, index):
    """Return one argument of each row."""
    return [row[index] for row in rows(top / path, macro)]


def endpoints_of(top):
    """Return the keys of the query of each "METHOD PATH"."""
    return {f"{row[1]} {row[2]}": {key.lower() for key in
                                   re.findall(r"QUERY_BIT \( (\w+)", row[3])}
            for row in rows(top / "src/control/api.def", "ENDPOINT")}


def options_of(top):
    """Return the options that every verb takes, and those of each verb."""
    names = {row[0]: row[1] for row in rows(top / "src/ctl/options.def",
                                            "OPTION")}
    verbs = {row[0]: {names[name] for name in
                      re.findall(r"TAKES \( (\w+)", row[4])}
             for row in rows(top / "src/ctl/verbs.def", "VERB")}
    return set(names.values()) - set().union(*verbs.values()), verbs


def metrics_of(top):
    """Return the names of all metrics."""
    text = (top / "src/daemon/metrics.c").read_text()
    literals = " ".join(re.findall(r'"(?:\\.|[^"\\])*"', text))
    return set(re.findall(r"\b(?:jitd|process)_[a-z_]+", literals))


def statuses_of(top, path, prefix):
    """Return the numbers of an enum of exit statuses."""
    text = (top / path).read_text()
    return set(re.findall(rf"^\t{prefix}_\w+ = (\d+),", text, re.M))


class Item:
    """An item of a list in a manual page, and where it stands."""

    def __init__(self, section, subsection, depth, head):
        self.section = section
        self.subsection = subsection
        self.depth = depth
        self.head = head
        self.lines = []

    def text(self):
        """Return its lines as one."""
        return "\n".join(self.lines)


def items_of(path):
    """Return all items of a manual page, outer ones with their inner ones."""
    section = subsection = ""
    found, open_items, depth = [], {}, 0
    for line in path.read_text().splitlines():
        macro, _, rest = line.partition(" ")
        for outer in open_items.values():
            outer.lines.append(line)
        if macro == ".Sh":
            section, subsection = rest, ""
        elif macro == ".Ss":
            subsection = rest
        elif macro == ".Bl":
            depth += 1
        elif macro == ".El":
            open_items.pop(depth, None)
            depth -= 1
        elif macro == ".It":
            item = Item(section, subsection, depth, rest)
            found.append(item)
            open_items[depth] = item
    return found


def under(items, section, subsection=None, depth=1):
    """Return the items of one section, or of one part of it."""
    return [item for item in items
            if item.section == section and item.depth == depth
            and subsection in (None, item.subsection)]


def heads(items, pattern):
    """Return what a pattern finds in the heads of items, in their order."""
    return [found.group(1) for found in
            (re.match(pattern, item.head) for item in items) if found]
