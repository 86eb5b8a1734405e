// The live link: whether the page is alive, since when it is not, and when it tries again. It never pretends.

import { everySecond, now, set, timeOfDay } from "./clock.js";
import { say, words } from "./words.js";

const SILENCE_MS = 6500; // three beats of the server
const PATIENCE_MS = 12000; // for the first word
const FIRST_MS = 1000;
const LONGEST_MS = 8000;

const live = document.getElementById("live");
const light = document.getElementById("link");
const stamp = document.getElementById("stamp");
let state = "connecting";
let heardAt = performance.now();
let heardTime = now();
let retryAt = 0;
let failures = 0;

function show() {
  const s = Math.max(0, Math.ceil((retryAt - performance.now()) / 1000));
  const text = { live: words.live, connecting: words.connecting, ended: words.signed_out };
  light.dataset.state = state === "ended" ? "lost" : state;
  const said = state === "lost" ? (s ? say("lost", { s }) : words.lost_trying) : text[state];
  if (light.lastElementChild.textContent !== said) light.lastElementChild.textContent = said;
}

function enter(next) {
  if (state === next) return;
  state = next;
  const isLost = state === "lost" || state === "ended";
  document.body.classList.toggle("lost", isLost);
  stamp.hidden = !isLost;
  stamp.textContent = say("lost_stamp", { time: timeOfDay(heardTime) });
  if (state === "ended") {
    const link = document.createElement("a");
    link.href = "/login" + (document.body.dataset.language === "en" ? "?lang=en" : "");
    link.textContent = words.signed_out;
    stamp.replaceChildren(link);
  }
}

function heard() {
  heardAt = performance.now();
  heardTime = now();
  failures = 0;
  enter("live");
  show();
}

function lost(attempt) {
  retryAt = performance.now() + Math.min(FIRST_MS * 2 ** Math.max(0, attempt - 1), LONGEST_MS);
  enter("lost");
  show();
}

function again() {
  if (live._htmx?.sse) return;
  failures += 1;
  lost(failures);
  setTimeout(() => {
    if (!live._htmx?.sse) htmx.ajax("GET", live.getAttribute("hx-sse:connect"), { source: live });
  }, retryAt - performance.now());
}

/** Follow the link, and take the server's time from its beats. */
export function start() {
  live.addEventListener("htmx:sse:after:connection", heard);
  live.addEventListener("htmx:sse:before:message", heard);
  live.addEventListener("htmx:sse:before:connection", (event) => {
    const { attempt } = event.detail.connection;
    if (attempt > 0) lost(attempt);
  });
  live.addEventListener("htmx:sse:error", (event) => {
    if (event.detail.status === 401) {
      event.detail.connection.config.reconnect = false;
      enter("ended");
      show();
    }
  });
  live.addEventListener("htmx:sse:close", () => state === "ended" || again());
  live.addEventListener("htmx:response:error", again);
  live.addEventListener("htmx:error", again);
  live.addEventListener("beat", (event) => set(JSON.parse(event.detail.data).now));
  everySecond(() => {
    const silence = performance.now() - heardAt;
    if (state === "live" && silence > SILENCE_MS) live._htmx?.sse?.reader?.cancel();
    if (state === "connecting" && silence > PATIENCE_MS) again();
    show();
  });
}
