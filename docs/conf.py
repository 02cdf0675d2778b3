# SPDX-License-Identifier: BSD-3-Clause
"""Sphinx builds the documentation as a site: `nox -s docs`. The pages are Markdown, so that GitHub shows them too."""

import sys
import tomllib
from pathlib import Path

DOCS = Path(__file__).parent
sys.path[:0] = [str(DOCS / "extensions")]

from repository_links import source_address  # noqa: E402

PROJECT = tomllib.loads((DOCS.parent / "pyproject.toml").read_text())["project"]
REPOSITORY, SITE = PROJECT["urls"]["Source"], PROJECT["urls"]["Documentation"]

project, release, copyright = PROJECT["name"], PROJECT["version"], PROJECT["authors"][0]["name"]
extensions = ["myst_parser", "numpydoc", "sphinx_copybutton", "sphinx_design", "sphinxext.opengraph"]
extensions += [f"sphinx.ext.{name}" for name in ("autodoc", "autosummary", "intersphinx", "linkcode")]
extensions += ["sphinx_gallery.gen_gallery"]
# Modules of docs/extensions.
extensions += ["repository_links", "public_names", "parameters", "code_names", "learn_pages"]
templates_path = ["templates"]
exclude_patterns = ["templates"]
smartquotes = False

myst_heading_anchors = 3
myst_enable_extensions = ["colon_fence"]

default_role = "py:obj"
nitpicky = True
nitpick_ignore_regex = [("py:obj", ".*")]  # `backticks` are linked if they hold a name of neuract
autodoc_typehints = "none"  # the docstrings describe types in words
autodoc_preserve_defaults = True
numpydoc_show_class_members = False  # autodoc shows them
numpydoc_validation_checks = {"PR02", "PR03"}  # documented parameters exist, in this order

# The pages of these classes show inherited methods too, except the methods that every estimator has.
KINDS = ("MLP", "Tabular", "DaskMLP", "DaskTabular")
ESTIMATORS = {f"{kind}{task}" for kind in KINDS for task in ("Classifier", "Regressor")}
REQUESTS = [f"set_{method}_request" for method in ("fit", "partial_fit", "predict", "predict_interval", "score")]
autosummary_context = {
    "with_inherited_members": ESTIMATORS | {"Network", "ServedClassifier", "ServedRegressor"},
    "of_every_estimator": ", ".join(["get_metadata_routing", "get_params", "set_params", *REQUESTS]),
}
# File systems that ignore case: `loss` beside `Loss`.
FUNCTIONS = {"activations": "activation", "losses": "loss", "schedules": "schedule", "optimizers": "optimizer"}
autosummary_filename_map = {
    f"{module}.{name}": f"neuract.{plural}.{name}_by_name"
    for plural, name in FUNCTIONS.items()
    for module in ("neuract", f"neuract.{plural}")
}

# The files list the names in use, for builds without a network.
OTHERS = {
    "python": "https://docs.python.org/3/",
    "numpy": "https://numpy.org/doc/stable/",
    "scipy": "https://docs.scipy.org/doc/scipy/",
    "sklearn": "https://scikit-learn.org/stable/",
    "pandas": "https://pandas.pydata.org/docs/",
    "matplotlib": "https://matplotlib.org/stable/",
}
intersphinx_mapping = {name: (address, (None, f"inventories/{name}.inv")) for name, address in OTHERS.items()}
intersphinx_timeout = 5

copybutton_prompt_text = r">>> |\.\.\. |\$ "
copybutton_prompt_is_regexp = True

ogp_site_url = html_baseurl = SITE
ogp_image = "_static/page.png"
ogp_social_cards = {"enable": False}  # one picture for all pages

GALLERY = "../examples/gallery"
SECTIONS = ("frames", "training", "regression", "inside", "explain", "compare")
sphinx_gallery_conf = {
    "examples_dirs": GALLERY,
    "gallery_dirs": "gallery",
    "filename_pattern": "/plot_",
    "subsection_order": [f"{GALLERY}/{section}" for section in SECTIONS],
    "within_subsection_order": "FileNameSortKey",
    "image_scrapers": ("gallery_pictures.save_for_both_themes",),
    "reset_modules": ("matplotlib", "gallery_pictures.set_colours_of_text"),
    "thumbnail_size": (640, 400),
    "doc_module": ("neuract",),
    "backreferences_dir": "gallery/used_by",
    "capture_repr": (),  # examples print what they show
    "plot_gallery": True,
    "abort_on_example_error": True,
    "remove_config_comments": True,
    "download_all_examples": False,
    "write_computation_times": False,
    "min_reported_time": 1e9,  # seconds: no page says how long its example took
    "show_memory": False,
    "show_signature": False,
}

html_theme = "furo"
html_title = f"{project} {release}"
html_logo = html_favicon = "logo.svg"
html_css_files = ["site.css", "gallery.css"]
html_search_scorer = str(DOCS / "scorer.js")
html_js_files = [("site.js", {"defer": ""})]
html_static_path = ["site.css", "gallery.css", "site.js", "learn/learn.css", "pictures/report/page.png"]
html_theme_options = {"source_repository": REPOSITORY, "source_branch": "main", "source_directory": "docs/"}
html_theme_options["top_of_page_buttons"] = []  # generated pages have no source in the repository


def linkcode_resolve(domain: str, info: dict[str, str]) -> str | None:
    """Returns the address of the source of a name, which Sphinx links as [source]."""
    return source_address(REPOSITORY, f"{info['module']}.{info['fullname']}") if domain == "py" else None
