// The ward's clock, by the server's time: it drives ages and deadlines, whatever the browser's own clock says.

import { countdown, duration, say, words } from "./words.js";

const offsetMs = Number(document.body.dataset.offset) * 1000;
let skewMs = Number(document.body.dataset.now) - Date.now();
const each = [];

/** Give the server's present instant. */
export function now() {
  return Date.now() + skewMs;
}

/** Take over what the server says the time is. */
export function set(serverMs) {
  skewMs = serverMs - Date.now();
}

/** Call this every second, and now. */
export function everySecond(task) {
  each.push(task);
  task();
}

/** Write 14:32:08 on the ward's clock. */
export function timeOfDay(ms) {
  return new Date(ms + offsetMs).toISOString().slice(11, 19);
}

function day(ms) {
  const [year, month, date] = new Date(ms + offsetMs).toISOString().slice(0, 10).split("-");
  const weekday = words.weekdays[(new Date(ms + offsetMs).getUTCDay() + 6) % 7];
  return `${weekday}, ${date}/${month}/${year}`;
}

function put(element, text) {
  if (element && element.textContent !== text) element.textContent = text;
}

/** Bring every age and every deadline inside an element up to now. */
export function refresh(root = document) {
  const at = now();
  for (const age of root.querySelectorAll("[data-age]")) put(age, duration(at - Number(age.dataset.age)));
  for (const due of root.querySelectorAll("[data-due-text]")) {
    const left = Number(due.dataset.due) - at;
    due.classList.toggle("late", left < 0);
    put(due, left < 0 ? say("late_by", { time: duration(-left) }) : due.dataset.dueText.replace("{time}", countdown(left)));
  }
}

function tick() {
  put(document.getElementById("clock"), timeOfDay(now()));
  put(document.getElementById("date"), day(now()));
  refresh();
  for (const task of each) task();
  setTimeout(tick, 1000 - (now() % 1000));
}

export function start() {
  tick();
}
