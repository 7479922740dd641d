#!/usr/bin/env python3
"""Includes point one way: schemas <- engine <- operators <- connectors <- app.

check_includes.py ROOT         names every violation with file and line; exit 1 when there is one
check_includes.py --self-test  does the same on small trees with known violations
"""
import pathlib
import re
import sys
import tempfile

LAYERS = ["schemas", "engine", "operators", "connectors", "app"]
OUTSIDE = ["bench", "tests"]          # may include every layer; no layer may include them
LINES_MAX = 800
INCLUDE = re.compile(r'^\s*#\s*include\s*"([^"]+)"')


def violations_of(root, path):
    """Yields (line, text) for one file."""
    name = path.relative_to(root).as_posix()
    folder = name.split("/")[0]
    lines = path.read_text(encoding="utf-8").splitlines()
    if len(lines) > LINES_MAX:
        yield len(lines), f"has {len(lines)} lines, the most is {LINES_MAX}"
    if "util" in path.stem.split("_") or "utils" in path.stem.split("_"):
        yield 1, "is named after nothing: say what is in it"
    if path.suffix == ".h" and "#pragma once" not in lines:
        yield 1, "has no #pragma once"
    for number, line in enumerate(lines, 1):
        match = INCLUDE.match(line)
        if not match:
            continue
        target = match.group(1)
        to = target.split("/")[0]
        if ".." in target.split("/"):
            yield number, f'"{target}": includes start at the root of the project'
        elif to not in LAYERS + OUTSIDE:
            if folder in LAYERS:
                yield number, f'"{target}" is in no layer: ours start at the root of the project, others take <>'
        elif not target.endswith("_generated.h") and not (root / target).is_file():
            yield number, f'"{target}" does not exist'
        elif folder in LAYERS and (to in OUTSIDE or LAYERS.index(to) > LAYERS.index(folder)):
            yield number, f'{folder} must not include "{target}": {" <- ".join(LAYERS)}'


def check(root):
    files = [p for folder in LAYERS + OUTSIDE for suffix in ("h", "cc") for p in sorted((root / folder).rglob(f"*.{suffix}"))]
    found = [f"{p.relative_to(root)}:{line}: {text}" for p in files for line, text in violations_of(root, p)]
    return files, found


def self_test():
    cases = {
        'engine/a.cc': ('#include "operators/b.h"', True),
        'schemas/a.cc': ('#include "engine/b.h"', True),
        'operators/a.cc': ('#include "tests/b.h"', True),
        'connectors/a.cc': ('#include "connectors/missing.h"', True),
        'app/a.cc': ('#include "b.h"', True),
        'app/b.cc': ('#include "engine/../schemas/b.h"', True),
        'app/c.h': ('int x;', True),
        'app/text_utils.cc': ('', True),
        'app/d.cc': ('#include "engine/b.h"\n#include <vector>\n#include "schemas/x_generated.h"', False),
        'tests/engine/a.cc': ('#include "operators/b.h"\n#include "evolution/x_generated.h"', False),
    }
    failed = []
    for name, (text, bad) in cases.items():
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder)
            for layer in LAYERS + OUTSIDE:
                (root / layer).mkdir()
                (root / layer / "b.h").write_text("#pragma once\n")
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(text)
            found = check(root)[1]
            if bool(found) != bad:
                failed.append(f"{name}: {'missed' if bad else found}")
    print("\n".join(failed) or f"{len(cases)} cases as expected")
    return 1 if failed else 0


def main():
    if sys.argv[1:] == ["--self-test"]:
        return self_test()
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    files, found = check(pathlib.Path(sys.argv[1]).resolve())
    print("\n".join(found) or f"{len(files)} files, all includes point one way")
    return 1 if found or not files else 0


if __name__ == "__main__":
    sys.exit(main())
