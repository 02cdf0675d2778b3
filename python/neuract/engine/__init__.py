# SPDX-License-Identifier: BSD-3-Clause
"""The engine: JavaScript that computes a model, the same in the page that `report` writes and in the module of `to_js`.

Its scripts are pure functions that know no page. They share one scope, in the order of `_scripts.ENGINE`. After these
come `gradients.js`, of the page alone, or `rows.js` and `predict.js`, of modules alone. The site's pages in docs/learn
add the training.
"""
