/* SPDX-License-Identifier: BSD-3-Clause */
/* Starts what a page shows: each element with data-learn gets the widget of that name. */

const WIDGETS = {
  neuron,
  functions,
  firing,
  layers,
  descent,
  chain,
  outputs,
  vanishing,
  dying,
  playground: (element) => new Playground(element),
};

/* Calls back when the theme of the site changes. */
function watchTheme(changed) {
  new MutationObserver(changed).observe(document.body, { attributes: true, attributeFilter: ["data-theme"] });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", changed);
}

document.querySelectorAll("[data-learn]").forEach((element) => WIDGETS[element.dataset.learn](element));
