// Keeps the form and the JSON of an execution input in step, and has both checked by the console as
// somebody types. Without this script each has a button of its own, and is checked when it starts.
"use strict";

const CHECK_MS = 50;
const AGAIN_MS = 1000;
const page = document.getElementById("start");
const json = document.getElementById("json");
const fields = document.getElementById("fields");
const startButtons = [...page.querySelectorAll("[data-starts]")];
const controls = [...fields.querySelectorAll("input, select")];
const ranges = controls.filter((control) => control.closest(".ranges"));
const conditional = [...page.querySelectorAll("[data-used-if]")];

// What was typed into last; the other side follows.
let side = "json";
let asked = 0;
let timer = 0;

function show(element, isShown) {
  element.hidden = !isShown;
}

function allowStart(isAllowed) {
  startButtons.forEach((button) => { button.disabled = !isAllowed; });
}

function choose(typedInto) {
  side = typedInto;
  startButtons.forEach((button) => { button.value = side; });
}

function fill(texts) {
  for (const control of controls) {
    const text = texts[control.name] || "";
    if (control.value === text) continue;
    const isMissing = control.tagName === "SELECT" && ![...control.options].some((o) => o.value === text);
    if (isMissing) control.add(new Option(text, text));
    control.value = text;
  }
}

function targetOf(place) {
  return document.getElementById(`f-${place}`) || document.getElementById(`s-${place}`);
}

function reveal(element) {
  for (let box = element; box; box = box.parentElement) {
    if (box.tagName === "DETAILS") box.open = true;
    if (box.dataset.usedIf) show(box, true);
  }
}

function showProblems(problems) {
  const box = document.getElementById("problems");
  const items = problems.map(({ place, words }) => {
    const item = document.createElement("li");
    const target = place && targetOf(place);
    if (target) {
      const link = document.createElement("a");
      link.href = `#${target.id}`;
      link.textContent = words;
      item.append(link);
    } else {
      item.textContent = words;
    }
    return item;
  });
  box.querySelector("ul").replaceChildren(...items);
  show(box, problems.length > 0);
  page.querySelectorAll(".at").forEach((place) => { place.textContent = ""; });
  controls.forEach((control) => control.removeAttribute("aria-invalid"));
  json.toggleAttribute("aria-invalid", false);
  for (const { place, text } of problems) {
    if (!place) json.setAttribute("aria-invalid", "true");
    const target = place && targetOf(place);
    if (!target) continue;
    const beside = document.getElementById(`p-${place}`);
    beside.textContent = beside.textContent ? `${beside.textContent}; ${text}` : text;
    if (target.name) target.setAttribute("aria-invalid", "true");
    reveal(target);
  }
}

// Hides what the run would not look at, unless something is said there.
function showWhatIsUsed() {
  for (const box of conditional) {
    const [name, value] = box.dataset.usedIf.split("=");
    const control = document.getElementById(`f-${name}`);
    const isUsed = (control.value || control.dataset.default) === value;
    const inside = [...box.querySelectorAll("input, select")];
    show(box, isUsed || inside.some((one) => one.value || one.hasAttribute("aria-invalid")));
  }
}

// One range that is named replaces all of the default ones.
function showDefaultRanges() {
  const areReplaced = ranges.some((control) => control.value);
  for (const control of ranges) {
    const text = areReplaced ? "" : control.dataset.default;
    if (control.tagName === "SELECT") {
      control.options[0].text = text ? `${text} (default)` : "default";
    } else {
      control.placeholder = text;
    }
  }
}

function take(answer) {
  if (side === "form") {
    json.value = answer.json;
  } else {
    if (answer.form) fill(answer.form);
    const isWhole = Boolean(answer.form) && answer.not_shown.length === 0;
    fields.disabled = !isWhole;
    const note = document.getElementById("not-shown");
    note.querySelector("span").textContent = answer.not_shown.join(", ");
    show(note, answer.not_shown.length > 0);
  }
  showProblems(answer.problems);
  showWhatIsUsed();
  showDefaultRanges();
  allowStart(answer.problems.length === 0);
  document.getElementById("bound").textContent =
    answer.bound || `${answer.problems.length} ${answer.problems.length === 1 ? "problem" : "problems"}`;
  const sentences = answer.plan.map((text) => {
    const item = document.createElement("li");
    item.textContent = text;
    return item;
  });
  const plan = document.getElementById("plan");
  plan.querySelector("ul").replaceChildren(...sentences);
  show(plan, sentences.length > 0);
}

async function check() {
  timer = 0;
  const number = ++asked;
  const typedInto = side;
  const body = new URLSearchParams({ side, json: json.value });
  if (side === "form") {
    controls.filter((control) => control.value).forEach((control) => body.set(control.name, control.value));
  }
  const connection = document.getElementById("connection");
  try {
    const answer = await fetch(page.dataset.check, { method: "POST", body });
    if (!answer.ok) throw new Error(answer.statusText);
    const found = await answer.json();
    if (number === asked && side === typedInto) take(found); // else a later answer counts
    connection.hidden = true;
  } catch {
    connection.hidden = false;
    allowStart(true); // starting checks as well
    timer ||= setTimeout(check, AGAIN_MS);
  }
}

page.addEventListener("input", (event) => {
  if (event.target !== json && !controls.includes(event.target)) return;
  choose(event.target === json ? "json" : "form");
  timer ||= setTimeout(check, CHECK_MS);
});

// A link to a problem leads to its field, wherever that is folded away.
document.getElementById("problems").addEventListener("click", (event) => {
  const target = event.target.hash && document.getElementById(event.target.hash.slice(1));
  if (!target) return;
  event.preventDefault();
  openTab("form");
  reveal(target);
  target.focus();
});

page.addEventListener("submit", () => {
  // After the values were taken, so that a second click starts no second execution.
  setTimeout(() => allowStart(false));
});

// Coming back with the browser's button must find the button as it was.
window.addEventListener("pageshow", check);

// Where there is no room for both sides, tabs choose one.
const tabs = [...page.querySelectorAll("[role=tab]")];

function openTab(name) {
  for (const tab of tabs) {
    const isChosen = tab.id === `tab-${name}`;
    tab.setAttribute("aria-selected", String(isChosen));
    tab.tabIndex = isChosen ? 0 : -1;
  }
  page.querySelector(".sides").dataset.chosen = name;
}

for (const tab of tabs) {
  tab.addEventListener("click", () => openTab(tab.id.slice("tab-".length)));
  tab.addEventListener("keydown", (event) => {
    if (event.key !== "ArrowLeft" && event.key !== "ArrowRight") return;
    const other = tabs.find((one) => one !== tab);
    openTab(other.id.slice("tab-".length));
    other.focus();
  });
}

show(page.querySelector(".tabs"), true);
openTab("form");
choose("json");
document.getElementById("start-json").remove();
