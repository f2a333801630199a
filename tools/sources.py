# SPDX-License-Identifier: Apache-2.0
"""What the checks share: the files of the project, and C without its words."""

import os
import pathlib
import re
import subprocess

WORDS = re.compile(
    r"//[^\n]*|/\*.*?\*/"
    r'|"(?:\\.|[^"\\\n])*"'
    r"|'(?:\\.|[^'\\\n])*'", re.S)


def code(text):
    """Return text with its comments and literals blanked, line for line."""
    return WORDS.sub(lambda found: re.sub(r"[^\n]", " ", found.group()), text)


def project_files():
    """Return the files that git knows or would add; without git, all."""
    if os.path.exists(".git"):
        listed = subprocess.run(
            ["git", "-c", "safe.directory=*", "ls-files", "-z", "--cached",
             "--others", "--exclude-standard"],
            stdout=subprocess.PIPE, check=True).stdout.decode()
        names = [pathlib.Path(name) for name in listed.split("\0") if name]
    else:
        names = [path for path in pathlib.Path().rglob("*")
                 if not path.parts[0].startswith("build")]
    return sorted(path for path in names if path.is_file())


def c_files(*folders):
    """Return the .c and .h files of the project below these folders."""
    return [path for path in project_files()
            if path.suffix in (".c", ".h") and path.parts[0] in folders]
