# SPDX-License-Identifier: Apache-2.0
"""Each check of the tree can fail: it is shown a tree broken on purpose."""

import os
import pathlib
import shutil
import subprocess
import sys

import pytest

TOP = pathlib.Path(__file__).resolve().parents[2]
TOOLS = TOP / "tools"
LAYERS = """\
base:      -
core:      base
io:        base
daemon:    base core io
jitd.c:    base daemon
<curl>:    io/http.c
<json.h>:  -
"base/log.h": base/ daemon/
"""


def write(top, name, text):
    path = top / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def run(tool, *arguments, cwd):
    done = subprocess.run(
        [TOOLS / tool, *arguments], cwd=cwd, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, text=True, check=False)
    return done.returncode, done.stdout


@pytest.fixture
def tree(tmp_path):
    """A tree that every check finds good."""
    write(tmp_path, "src/LAYERS", "# SPDX-License-Identifier: Apache-2.0\n"
          + LAYERS)
    spdx = "/* SPDX-License-Identifier: Apache-2.0 */\n"
    write(tmp_path, "src/base/text.h", spdx + "#include <stddef.h>\n")
    write(tmp_path, "src/base/log.h", spdx)
    write(tmp_path, "src/core/assess.h", spdx + '#include "base/text.h"\n')
    write(tmp_path, "src/core/assess.c", spdx + '#include "core/assess.h"\n')
    write(tmp_path, "src/io/http.c", spdx + "#include <curl/curl.h>\n")
    write(tmp_path, "src/daemon/daemon.c", spdx + '#include "base/log.h"\n')
    write(tmp_path, "src/jitd.c", spdx + '#include "base/text.h"\n')
    return tmp_path


def test_a_good_tree_passes(tree):
    assert run("check-layers", "src", cwd=tree) == (0, "")
    for tool in "check-size", "check-style", "check-spdx":
        assert run(tool, cwd=tree) == (0, "")


@pytest.mark.parametrize("name, text, says", [
    ("src/base/a.c", '#include "core/assess.h"',
     "src/base/a.c: base may not include core/assess.h"),
    ("src/core/a.c", '#include "io/http.h"',
     "src/core/a.c: core may not include io/http.h"),
    ("src/jitd.c", '#include "io/http.h"',
     "src/jitd.c: jitd.c may not include io/http.h"),
    ("src/core/a.c", "#include <base/text.h>",
     'src/core/a.c: base/text.h is ours, write it as "base/text.h"'),
    ("src/core/a.c", '#include "assess.h"',
     "src/core/a.c: write assess.h with its folder, as seen from src"),
    ("src/new/a.c", "#include <stdio.h>",
     "src/new/a.c: new has no row in LAYERS"),
    ("src/io/loop.c", "#  include <curl/curl.h>",
     "src/io/loop.c: only io/http.c may include curl"),
    ("src/base/json.c", "#include <json.h>",
     "src/base/json.c: only nobody may include json.h"),
    ("src/core/a.c", '#include "base/log.h"',
     "src/core/a.c: only base/, daemon/ may include base/log.h"),
])
def test_layers_names_the_breach(tree, name, text, says):
    write(tree, name, text + "\n")
    assert run("check-layers", "src", cwd=tree) == (1, says + "\n")


def test_layers_names_a_cycle_once_and_whole(tree):
    write(tree, "src/io/a.h", '#include "io/b.h"\n')
    write(tree, "src/io/b.c", '#include "io/c.h"\n')
    write(tree, "src/io/c.h", '#include "io/a.h"\n')
    assert run("check-layers", "src", cwd=tree) == (
        1, "src: an include cycle: io/a -> io/b -> io/c -> io/a\n")


def test_layers_refuses_a_row_that_looks_up(tree):
    write(tree, "src/LAYERS", LAYERS.replace("core:      base",
                                             "core:      base io"))
    assert run("check-layers", "src", cwd=tree) == (
        1, "src/LAYERS: core names io, which is not above it\n")


def function(lines):
    return "int f(int a,\n      int b)\n{\n" + "\ta++;\n" * (lines - 4) + "}\n"


def test_size_counts_a_function_from_its_name_to_its_brace(tree):
    write(tree, "src/core/a.c", "struct s {\n\tint a;\n};\n\n" + function(59))
    assert run("check-size", cwd=tree) == (0, "")
    write(tree, "src/core/a.c", "struct s {\n\tint a;\n};\n\n" + function(60))
    assert run("check-size", cwd=tree) == (
        1, "src/core/a.c:5: f has 60 lines, a function has less than 60\n")


def test_size_counts_the_lines_of_a_file(tree):
    write(tree, "src/core/a.c", "\n" * 499)
    assert run("check-size", cwd=tree) == (0, "")
    write(tree, "src/core/a.c", "\n" * 500)
    assert run("check-size", cwd=tree)[0] == 1


def test_size_counts_a_tab_as_eight_columns(tree):
    write(tree, "tests/unit/core/a.c", "\t" + "a" * 72 + "\n")
    assert run("check-size", cwd=tree) == (0, "")
    write(tree, "tests/unit/core/a.c", "\n\t" + "a" * 73 + "\n")
    assert run("check-size", cwd=tree) == (
        1, "tests/unit/core/a.c:2: 81 columns, 80 may be\n")


@pytest.mark.parametrize("name, text", [
    ("src/core/a.c", "strcpy(a, b);"),
    ("src/ctl/a.c", "n = sprintf (a, b);"),
    ("src/io/a.c", "strtok(a, b);"),
    ("src/io/a.c", "gets(a);"),
    ("src/io/a.c", "n = atoi(a);"),
    ("src/io/a.c", "sscanf(a, b);"),
    ("src/io/a.c", "system(a);"),
    ("src/io/a.h", "typedef struct a a;"),
    ("src/core/a.c", "now = time(NULL);"),
    ("src/core/a.c", "clock_gettime(a, b);"),
    ("src/core/a.c", "usleep(1);"),
    ("src/core/a.c", "n = random();"),
    ("src/core/a.c", "/* TO" + "DO: more */"),
    ("tests/unit/a.c", "// FIX" + "ME"),
])
def test_style_refuses(tree, name, text):
    write(tree, name, "\n" + text + "\n")
    status, said = run("check-style", cwd=tree)
    assert status == 1 and said.startswith(name + ":2: ")


@pytest.mark.parametrize("name, text", [
    ("src/core/a.c", '/* as strcpy() would */ "atoi(1)" my_gets(a)'),
    ("src/io/a.c", "now = time(NULL);"),
    ("src/core/a.c", 'mkstemp("a' + "X" * 6 + '"); due_time(1);'),
])
def test_style_lets_pass(tree, name, text):
    write(tree, name, text + "\n")
    assert run("check-style", cwd=tree) == (0, "")


def test_spdx_asks_all_but_data(tree):
    write(tree, "man/jitd.8", ".Dd\n")
    write(tree, "tests/data/a.txt", "a\n")
    write(tree, "a.json", "{}\n")
    assert run("check-spdx", cwd=tree) == (
        1, "man/jitd.8: has no line 'SPDX-License-Identifier: Apache-2.0'\n")


def compile_c(tree, name, text):
    source = write(tree, f"src/{name}.c", text)
    target = tree / f"build/src/{name}.o"
    target.parent.mkdir(parents=True, exist_ok=True)
    subprocess.run(["cc", "-fPIE", "-c", "-o", target, source], check=True)


def test_globals_finds_those_that_can_be_written(tree):
    compile_c(tree, "base/log", "int level = 3;\n")
    compile_c(tree, "core/good", """
static int f(void) { return 1; }
int (*const table[])(void) = {f};
const char *const words[] = {"a", "b"};
""")
    assert run("check-globals", "build/src", cwd=tree) == (0, "")
    compile_c(tree, "core/bad", """
int counted;
static int set = 3;
const char *word = "a";
int f(void) { static int calls; return ++calls + set; }
""")
    status, said = run("check-globals", "build/src", cwd=tree)
    names = {line.split()[1].split(".")[0] for line in said.splitlines()}
    assert status == 1 and names == {"counted", "set", "word", "calls"}


def test_globals_wants_objects(tree):
    assert run("check-globals", "build/src", cwd=tree)[0] == 1


def test_headers_are_compiled_alone(tree):
    command = ["check-headers", "cc", "-Isrc"]
    assert run(*command, cwd=tree) == (0, "")
    write(tree, "src/core/a.h", "size_t a;\n")
    status, said = run(*command, cwd=tree)
    assert status == 1 and "size_t" in said


ROW = 'EVENT(ONE, "one", 3, "%s",\n      "a \\"b\\"", "first\\n"\n"second")\n'
ID = "0123456789abcdef" * 2


def test_catalog_is_made_of_the_table(tree):
    write(tree, "events.def", "/* EVENT(x) * */\n" + ROW % ID)
    status, said = run("make-catalog", "events.def", cwd=tree)
    assert status == 0 and said.endswith(
        f'\n-- {ID}\nSubject: a "b"\nDefined-By: jitd\n'
        "Documentation: man:jitd-events(7)\n\nfirst\nsecond\n")


@pytest.mark.parametrize("table", [
    ROW % ID[1:], ROW % ID + ROW % ID, "EVENT(ONE, 3)\n",
    'EVENT(ONE, "one"', "other(1)\n"])
def test_catalog_refuses_a_table_it_cannot_read(tree, table):
    write(tree, "events.def", table)
    assert run("make-catalog", "events.def", cwd=tree)[0] == 1


def program(tree, name, text):
    path = write(tree, name, "#!/bin/sh\n" + text)
    path.chmod(0o755)
    return str(path)


GOOD = ('echo "[ RUN      ] a"\necho "[       OK ] a"\n'
        'echo "[  PASSED  ] 2 test(s)."\n')
BAD = ('echo "[  PASSED  ] 1 test(s)."\n'
       'echo "[  FAILED  ] 1 test(s), listed below:"\nexit 1\n')


def test_unit_sums_up_and_keeps_the_closing_lines(tree):
    status, said = run("run-unit", program(tree, "good", GOOD), cwd=tree)
    assert status == 0 and said.endswith("1 programs: 2 passed, 0 failed\n")
    assert "PASSED  ] 2" in said and "RUN" not in said


@pytest.mark.parametrize("text, sum_up", [
    (BAD, "3 passed, 1 failed"),
    (GOOD + "kill -SEGV $$\n", "4 passed, 1 failed"),
    ("exit 0\n", "2 passed, 1 failed"),
    (GOOD + "exit 3\n", "4 passed, 1 failed"),
])
def test_unit_fails_with_any_program_and_runs_the_others(tree, text, sum_up):
    status, said = run("run-unit", program(tree, "bad", text),
                       program(tree, "good", GOOD), cwd=tree)
    assert status == 1 and said.endswith(f"2 programs: {sum_up}\n")
    assert "FAILED " + str(tree / "bad") in said


def test_unit_fails_without_programs(tree):
    assert run("run-unit", cwd=tree)[0] == 1


def test_deps_is_silent_when_all_is_there(tree):
    if not shutil.which("dpkg-query"):
        pytest.skip("neither Debian nor Ubuntu")
    assert run("install-deps", "build", "check", cwd=tree) == (0, "")


def test_deps_knows_its_groups(tree):
    status, said = run("install-deps", "nonsense", cwd=tree)
    assert status != 0 and "nonsense" in said


def run_e2e(tree, test):
    write(tree, "tests/e2e/test_a.py", test)
    (tree / "build").mkdir()
    done = subprocess.run(
        [TOOLS / "run-e2e", "tests/e2e"], cwd=tree, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, text=True, check=False,
        env={**os.environ, "O": "build", "PYTHON": sys.executable})
    return done.returncode, done.stdout


def test_e2e_shows_the_tests_what_was_built(tree):
    status, said = run_e2e(
        tree, "import os\ndef test_a():\n    "
        f"assert os.environ['JITD_BUILD'] == '{tree}/build'\n")
    assert status == 0 and "1 passed" in said


def test_e2e_fails_when_a_test_does(tree):
    assert run_e2e(tree, "def test_a():\n    assert False\n")[0] == 1


def test_e2e_fails_when_a_sanitizer_speaks_up(tree):
    status, said = run_e2e(
        tree, "import os\ndef test_a():\n    open(os.environ['ASAN_OPTIONS']"
        ".split('=')[1].split(':')[0] + '.1', 'w').write('overrun')\n")
    assert status == 1 and "1 passed" in said and "overrun" in said
