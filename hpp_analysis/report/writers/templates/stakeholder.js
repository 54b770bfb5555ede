// What the page for stakeholders does besides being read: it chooses rows of its tables, orders and draws them. All numbers are
// those of the tables, as they are written there: a chart tells no more than its table. `vegaEmbed` is bundled with this script.
const words = JSON.parse(document.body.dataset.words);
const language = document.documentElement.lang;
const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_all, name) => values[name]);
const make = (kind, settings, ...children) => {
  const element = Object.assign(document.createElement(kind), settings);
  element.append(...children);
  return element;
};
const marks = new Intl.NumberFormat(language, { numberingSystem: "latn" }).formatToParts(1234567.5);
const [thousands, decimal] = ["group", "decimal"].map((type) => marks.find((part) => part.type === type)?.value ?? "\0");
const numbersOf = (text) => {
  const plain = text.replaceAll(thousands, "").replaceAll(decimal, ".").replaceAll("−", "-");
  return (plain.match(/[+-]?\d+(\.\d+)?/g) ?? []).map(Number);
};
const byName = new Intl.Collator(language, { numeric: true }).compare;
const colors = {
  light: ["#12436d", "#bf5300", "#00735c", "#7b3f8c", "#801650", "#946200"],
  dark: ["#93c0e6", "#f0a35e", "#5fcbb0", "#cfa3dc", "#ef8fb8", "#e0b95c"],
};
const shapes = ["circle", "square", "triangle-up", "diamond", "triangle-down", "cross"];
const dark = matchMedia("(prefers-color-scheme: dark)");
const wrap = (text, widest) => {
  const lines = [""];
  for (const word of text.split(/\s+/)) {
    const last = lines.at(-1);
    if (last && last.length + word.length >= widest) lines.push(word);
    else lines[lines.length - 1] = last ? `${last} ${word}` : word;
  }
  return lines.join("\n");
};
const select = (label, options, chosen, changed) => {
  const field = make("select", {}, ...options.map(([value, text]) => make("option", { value, textContent: text, selected: value === chosen })));
  field.addEventListener("change", () => changed(field.value));
  return [make("label", {}, make("span", { textContent: label }), field), field];
};
const tip = make("div", { className: "tip", hidden: true });
document.body.append(tip);
const tell = (_handler, event, _item, value) => {
  tip.hidden = !value;
  if (!value) return;
  tip.textContent = String(value);
  tip.style.left = `${Math.max(8, Math.min(event.clientX + 12, innerWidth - tip.offsetWidth - 8))}px`;
  tip.style.top = `${Math.max(8, event.clientY - tip.offsetHeight - 12)}px`;
};

const topicOf = (section) => {
  const table = section.querySelector("table");
  const heads = [...table.tHead.rows[0].cells];
  const names = heads.map((head) => head.textContent.trim());
  const at = (role) => heads.findIndex((head) => head.dataset.role === role);
  const [value, interval] = [at("value"), at("interval")];
  const groups = heads.flatMap((head, column) => (head.dataset.role === "group" ? [column] : []));
  const rows = [...table.tBodies[0].rows].map((row) => {
    const texts = [...row.cells].map((cell) => cell.textContent.trim());
    const [lower, upper] = interval < 0 ? [] : numbersOf(texts[interval]);
    return { row, texts, number: numbersOf(texts[value])[0] ?? null, lower: upper === undefined ? null : lower, upper: upper ?? null };
  });
  const valuesOf = (column) => [...new Set(rows.map((one) => one.texts[column]))];
  const choices = groups.filter((column) => valuesOf(column).length > 1);
  const usual = ["side", "wave", "role"].map((name) => choices.find((column) => heads[column].dataset.name === name));
  const start = { compare: usual.find((column) => column !== undefined) ?? -1, order: "given" };
  const state = { ...start, chosen: new Map(choices.map((column) => [column, new Set(valuesOf(column))])) };
  const caption = section.querySelector("h2").textContent.trim();
  const chart = make("div", { className: "chart" });
  chart.setAttribute("role", "img");
  chart.setAttribute("aria-label", fill(words.figure, { caption }));
  const status = make("p", { className: "status" });
  status.setAttribute("role", "status");
  let drawn = null, asked = 0, drawing = Promise.resolve();

  const known = rows.flatMap((one) => [one.number, one.lower, one.upper]).filter((number) => number !== null);
  const threshold = table.dataset.threshold === undefined ? null : Number(table.dataset.threshold);
  const percents = rows.some((one) => one.texts[value].endsWith("%"));
  const differs = ["gap", "change"].includes(heads[value].dataset.name);
  const domain = [...known, ...(differs ? [0] : []), ...(threshold === null ? [] : [threshold])];
  const inOrder = () => {
    const ordered = [...rows];
    const missing = (one) => (one.number === null ? 1 : 0);
    if (state.order === "named") ordered.sort((one, other) => groups.map((column) => byName(one.texts[column], other.texts[column])).find(Boolean) ?? 0);
    else if (state.order !== "given") {
      const direction = state.order === "high" ? -1 : 1;
      ordered.sort((one, other) => missing(one) - missing(other) || direction * (one.number - other.number));
    }
    return ordered;
  };
  const spec = (shown) => {
    const style = getComputedStyle(document.body);
    const color = (name) => style.getPropertyValue(name).trim();
    const wide = chart.clientWidth;
    const series = state.compare < 0 ? [] : valuesOf(state.compare).filter((name) => state.chosen.get(state.compare).has(name));
    const several = series.length > 1;
    const middle = (Math.min(...domain) + Math.max(...domain)) / 2;
    const widest = Math.max(12, Math.floor((wide * 0.4) / 7));
    const item = choices.find((column) => heads[column].dataset.name === "item"); // it belongs to one factor, which need not be said
    const naming = choices.filter((column) => column !== state.compare && (item === undefined || heads[column].dataset.name !== "factor"));
    const values = shown.map((one) => ({
      label: wrap((naming.length ? naming : groups.slice(0, 1)).map((column) => one.texts[column]).join(" · "), widest),
      series: state.compare < 0 ? "" : one.texts[state.compare],
      bound: one.number !== null && !/^[+−-]?[\d.,\s]+%?$/.test(one.texts[value]), // as "9 or more"
      right: one.number > middle, number: one.number, lower: one.lower, upper: one.upper, shown: one.texts[value],
      text: names.map((name, column) => `${name}: ${one.texts[column]}`).join("\n"),
    }));
    const labels = [...new Set(values.map((one) => one.label))];
    const lines = Math.max(...labels.map((label) => label.split("\n").length));
    const step = Math.max(32, 17 * lines + 8, several ? 20 * series.length + 12 : 0);
    const y = { field: "label", type: "nominal", sort: labels, title: null, axis: { labelExpr: "split(datum.label, '\\n')", labelLimit: wide * 0.45, ticks: false, domain: false } };
    const look = colors[dark.matches ? "dark" : "light"];
    const own = {
      y,
      tooltip: { field: "text", type: "nominal" },
      color: several
        ? { field: "series", type: "nominal", scale: { domain: series, range: series.map((_name, place) => look[place % look.length]) }, legend: { title: null, orient: "top", columns: wide < 500 ? 1 : 3, labelLimit: wide - 60 } }
        : { value: look[0] },
      ...(several ? { yOffset: { field: "series", type: "nominal", sort: series } } : {}),
    };
    const x = (field) => ({ field, type: "quantitative", title: percents ? `${names[value]} (%)` : names[value], scale: { domain: [Math.min(...domain), Math.max(...domain)], nice: true, zero: false }, axis: { tickCount: wide < 500 ? 4 : 8, format: "~f" } });
    const shape = several ? { field: "series", type: "nominal", scale: { domain: series, range: series.map((_name, place) => shapes[place % shapes.length]) } } : { value: "circle" };
    return {
      data: { values }, width: wide, height: labels.length * step,
      autosize: { type: "fit-x", contains: "padding" }, background: "transparent",
      layer: [
        ...(differs ? [{ data: { values: [{ number: 0 }] }, mark: { type: "rule", color: color("--soft") }, encoding: { x: x("number") } }] : []),
        ...(threshold === null ? [] : [{ data: { values: [{ number: threshold }] }, mark: { type: "rule", strokeDash: [5, 4], color: color("--soft") }, encoding: { x: x("number") } }]),
        { transform: [{ filter: "isValid(datum.lower)" }], mark: { type: "rule", strokeWidth: 2 }, encoding: { ...own, x: x("lower"), x2: { field: "upper" } } },
        { transform: [{ filter: "isValid(datum.number) && !datum.bound" }], mark: { type: "point", filled: true, size: 90, opacity: 1 }, encoding: { ...own, x: x("number"), shape } },
        { transform: [{ filter: "datum.bound" }], mark: { type: "point", filled: false, strokeWidth: 2, size: 90, opacity: 1 }, encoding: { ...own, x: x("number"), shape } },
        ...["right", "left"].map((align) => ({
          transform: [{ filter: `datum.bound && ${align === "right" ? "" : "!"}datum.right` }],
          mark: { type: "text", align, dx: align === "right" ? -10 : 10, fontSize: 13 }, encoding: { ...own, x: x("number"), text: { field: "shown" } },
        })),
        { transform: [{ filter: "!isValid(datum.number)" }], mark: { type: "text", align: "left", fontSize: 13 }, encoding: { ...own, x: { value: 4 }, text: { field: "shown" } } },
      ],
      config: {
        aria: false, font: style.fontFamily, view: { stroke: null }, customFormatTypes: false,
        axis: { labelColor: color("--ink"), titleColor: color("--soft"), labelFontSize: 13, titleFontSize: 13, titleFontWeight: "normal", gridColor: color("--line"), tickColor: color("--line"), domainColor: color("--line"), labelPadding: 8 },
        legend: { labelColor: color("--ink"), labelFontSize: 13, symbolSize: 90 },
        locale: { number: { decimal, thousands, grouping: [3], currency: ["", ""] } },
      },
    };
  };
  const show = () => {
    const ordered = inOrder();
    const shown = ordered.filter((one) => choices.every((column) => state.chosen.get(column).has(one.texts[column])));
    for (const one of ordered) one.row.hidden = !shown.includes(one);
    table.tBodies[0].append(...ordered.map((one) => one.row));
    status.textContent = shown.length ? fill(words.rows, { shown: shown.length, all: rows.length }) : words.nothing;
    tip.hidden = true;
    const own = ++asked;
    chart.setAttribute("aria-busy", "true");
    drawing = drawing.then(async () => {
      if (own !== asked) return; // another choice was made before this one was drawn
      drawn?.finalize();
      drawn = null;
      chart.replaceChildren();
      if (shown.length && !section.hidden && known.length) {
        drawn = await vegaEmbed(chart, spec(shown), { ast: true, actions: false, renderer: "svg", logLevel: 1, defaultStyle: false, tooltip: tell });
        const picture = chart.querySelector("svg"); // the chart has a name, and the table its numbers
        picture.removeAttribute("role");
        picture.setAttribute("aria-hidden", "true");
      }
      if (own === asked) chart.removeAttribute("aria-busy");
    });
  };

  const picks = choices.map((column) => {
    const said = make("b");
    const boxes = valuesOf(column).map((name) => {
      const box = make("input", { type: "checkbox", checked: true, value: name });
      box.addEventListener("change", () => {
        state.chosen.get(column)[box.checked ? "add" : "delete"](name);
        say();
        show();
      });
      return box;
    });
    const all = make("input", { type: "checkbox", checked: true });
    all.addEventListener("change", () => {
      for (const box of boxes) box.checked = all.checked;
      state.chosen.set(column, new Set(all.checked ? valuesOf(column) : []));
      say();
      show();
    });
    const say = () => {
      const n = state.chosen.get(column).size;
      said.textContent = n === boxes.length ? words.all : n === 1 ? [...state.chosen.get(column)][0] : fill(words.some, { n, all: boxes.length });
      all.checked = n === boxes.length;
      all.indeterminate = n > 0 && n < boxes.length;
    };
    say();
    const listed = [[all, words.all], ...boxes.map((box) => [box, box.value])].map(([box, text]) => make("label", {}, box, make("span", { textContent: text })));
    const fold = make("details", {}, make("summary", {}, `${names[column]}: `, said), make("fieldset", {}, make("legend", { className: "away", textContent: names[column] }), ...listed));
    fold.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || !fold.open) return;
      fold.open = false;
      fold.firstChild.focus();
    });
    const everything = () => {
      for (const box of boxes) box.checked = true;
      state.chosen.set(column, new Set(valuesOf(column)));
      say();
    };
    return { fold, everything };
  });
  const [compare, compareField] = select(words.compare, [["-1", words.none], ...choices.map((column) => [String(column), names[column]])], String(state.compare), (chosen) => {
    state.compare = Number(chosen);
    show();
  });
  const [order, orderField] = select(words.order, ["given", "high", "low", "named"].map((name) => [name, words[name]]), state.order, (chosen) => {
    state.order = chosen;
    show();
  });
  const reset = make("button", { type: "button", textContent: words.reset });
  reset.addEventListener("click", () => {
    Object.assign(state, start);
    [compareField.value, orderField.value] = [String(start.compare), start.order];
    for (const pick of picks) pick.everything();
    show();
  });
  const controls = make("div", { className: "choices" }, ...picks.map((pick) => pick.fold), ...(choices.length ? [compare] : []), order, reset);
  document.addEventListener("click", (event) => {
    for (const { fold } of picks) if (!fold.contains(event.target)) fold.open = false;
  });
  section.querySelector("h2").after(controls, status, chart);
  return { section, caption, show };
};

const topics = [...document.querySelectorAll("section.topic")].map(topicOf);
const showTopic = (chosen) => {
  topics.forEach((topic, place) => (topic.section.hidden = place !== chosen));
  topics[chosen].show();
};
let current = 0;
const [field] = select(words.show, topics.map((topic, place) => [String(place), topic.caption]), "0", (chosen) => showTopic((current = Number(chosen))));
document.querySelector("main").prepend(make("div", { className: "topics" }, field));
showTopic(0);
dark.addEventListener("change", () => topics[current].show());
let before = innerWidth;
addEventListener("resize", () => {
  if (innerWidth !== before) topics[current].show();
  before = innerWidth;
});
