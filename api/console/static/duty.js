// The screen "Trực ban" comes alive: clock, link, queue, map and keys. Without this script the page still works.

import * as clock from "./clock.js";
import * as keys from "./keys.js";
import * as link from "./link.js";
import * as queue from "./queue.js";

const PULSE_MS = 60000;
const live = document.getElementById("live");

function showDevices(moved) {
  for (const [id, presence] of moved) {
    const dot = document.querySelector(`#dots [data-device="${CSS.escape(id)}"]`);
    dot?.setAttribute("class", `dot ${dot.classList.contains("cam") ? "cam " : ""}${presence}`);
  }
}

// What a minute changes without any event: rates, counts, satisfaction. Asking also mends whatever was missed.
function pulse() {
  return htmx.ajax("GET", live.dataset.pulse, { source: document.body, target: document.body, swap: "none" });
}

// Too much was missed: read the whole screen again, in place.
async function resync() {
  const screen = document.getElementById("screen");
  await htmx.ajax("GET", location.pathname + location.search, {
    source: screen,
    target: screen,
    select: "#screen",
    swap: "outerMorph",
  });
  queue.apply();
  pulse();
}

live.addEventListener("queue", (event) => {
  const { order, changed } = JSON.parse(event.detail.data);
  queue.order(order);
  const shown = document.getElementById("detail").dataset.alert;
  if (shown && changed.includes(shown)) queue.read(shown);
});
live.addEventListener("devices", (event) => showDevices(JSON.parse(event.detail.data)));
live.addEventListener("resync", resync);

link.start();
queue.start();
keys.start();
clock.start();
setTimeout(() => {
  // htmx reads the page once, and on a slow link that may have been before its stream extension was there
  if (!live._htmx) htmx.process(live);
  htmx.trigger(live, "ready");
});
setInterval(pulse, PULSE_MS);
