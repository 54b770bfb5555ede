// What a page does besides being read: tables sort and filter, figures say their values. Without it everything is there to read.
"use strict";
(() => {
  const words = JSON.parse(document.body.dataset.words);
  const language = document.documentElement.lang;
  const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_all, name) => values[name]);
  const make = (kind, settings, ...children) => {
    const element = Object.assign(document.createElement(kind), settings);
    element.append(...children);
    return element;
  };

  // Numbers are read as they are shown: a sorted table tells no more than the table.
  const marks = new Intl.NumberFormat(language, { numberingSystem: "latn" }).formatToParts(1234567.5);
  const [thousands, decimal] = ["group", "decimal"].map((type) => marks.find((part) => part.type === type)?.value ?? "\0");
  const beyond = { "<": -1e-9, ">": 1e-9 };
  const numberOf = (text) => {
    const plain = text.replaceAll(thousands, "").replace(decimal, ".").replace("−", "-");
    const found = /^([<>]?) *([+-]?\d+(\.\d+)?)/.exec(plain);
    return found ? Number(found[2]) + (beyond[found[1]] ?? 0) : null;
  };
  const textOf = (text) => (/[\p{L}\p{N}]/u.test(text) ? text : null);
  const byName = new Intl.Collator(language, { numeric: true }).compare;
  const plainly = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();

  for (const table of document.querySelectorAll("table.sortable")) {
    const bodies = [...table.tBodies].map((body) => {
      const title = body.querySelector(".group");
      return { body, title, rows: [...body.rows].filter((row) => row !== title) };
    });
    const rows = bodies.flatMap((part) => part.rows);
    const texts = new Map(rows.map((row) => [row, [...row.cells].map((cell) => cell.textContent.trim())]));
    for (const { title, rows: grouped } of bodies.filter((part) => part.title)) {
      for (const row of grouped) {
        row.cells[0].prepend(make("span", { className: "of", hidden: true }, `${title.textContent.trim()} · `));
      }
    }
    const searched = new Map(rows.map((row) => [row, plainly(row.textContent)]));
    const heads = [...table.tHead.rows[0].cells];
    const status = make("p", { className: "status", role: "status" });
    const tools = make("div", { className: "tools" }, status);
    let column = null, direction = 0, asked = [];

    const inOrder = () => {
      const read = heads[column].matches(".number") ? numberOf : textOf;
      const compare = read === numberOf ? (one, other) => one - other : byName;
      const keys = new Map(rows.map((row) => [row, read(texts.get(row)[column])]));
      const free = rows.filter((row) => !row.matches(".whole"));
      const known = free.filter((row) => keys.get(row) !== null);
      known.sort((one, other) => direction * compare(keys.get(one), keys.get(other)));
      const unknown = free.filter((row) => keys.get(row) === null); // as they stood, whichever way
      const whole = rows.filter((row) => row.matches(".whole"));
      const above = whole.filter((row) => row === rows[0]);
      return [...above, ...known, ...unknown, ...whole.filter((row) => row !== rows[0])];
    };
    const show = () => {
      if (direction) bodies[0].body.append(...inOrder());
      else for (const part of bodies) part.body.append(...part.rows);
      for (const row of rows) row.hidden = !asked.every((word) => searched.get(row).includes(word));
      for (const part of bodies.filter((one) => one.title)) {
        part.title.hidden = direction !== 0 || part.rows.every((row) => row.hidden);
      }
      for (const group of table.querySelectorAll(".of")) group.hidden = !direction;
      table.classList.toggle("sorted", direction !== 0);
      heads.forEach((head, place) => {
        if (direction && place === column) head.setAttribute("aria-sort", direction > 0 ? "ascending" : "descending");
        else head.removeAttribute("aria-sort");
      });
      const shown = rows.filter((row) => !row.hidden).length;
      const name = column === null ? "" : heads[column].textContent.trim();
      const order = direction ? fill(direction > 0 ? words.ascending : words.descending, { column: name }) : column === null ? "" : words.original;
      const count = asked.length ? fill(words.rows, { shown, all: rows.length }) : "";
      status.textContent = [count, order].filter(Boolean).join(" ");
    };
    heads.forEach((head, place) => {
      const button = make("button", { type: "button", className: "sort" }, ...head.childNodes);
      button.addEventListener("click", () => {
        direction = place !== column ? 1 : direction === 1 ? -1 : direction === -1 ? 0 : 1;
        column = place;
        show();
      });
      head.append(button);
    });
    if (rows.length > 12) {
      const field = make("input", { type: "search", autocomplete: "off", spellcheck: false });
      field.addEventListener("input", () => {
        asked = plainly(field.value).split(/\s+/).filter(Boolean);
        show();
      });
      const whose = make("span", { className: "away" }, ` ${table.querySelector(".count")?.textContent ?? ""}`);
      tools.append(make("label", {}, make("span", {}, words.filter, whose), field));
    }
    table.closest(".scroll").before(tools);
  }

  const tip = make("div", { className: "tip", hidden: true });
  let fading = 0;
  const hide = () => (tip.hidden = true);
  const hideSoon = () => (fading = setTimeout(hide, 200)); // time to move onto it
  const tell = (spot) => {
    clearTimeout(fading);
    tip.textContent = spot.getAttribute("aria-label");
    tip.hidden = false;
    const place = spot.getBoundingClientRect();
    const left = place.left + (place.width - tip.offsetWidth) / 2;
    const most = document.documentElement.clientWidth - tip.offsetWidth - 8;
    const above = place.top - tip.offsetHeight - 6;
    tip.style.left = `${Math.max(8, Math.min(left, most)) + scrollX}px`;
    tip.style.top = `${(above < 0 ? place.bottom + 6 : above) + scrollY}px`;
  };
  tip.addEventListener("pointerenter", () => clearTimeout(fading));
  tip.addEventListener("pointerleave", hide);
  document.addEventListener("keydown", (event) => event.key === "Escape" && hide());
  document.body.append(tip);

  for (const layer of document.querySelectorAll(".spots")) {
    const spots = [...layer.children];
    for (const spot of spots) {
      spot.setAttribute("aria-label", spot.textContent);
      spot.replaceChildren(); // or the browser would show its title too
      spot.setAttribute("role", "img");
      spot.setAttribute("tabindex", spot === spots[0] ? "0" : "-1"); // one stop on the way through the page
    }
    layer.removeAttribute("aria-hidden");
    layer.setAttribute("role", "group");
    layer.setAttribute("aria-label", words.values);
    const frame = layer.parentElement; // an svg element that listens to the focus would be a stop of its own
    const steps = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1, Home: -Infinity, End: Infinity };
    frame.addEventListener("keydown", (event) => {
      const step = steps[event.key];
      if (!step || !spots.includes(event.target) || event.ctrlKey || event.altKey || event.metaKey) return;
      event.preventDefault();
      const at = Math.max(0, Math.min(spots.length - 1, spots.indexOf(event.target) + step));
      for (const spot of spots) spot.setAttribute("tabindex", spot === spots[at] ? "0" : "-1");
      spots[at].focus();
    });
    frame.addEventListener("focusin", (event) => spots.includes(event.target) && tell(event.target));
    frame.addEventListener("focusout", hide);
    frame.addEventListener("pointerover", (event) => spots.includes(event.target) && tell(event.target));
    frame.addEventListener("pointerout", hideSoon);
  }

  let opened = [];
  addEventListener("beforeprint", () => {
    opened = [...document.querySelectorAll("details:not([open])")];
    for (const fold of opened) fold.open = true;
  });
  addEventListener("afterprint", () => {
    for (const fold of opened) fold.open = false;
  });
})();
