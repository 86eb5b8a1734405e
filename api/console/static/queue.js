// The queue: the order the server gives, what the filter and the search show, and which alert is chosen.

import { everySecond, now, refresh } from "./clock.js";
import { say } from "./words.js";

const title = document.title;
const fresh = new Map();
let position = 0;
let term = "";

const list = () => document.getElementById("rows");
const section = () => document.getElementById("queue");
const rows = () => [...list().children];
const shown = () => rows().filter((row) => !row.hidden);
const param = (name) => new URLSearchParams(location.search).get(name) || "";

/** Give the chosen row; null when none is. */
export function chosen() {
  return list().querySelector('[aria-current="true"]');
}

/** Write a text as the search compares it: lower case, without accents, đ as d. */
export function fold(text) {
  return text.toLowerCase().replaceAll("đ", "d").normalize("NFD").replace(/\p{M}/gu, "");
}

function isMine(row) {
  return row.dataset.stage !== "new" && row.dataset.username === section().dataset.username;
}

function belongs(row, filter) {
  if (filter === "new") return row.dataset.stage === "new";
  return filter === "mine" ? isMine(row) : true;
}

function put(id, text) {
  const element = document.getElementById(id);
  if (element && element.textContent !== String(text)) element.textContent = text;
}

function count(all) {
  const at = now();
  const fresh = all.filter((row) => row.dataset.stage === "new");
  const late = all.filter((row) => row.dataset.due && Number(row.dataset.due) < at);
  const counts = { all: all.length, new: fresh.length, mine: all.filter(isMine).length };
  for (const place of document.querySelectorAll("[data-count]")) {
    if (place.textContent !== String(counts[place.dataset.count])) place.textContent = counts[place.dataset.count];
  }
  put("n-new", fresh.length);
  put("n-late", late.length);
  document.getElementById("n-late")?.parentElement.classList.toggle("late", late.length > 0);
  document.title = fresh.length ? `(${fresh.length}) ${title}` : title;
}

/** Show what the filter and the search let through, and say so where that is nothing. */
export function apply() {
  const filter = param("filter") || "all";
  const all = rows().filter((row) => row.dataset.stage);
  const wanted = fold(term);
  for (const row of all) row.hidden = !belongs(row, filter) || !row.dataset.find.includes(wanted);
  for (const link of document.querySelectorAll(".seg [data-filter]")) {
    if (link.dataset.filter === filter) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
  }
  const isEmpty = !all.some((row) => belongs(row, filter));
  for (const calm of document.querySelectorAll("[data-when]")) {
    calm.hidden = !isEmpty || calm.dataset.when !== (all.length ? filter : "all");
  }
  const nothing = document.getElementById("none-found");
  nothing.hidden = isEmpty || all.some((row) => !row.hidden);
  if (!nothing.hidden) nothing.textContent = nothing.dataset.text.replace("{text}", term);
  for (const [id, at] of fresh) {
    if (performance.now() - at > 2000) fresh.delete(id);
    document.getElementById(id)?.classList.toggle("fresh", fresh.has(id));
  }
  const row = document.getElementById(param("alert"));
  if (row && row !== chosen()) mark(row);
  count(all);
}

/** Put the rows into the server's order: make room for new ones, take away those that are over. */
export function order(ids) {
  const open = new Set(ids);
  for (const row of rows()) if (!open.has(row.id)) row.remove();
  let before = list().firstElementChild;
  for (const id of ids) {
    let row = document.getElementById(id);
    if (!row) {
      row = document.createElement("li");
      row.id = id;
      row.hidden = true;
      fresh.set(id, performance.now());
    }
    if (row === before) before = before.nextElementSibling;
    else if (list().moveBefore && row.isConnected) list().moveBefore(row, before);
    else list().insertBefore(row, before);
  }
  apply();
}

function mark(row) {
  for (const other of list().querySelectorAll("[aria-current]")) other.removeAttribute("aria-current");
  row.setAttribute("aria-current", "true");
  position = shown().indexOf(row);
  for (const old of document.querySelectorAll(".mk.chosen")) old.classList.remove("chosen");
  document.getElementById(`m-${row.id}`)?.classList.add("chosen");
}

function address(changes) {
  const url = new URL(location.href);
  for (const [name, value] of Object.entries(changes)) {
    if (value) url.searchParams.set(name, value);
    else url.searchParams.delete(name);
  }
  return url;
}

function query() {
  const kept = new URLSearchParams();
  for (const name of ["lang", "ward"]) if (param(name)) kept.set(name, param(name));
  return kept.size ? `?${kept}` : "";
}

/** Read an alert's detail; the same alert is brought up to date in place, so that nothing typed is lost. */
export function read(id) {
  const detail = document.getElementById("detail");
  const swap = detail.dataset.alert === id ? "outerMorph" : "outerSync";
  return htmx.ajax("GET", `/alerts/${id}${query()}`, { source: section(), target: detail, swap });
}

/** Choose an alert: in the list, on the map, in the address and in the detail. */
export function choose(id, { focus = false } = {}) {
  const row = document.getElementById(id);
  history.replaceState(null, "", address({ alert: id }));
  if (row) {
    mark(row);
    if (focus) row.querySelector(".main").focus({ preventScroll: true });
    row.scrollIntoView({ block: "nearest" });
  }
  return read(id);
}

/** Choose the next or the one before. */
export function step(by) {
  const visible = shown();
  if (!visible.length) return;
  const at = visible.indexOf(chosen());
  const next = at < 0 ? Math.min(position, visible.length - 1) : Math.min(Math.max(at + by, 0), visible.length - 1);
  choose(visible[next].id, { focus: true });
}

/** Show only what holds this text, in any accents. */
export function search(text) {
  term = text.trim();
  apply();
}

export function start() {
  document.addEventListener("click", (event) => {
    if (event.defaultPrevented || event.button || event.ctrlKey || event.metaKey || event.shiftKey) return;
    const filter = event.target.closest(".seg a");
    if (filter) {
      event.preventDefault();
      history.replaceState(null, "", address({ filter: filter.dataset.filter === "all" ? "" : filter.dataset.filter }));
      apply();
      return;
    }
    const alert = event.target.closest("a[data-alert]");
    if (alert) {
      event.preventDefault();
      choose(alert.dataset.alert);
      return;
    }
    const whole = event.target.closest('.mbtn a[href$="#detail"]');
    if (whole) {
      event.preventDefault();
      choose(whole.closest(".row").id).then(() => {
        location.hash = "detail";
        if (whole.dataset.open) document.getElementById(whole.dataset.open)?.setAttribute("open", "");
      });
    }
  });
  document.getElementById("q").addEventListener("input", (event) => search(event.target.value));
  document.getElementById("find").addEventListener("submit", (event) => {
    event.preventDefault();
    step(0);
  });
  document.addEventListener("htmx:after:swap", () => {
    refresh();
    apply();
    const row = chosen();
    if (row) document.getElementById(`m-${row.id}`)?.classList.add("chosen");
  });
  document.addEventListener("htmx:response:error", failed);
  document.addEventListener("htmx:error", failed);
  everySecond(() => count(rows().filter((row) => row.dataset.stage)));
  apply();
}

// A deed that could not be saved leaves the row as it is and says so beside it.
async function failed(event) {
  const form = event.target.closest?.("form");
  const status = event.detail.ctx?.response?.status;
  if (!form || status === 409 || status === 422) return;
  let why = status ? String(status) : say("lost_trying");
  try {
    why = JSON.parse(event.detail.ctx.text).detail || why;
  } catch {
    // not a problem document: the status has to do
  }
  const place = form.closest(".row, .det");
  place.querySelector(".said.failed")?.remove();
  const said = document.createElement("p");
  said.className = "said failed";
  said.setAttribute("role", "alert");
  said.textContent = say("deed_failed", { why });
  form.before(said);
}
