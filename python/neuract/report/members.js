/* SPDX-License-Identifier: BSD-3-Clause */
/* The members of a model: networks that take the same row, and whose weighted mean predicts. The page shows the neurons
   of one of them at a time: model.network, .numbers, .strongest and .names are those of the member model.shown. */

/* Reads the members from the JSON of the page; of the others it has what differs from the member before. */
function membersOf({ others = [], ...first }, take) {
  const described = [first];
  for (const other of others) described.push({ ...described.at(-1), ...other });
  return described.map((each) => ({
    network: new Network(each, take),
    numbers: { names: each.numbers, order: each.numbers_order },
    strongest: each.strongest,
    names: each.layers.map((_, index) => (index < each.layers.length - 1 ? `hidden ${index + 1}` : "output")),
  }));
}

/* The weights of the members in their mean, and the bounds within which each of their outputs is held. */
function combinationOf({ weights = [1], bounds = [[], []] }) {
  const held = (outputs) => outputs.map((y, j) => clip(y, bounds[0][j] ?? -Infinity, bounds[1][j] ?? Infinity));
  const mean = (each) => weights.reduce((sum, weight, m) => sum + weight * each[m], 0);
  return { weights, held, mean };
}

function showMember(model, member) {
  Object.assign(model, model.members[member], { shown: member });
}

/* The prediction from the outputs of all members. */
function meanOutputs({ combination: { held, mean }, network: { round } }, each) {
  const all = each.map(held);
  return Float64Array.from(all[0], (_, j) => round(mean(all.map((outputs) => outputs[j]))));
}

/* The standard deviation of the members' answers, for each entry of the outcome. */
function spreadsOf(model, each) {
  const { held, mean } = model.combination;
  const answers = each.map((outputs) => outcomeOf(model, held(outputs)).entries.map(({ value }) => value));
  return answers[0].map((_, j) => {
    const center = mean(answers.map((values) => values[j]));
    return Math.sqrt(mean(answers.map((values) => (values[j] - center) ** 2)));
  });
}

/* The list of members above the diagram; chosen(member) is called with another one. */
function memberView(model, chosen) {
  if (model.members.length === 1) return;
  const told = (weight, k) => element("option", {}, `${k}, of weight ${readable(weight)}`);
  const select = element("select", { id: "member" }, ...model.combination.weights.map(told));
  select.addEventListener("change", () => chosen(select.selectedIndex));
  const label = element("label", { htmlFor: "member" }, `Member, one of ${model.members.length}`);
  find("diagram").before(element("p", { className: "member" }, label, select));
}
