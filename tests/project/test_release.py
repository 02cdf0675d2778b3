# SPDX-License-Identifier: BSD-3-Clause
"""What a release needs: one version everywhere, metadata for the package index, a conda recipe with the same facts."""

import re
import runpy
import shutil
import tomllib
from pathlib import Path

import pytest

import neuract
from oracle.paths import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
ABOUT = PROJECT["project"]
RECIPE = (ROOT / "conda" / "recipe" / "recipe.yaml").read_text()
FILES = ["pyproject.toml", "CHANGELOG.md", "CITATION.cff", "conda/recipe/recipe.yaml"]
release_notes = runpy.run_path(str(ROOT / ".ci" / "release.py"))["release_notes"]


@pytest.fixture
def copy(tmp_path):
    for name in FILES:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    return tmp_path


def test_all_places_name_the_version_of_the_package():
    assert ABOUT["version"] == neuract.__version__
    notes = release_notes(f"v{ABOUT['version']}")
    assert "### " in notes
    assert "\n## " not in notes


@pytest.mark.parametrize("tag", ["v0.0.9", "0.1.0", "v0.1.0rc1"])
def test_another_tag_is_refused(tag):
    with pytest.raises(SystemExit, match=f"tag is '{tag}', not 'v"):
        release_notes(tag)


@pytest.mark.parametrize("name", FILES)
def test_another_version_in_one_place_is_refused(copy, name):
    path = copy / name
    path.write_text(path.read_text().replace(ABOUT["version"], "9.8.7"))
    with pytest.raises(SystemExit, match=r"9\.8\.7|no section"):
        release_notes(root=copy)


def test_another_date_is_refused(copy):
    path = copy / "CITATION.cff"
    path.write_text(re.sub(r"\d{4}-\d\d-\d\d", "2001-01-01", path.read_text()))
    with pytest.raises(SystemExit, match="date-released is '2001-01-01'"):
        release_notes(root=copy)


def test_classifiers_are_sorted_and_name_the_pythons_of_the_wheels():
    classifiers = ABOUT["classifiers"]
    assert classifiers == sorted(set(classifiers))
    built = {f"3.{minor}" for minor in re.findall(r"cp3(\d+)-", " ".join(PROJECT["tool"]["cibuildwheel"]["build"]))}
    named = re.findall(r"Python :: (3\.\d+)$", "\n".join(classifiers), re.M)
    assert set(named) == built
    assert ABOUT["requires-python"] == f">={named[0]}"
    assert ("Typing :: Typed" in classifiers) == (Path(neuract.__file__).parent / "py.typed").exists()


def test_the_recipe_has_the_requirements_of_the_package():
    run = re.search(r"^  run:\n((?:    - .*\n)+)", RECIPE, re.M)[1].replace(" ", "")
    assert run.splitlines() == [f"-{text}" for text in ("python", *ABOUT["dependencies"])]
    host = re.search(r"^  host:\n((?:    - .*\n)+)", RECIPE, re.M)[1].replace(" ", "")
    assert set(host.splitlines()) == {f"-{text}" for text in ("python", "pip", *PROJECT["build-system"]["requires"])}
    assert f'match(python, "<{ABOUT["requires-python"].removeprefix(">=")}")' in RECIPE
    for text in (ABOUT["description"], ABOUT["license"], ABOUT["urls"]["Source"], ABOUT["urls"]["Documentation"]):
        assert f": {text}\n" in RECIPE


def test_the_recipe_builds_this_tree_and_the_templates_are_there():
    assert (ROOT / "conda" / "recipe" / re.search(r"path: (\S+)", RECIPE)[1]).resolve() == ROOT.resolve()
    assert {path.name for path in (ROOT / ".github" / "ISSUE_TEMPLATE").iterdir()} == {
        "bug.yml",
        "feature.yml",
        "config.yml",
    }
    assert "## [Unreleased]" in (ROOT / "CHANGELOG.md").read_text()  # the pull-request template asks for a line there
