// Asks for the page again while something runs, and puts in what has changed. Without this script
// a page shows the moment in which it was loaded.
"use strict";

const RUNNING_MS = 1000;
const RESTING_MS = 5000;
const shown = new Map();

function parts(page) {
  return [...page.querySelectorAll("[data-live]")];
}

function running(page) {
  return parts(page).some((part) => Number(part.dataset.running || 0) > 0);
}

// What a person has opened, scrolled or typed into stays as it is.
function replace(old, part) {
  const open = [...old.querySelectorAll("details")].map((details) => details.open);
  const places = [...old.querySelectorAll(".scroll, .tall, .log")].map((box) => ({
    left: box.scrollLeft,
    top: box.scrollTop,
    atEnd: box.scrollTop + box.clientHeight >= box.scrollHeight - 8,
  }));
  const focused = old.contains(document.activeElement)
    ? [...old.querySelectorAll("a, button, summary, [tabindex]")].indexOf(document.activeElement)
    : -1;
  old.replaceWith(part);
  part.querySelectorAll("details").forEach((details, number) => {
    details.open = open[number] || details.open;
  });
  part.querySelectorAll(".scroll, .tall, .log").forEach((box, number) => {
    const place = places[number] || { left: 0, top: 0, atEnd: true };
    box.scrollLeft = place.left;
    box.scrollTop = "follow" in box.dataset && place.atEnd ? box.scrollHeight : place.top;
  });
  if (focused >= 0) {
    part.querySelectorAll("a, button, summary, [tabindex]")[focused]?.focus({ preventScroll: true });
  }
}

function update(page) {
  for (const part of parts(page)) {
    const name = part.dataset.live;
    const html = part.outerHTML;
    const old = document.querySelector(`[data-live="${CSS.escape(name)}"]`);
    const isChosen = old?.querySelector("input:checked, input:focus, select:focus");
    if (old && shown.get(name) !== html && !isChosen) {
      replace(old, document.adoptNode(part));
      shown.set(name, html);
    }
  }
}

let next = 0;

async function look() {
  clearTimeout(next);
  let again = RESTING_MS;
  const connection = document.getElementById("connection");
  try {
    const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
    if (!answer.ok) throw new Error(answer.statusText);
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    again = running(page) ? RUNNING_MS : RESTING_MS;
    update(page);
    connection.hidden = true;
  } catch {
    connection.hidden = false;
  }
  if (!document.hidden) next = setTimeout(look, again);
}

parts(document).forEach((part) => shown.set(part.dataset.live, part.outerHTML));
document.querySelectorAll("[data-follow]").forEach((box) => {
  box.scrollTop = box.scrollHeight;
});
document.querySelectorAll("[data-submits]").forEach((field) => {
  field.addEventListener("change", () => field.form.requestSubmit());
});
document.addEventListener("visibilitychange", () => {
  if (!document.hidden) look();
});
next = setTimeout(look, running(document) ? RUNNING_MS : RESTING_MS);
