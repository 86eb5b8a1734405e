// Single-key shortcuts: never while somebody types, and off for whoever does not want them (WCAG 2.1.4).

import { choose, chosen, search, step } from "./queue.js";

const STORED = "smartward.keys";
const TYPING = "input, textarea, select, [contenteditable]";
const dialog = document.getElementById("keys");
const box = document.getElementById("keys-on");
const detail = () => document.getElementById("detail");

function accept() {
  const row = chosen();
  if (row && detail().dataset.alert === row.id) document.getElementById("do-accept")?.click();
  else row?.querySelector(".mob form")?.requestSubmit();
}

function openDeed(id) {
  const deed = document.getElementById(id);
  if (!deed) return;
  deed.open = true;
  deed.querySelector("textarea").focus();
}

function openSearch() {
  document.getElementById("find").hidden = false;
  document.getElementById("q").focus();
}

function back() {
  const find = document.getElementById("find");
  const deed = detail().querySelector(".deed[open]");
  if (deed) deed.open = false;
  else if (!find.hidden) {
    document.getElementById("q").value = "";
    find.hidden = true;
    search("");
  } else if (location.hash) history.back();
  chosen()?.querySelector(".main").focus({ preventScroll: true });
}

function open() {
  const row = chosen();
  if (!row) return;
  choose(row.id).then(() => detail().focus());
}

const deeds = {
  j: () => step(1),
  k: () => step(-1),
  a: accept,
  e: () => openDeed("do-finish"),
  c: () => openDeed("do-comment"),
  "/": openSearch,
  "?": () => dialog.showModal(),
};

function press(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || dialog.open) return;
  if (event.key === "Escape") {
    back();
    return;
  }
  if (event.target.closest(TYPING)) return;
  if (event.key === "Enter") {
    if (event.target.closest(".row .main") || event.target === document.body) {
      event.preventDefault();
      open();
    }
    return;
  }
  const deed = box.checked && deeds[event.key.toLowerCase()];
  if (!deed) return;
  event.preventDefault();
  deed();
}

export function start() {
  const button = document.getElementById("show-keys");
  box.checked = localStorage.getItem(STORED) !== "off";
  box.addEventListener("change", () => localStorage.setItem(STORED, box.checked ? "on" : "off"));
  button.hidden = false;
  button.addEventListener("click", () => dialog.showModal());
  document.addEventListener("keydown", press);
}
