/* SPDX-License-Identifier: BSD-3-Clause */
/* The neurons of one layer as a table, with tabs for the layers. */

const NEURONS_AT_ONCE = 16;

/* picked(layer, neuron) is called when another neuron is chosen. */
function neuronsView(model, picked) {
  const whole = new Set(); // layers that are shown with all their neurons
  let rows = new Map();
  let [built, network] = [null, null];
  const tabs = tabsOf(model, picked);
  const build = (layer) => {
    const shown = shownNeurons(model, layer, whole.has(layer));
    rows = new Map(shown.map((neuron) => [neuron, neuronRow(model, layer, neuron, () => picked(layer, neuron))]));
    find("neurons").replaceChildren(...[...rows.values()].map(({ item }) => item));
    const rest = model.strongest[layer].length - shown.length;
    find("rest").hidden = rest === 0;
    find("rest").textContent = `… ${rest} more: show all ${model.strongest[layer].length}`;
    [built, network] = [layer, model.network];
  };
  find("rest").addEventListener("click", () => (whole.add(built), build(built), picked(built, null)));
  roving(find("neurons"), "button", (button) => picked(built, Number(button.dataset.neuron)));
  return (states, selected) => {
    if (built !== selected.layer || network !== model.network) build(selected.layer);
    const state = states[built];
    const largest = [largestOf(state.z), largestOf(state.y)];
    for (const [neuron, { show }] of rows) show(state, largest, neuron === selected.neuron);
    tabs(states, built);
  };
}

/* The strongest neurons, or all, in order. */
function shownNeurons(model, layer, all) {
  const order = model.strongest[layer];
  return order.slice(0, all ? order.length : NEURONS_AT_ONCE).sort((a, b) => a - b);
}

function tabsOf(model, picked) {
  const first = (layer) => picked(layer, shownNeurons(model, layer, false)[0]);
  let [tabs, network] = [[], null];
  const tabOf = (name, layer) => {
    const count = element("span");
    const tab = element("button", { type: "button", role: "tab", id: `tab-${layer}` }, name, count);
    tab.setAttribute("aria-controls", "layer");
    tab.dataset.layer = layer;
    tab.addEventListener("click", () => first(layer));
    return { tab, count };
  };
  const build = () => {
    [tabs, network] = [model.names.map(tabOf), model.network];
    find("tabs").replaceChildren(...tabs.map(({ tab }) => tab));
  };
  roving(find("tabs"), "[role=tab]", (tab) => first(Number(tab.dataset.layer)));
  return (states, selected) => {
    if (network !== model.network) build();
    find("layer").setAttribute("aria-labelledby", `tab-${selected}`);
    tabs.forEach(({ tab, count }, layer) => {
      const fires = states[layer].fires.filter(Boolean).length;
      count.textContent = `${fires}/${states[layer].fires.length} fire`;
      tab.ariaSelected = String(layer === selected);
      tab.tabIndex = layer === selected ? 0 : -1;
    });
  };
}

function neuronRow(model, layer, neuron, chosen) {
  const { thresholds } = model.network.layers[layer];
  const button = element("button", { type: "button", dataset: { neuron } }, neuronName(model, layer, neuron));
  const [z, y, zBar, yBar, fires] = [number(), number(), bar(), bar(), element("td", { className: "fires" })];
  const threshold = element("td", { className: "threshold" }, thresholds ? readable(thresholds[neuron]) : "none");
  const item = element("tr", { dataset: { neuron } }, element("th", { scope: "row" }, button));
  item.append(element("td", {}, zBar, z), element("td", {}, yBar, y), threshold, fires);
  item.addEventListener("click", chosen);
  const show = (state, [largestZ, largestY], selected) => {
    setNumber(z, state.z[neuron]);
    setNumber(y, state.y[neuron]);
    setBar(zBar, state.z[neuron], largestZ);
    setBar(yBar, state.y[neuron], largestY);
    fires.textContent = state.fires[neuron] ? "● fires" : "○ silent";
    item.className = `${state.fires[neuron] ? "" : "silent"}${selected ? " selected" : ""}`;
    button.tabIndex = selected ? 0 : -1;
    button.ariaPressed = String(selected);
  };
  return { item, show };
}

/* The number of a neuron; for an output neuron also its name. */
function neuronName(model, layer, neuron) {
  const names = layer === model.names.length - 1 ? outputNames(model) : null;
  return names ? `${neuron} ${names[neuron]}` : String(neuron);
}
