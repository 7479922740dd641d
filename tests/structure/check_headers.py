#!/usr/bin/env python3
"""Every header compiles alone, so that no file depends on the order of its includes.

check_headers.py ROOT -- COMPILER FLAG...   compiles each header by itself; names those that do not; exit 1 when there is one

A header that is the first include of a source file has compiled alone when that file was built, and is not tried again.
"""
import concurrent.futures
import os
import pathlib
import re
import subprocess
import sys

FOLDERS = ["schemas", "engine", "operators", "connectors", "app", "bench", "tests"]


def compiles(header, command):
    """The compiler's complaints, empty when there are none."""
    source = f'#include "{header}"\n'
    done = subprocess.run([*command, "-fsyntax-only", "-x", "c++", "-"], input=source, text=True, capture_output=True)
    return "" if done.returncode == 0 else (done.stderr or f"the compiler ended with {done.returncode}")


def first_include(source):
    match = re.search(r'^#include (.*)$', source.read_text(encoding="utf-8"), re.MULTILINE)
    return match.group(1).strip('"') if match else ""


def main():
    if len(sys.argv) < 4 or sys.argv[2] != "--":
        sys.exit(__doc__)
    root, command = pathlib.Path(sys.argv[1]).resolve(), sys.argv[3:]
    headers = [h for folder in FOLDERS for h in sorted((root / folder).rglob("*.h"))]
    built = {root / first_include(s) for folder in FOLDERS for s in (root / folder).rglob("*.cc")}
    tried = [h for h in headers if h not in built]
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        complaints = list(pool.map(lambda h: compiles(h, command), tried))
    failed = [(h, text) for h, text in zip(tried, complaints) if text]
    for header, text in failed:
        print(f"{header.relative_to(root)} does not compile alone:\n{text}")
    print(f"{len(headers)} headers, {len(tried)} tried here, {len(failed)} do not compile alone")
    return 1 if failed or not headers else 0


if __name__ == "__main__":
    sys.exit(main())
