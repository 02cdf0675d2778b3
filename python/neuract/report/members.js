/* SPDX-License-Identifier: BSD-3-Clause */
/* The members as the page shows them. It shows the neurons of one of them at a time: model.network, .numbers,
   .strongest and .names are those of the member model.shown. */

/* The descriptions of all members; `others` has of each what differs from the one before. */
function describedMembers({ others = [], ...first }) {
  const described = [first];
  for (const other of others) described.push({ ...described.at(-1), ...other });
  return described;
}

/* Reads the members from the JSON of the page. */
function membersOf(description, take) {
  return describedMembers(description).map((each) => ({
    network: new Network(each, take),
    numbers: { names: each.numbers, order: each.numbers_order },
    strongest: each.strongest,
    names: each.layers.map((_, index) => (index < each.layers.length - 1 ? `hidden ${index + 1}` : "output")),
  }));
}

function showMember(model, member) {
  Object.assign(model, model.members[member], { shown: member });
}

/* The standard deviation of the members' answers, for each entry of the outcome. */
function spreadsOf({ combination, outcome }, each) {
  const answers = each.map((outputs) => answersOf(outcome, held(combination, outputs)));
  return answers[0].map((_, j) => {
    const center = meanOf(combination, answers.map((values) => values[j]));
    return Math.sqrt(meanOf(combination, answers.map((values) => (values[j] - center) ** 2)));
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
