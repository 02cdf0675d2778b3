# SPDX-License-Identifier: BSD-3-Clause
"""JavaScript run by Node.js, where it is installed."""

import json
import os
import shutil
import subprocess

import pytest

NODE = shutil.which("node")
needs_node = pytest.mark.skipif(not NODE, reason="needs Node.js")

# A whole number beyond 2^53 has no place in JSON, and NaN neither.
ANSWERS = """
import { readFileSync } from "node:fs";
const plain = (_, value) => (typeof value === "bigint" ? { whole: String(value) } : value);
const all = [];
for (const [file, rows] of JSON.parse(readFileSync(0, "utf-8"))) {
  const { predict } = await import(file);
  all.push(rows.map((row) => {
    try { return predict(row); } catch (error) { return { refused: `${error.name}: ${error.message}` }; }
  }));
}
console.log(JSON.stringify(all, plain));
"""


def printed(program, given, *options):
    """Returns the JSON that a program prints; given: what it finds in its input, as JSON."""
    done = node([*options, "-e", program], input=json.dumps(given))
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout, object_hook=lambda found: int(found["whole"]) if "whole" in found else found)


def module_answers(folder, asked):
    """Returns what modules answer; asked: pairs of a file in the folder and rows."""
    files = [((folder / file).as_uri(), rows) for file, rows in asked]
    return printed(ANSWERS, files, "--input-type=module")


def self_test(path):
    """Runs a self-test; returns what Node.js says."""
    return node([str(path)])


def node(arguments, **settings):
    """Runs Node.js, far from UTC, which dates must not notice."""
    assert NODE
    far = os.environ | {"TZ": "America/New_York"}
    return subprocess.run([NODE, *arguments], capture_output=True, text=True, check=False, env=far, **settings)
