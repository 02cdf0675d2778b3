/* SPDX-License-Identifier: BSD-3-Clause */
/* The prediction: a sentence, a bar for each class, label or number, and how far the members disagree. */

const OUTPUTS_AT_ONCE = 10;
const TITLES = { classes: "All classes", labels: "All labels", numbers: "All outputs", quantiles: "All quantiles" };

function outputsView(model) {
  const shares = model.outcome.kind === "classes" || model.outcome.kind === "labels";
  const rows = outcomeOf(model, new Float64Array(model.network.layers.at(-1).units)).entries.map(outputRow);
  find("outputs").classList.toggle("shares", shares);
  find("outputs").classList.toggle("members", model.members.length > 1);
  find("all-outputs").hidden = rows.length === 1; // the sentence has it
  find("output-title").textContent = model.words.target ? `Prediction: ${model.words.target}` : "Prediction";
  find("outputs-title").textContent = TITLES[model.outcome.kind];
  find("outputs").append(...rows.map(({ item }) => item));
  return (states, selected, each) => {
    const { entries, text } = outcomeOf(model, combined(model.combination, each));
    const spreads = each.length > 1 ? spreadsOf(model, each) : null;
    const largest = shares ? 1 : largestOf(entries.map(({ value }) => value));
    const shown = mostOf(entries);
    entries.forEach((entry, j) => rows[j].show(model, entry, largest, shown.has(j), spreads?.[j]));
    const rest = entries.length - shown.size;
    find("others").textContent = rest ? `… ${rest} more with smaller values` : "";
    if (spreads) showSpread(model, each, spreads);
    say(text, model.words.target);
  };
}

/* Of a single output, whose bar is hidden, the spread is part of the sentence. */
function showSpread(model, each, spreads) {
  const { text } = outcomeOf(model, held(model.combination, each[model.shown]));
  const spread = find("spread");
  const amounts = spreads.length > 1 ? "±" : around(model, spreads[0]);
  spread.dataset.value = String(spreads[0]);
  spread.textContent = `${amounts}: the standard deviation over ${each.length} members. Member ${model.shown} alone: ${text}`;
  spread.hidden = false;
}

/* A probability, or a number in its unit. */
function inText({ outcome: { kind }, words }, value) {
  return kind === "classes" || kind === "labels" ? value.toFixed(4).replace("-", "−") : inWords(value, words);
}

function around({ outcome: { kind }, words: { unit } }, spread) {
  if (kind === "classes" || kind === "labels") return `± ${spread.toFixed(4)}`;
  return `± ${brief(spread)} ${unit}`.trimEnd();
}

/* The numbers of the entries to show: all, or the largest. */
function mostOf(entries) {
  const numbers = entries.map((_, j) => j);
  if (entries.length <= OUTPUTS_AT_ONCE) return new Set(numbers);
  return new Set(numbers.toSorted((a, b) => entries[b].value - entries[a].value).slice(0, OUTPUTS_AT_ONCE));
}

function outputRow({ name }) {
  const [mark, value, length] = [element("span", { className: "mark" }), number(), bar()];
  const range = element("span", { className: "around" });
  const item = element("li", {}, mark, element("span", { className: "name", title: name }, name), length, value);
  const show = (model, entry, largest, visible, spread) => {
    item.hidden = !visible;
    item.classList.toggle("chosen", entry.chosen);
    mark.textContent = entry.chosen ? "▶" : "";
    setBar(length, entry.value, largest);
    value.value = String(entry.value);
    value.textContent = inText(model, entry.value);
    if (spread === undefined) return;
    item.append(range);
    range.dataset.value = String(spread);
    range.textContent = around(model, spread);
  };
  return { item, show };
}

/* Screen readers hear a new sentence when the sliders rest. */
let saying;
function say(text, target) {
  const at = text.lastIndexOf(", with probability");
  const parts = at < 0 ? [text] : [text.slice(0, at), element("small", {}, text.slice(at))];
  find("prediction").replaceChildren(...parts);
  clearTimeout(saying);
  saying = setTimeout(() => (find("spoken").textContent = target ? `${target}: ${text}` : text), 400);
}
