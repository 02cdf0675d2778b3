/* SPDX-License-Identifier: BSD-3-Clause */
/* The prediction: a sentence, and a bar for each class, label or number. */

const OUTPUTS_AT_ONCE = 10;

function outputsView(model) {
  const shares = model.outcome.kind === "classes" || model.outcome.kind === "labels";
  const rows = outcomeOf(model, new Float64Array(model.network.layers.at(-1).units)).entries.map(outputRow);
  find("outputs").classList.toggle("shares", shares);
  find("outputs").hidden = rows.length === 1; // the sentence has it
  find("outputs").append(...rows.map(({ item }) => item));
  return (states) => {
    const { entries, text } = outcomeOf(model, states.at(-1).passed);
    const largest = shares ? 1 : largestOf(entries.map(({ value }) => value));
    const shown = mostOf(entries);
    entries.forEach((entry, j) => rows[j].show(entry, largest, shown.has(j), shares));
    const rest = entries.length - shown.size;
    find("others").textContent = rest ? `… ${rest} more with smaller values` : "";
    say(text);
  };
}

/* The numbers of the entries to show: all, or the largest. */
function mostOf(entries) {
  const numbers = entries.map((_, j) => j);
  if (entries.length <= OUTPUTS_AT_ONCE) return new Set(numbers);
  return new Set(numbers.toSorted((a, b) => entries[b].value - entries[a].value).slice(0, OUTPUTS_AT_ONCE));
}

function outputRow({ name }) {
  const [mark, value, length] = [element("span", { className: "mark" }), number(), bar()];
  const item = element("li", {}, mark, element("span", { className: "name", title: name }, name), length, value);
  const show = (entry, largest, visible, share) => {
    item.hidden = !visible;
    item.classList.toggle("chosen", entry.chosen);
    mark.textContent = entry.chosen ? "▶" : "";
    setBar(length, entry.value, largest);
    value.value = String(entry.value);
    value.textContent = share ? entry.value.toFixed(4) : amount(entry.value);
  };
  return { item, show };
}

/* Screen readers hear a new sentence when the sliders rest. */
let saying;
function say(text) {
  find("prediction").textContent = text;
  clearTimeout(saying);
  saying = setTimeout(() => (find("spoken").textContent = text), 400);
}
