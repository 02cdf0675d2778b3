/* SPDX-License-Identifier: BSD-3-Clause */
/* Starts the page: the two themes, and the views of a row. */

function themes() {
  const button = find("theme");
  const prefersDark = matchMedia("(prefers-color-scheme: dark)");
  let dark = prefersDark.matches;
  const show = () => {
    document.documentElement.style.colorScheme = dark ? "dark" : "light";
    document.documentElement.classList.toggle("dark", dark);
    button.textContent = dark ? "☀ Light" : "☾ Dark";
  };
  button.addEventListener("click", () => ((dark = !dark), show()));
  prefersDark.addEventListener("change", () => ((dark = prefersDark.matches), show()));
  show();
}

/* Says above a part that scrolls sideways that it does, and lets the keyboard scroll it. */
function sideways() {
  for (const part of document.querySelectorAll(".scrolls")) {
    const told = element("p", { className: "sideways", hidden: true }, "Scroll sideways to see all of it →");
    part.before(told);
    const look = () => {
      told.hidden = part.scrollWidth <= part.clientWidth + 1;
      part.tabIndex = told.hidden && part.id !== "diagram" ? -1 : 0;
    };
    const watch = new ResizeObserver(look);
    for (const each of [part, ...part.children]) watch.observe(each);
    new MutationObserver(() => ([...part.children].forEach((each) => watch.observe(each)), look())).observe(part, { childList: true });
  }
}

/* Redraws every view, at most once per frame, when an input moves or another neuron or member is picked. */
function explorer(model) {
  const selected = { layer: 0, neuron: shownNeurons(model, 0, false)[0] };
  let row = null;
  let waiting = false;
  const draw = () => {
    waiting = false;
    const numbers = model.numbersOf(row);
    const each = model.members.map(({ network }) => network.forward(numbers));
    const outputs = each.map((states) => states.at(-1).passed);
    for (const view of views) view(each[model.shown], selected, outputs, row);
  };
  const redraw = () => {
    if (!waiting) requestAnimationFrame(draw);
    waiting = true;
  };
  const pick = (layer, neuron) => {
    Object.assign(selected, { layer, neuron: neuron ?? selected.neuron });
    draw();
  };
  const views = [outputsView(model), diagramView(model, pick), neuronsView(model, pick), neuronView(model), whyView(model)];
  memberView(model, (member) => {
    showMember(model, member);
    views[1] = diagramView(model, pick);
    const units = model.network.layers[selected.layer]?.units ?? 0; // members may differ in their layers
    if (selected.neuron >= units) Object.assign(selected, { layer: 0, neuron: shownNeurons(model, 0, false)[0] });
    draw();
  });
  inputsView(model, (changed) => ((row = changed), redraw()));
}

themes();
sideways();
const description = JSON.parse(find("description").textContent);
if (description) explorer(readModel(description, find("numbers-of-the-network").textContent));
