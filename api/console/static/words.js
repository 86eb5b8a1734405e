// What scripts write while the page stands open: the server's own words, and times as it writes them.

export const words = JSON.parse(document.body.dataset.words);

/** Fill {name} in one of the words. */
export function say(name, parts = {}) {
  return words[name].replace(/\{(\w+)\}/g, (_, key) => parts[key]);
}

/** Write a length of time by its largest unit, rounded down: 40 s, 12 ph, 3 giờ, 2 ngày. */
export function duration(ms) {
  const s = Math.max(0, Math.floor(ms / 1000));
  if (s < 60) return say("seconds", { n: s });
  if (s < 3600) return say("minutes", { n: Math.floor(s / 60) });
  if (s < 86400) return say("hours", { n: Math.floor(s / 3600) });
  return say("days", { n: Math.floor(s / 86400) });
}

/** Write what is left of a deadline: 0:58 and 4:10 when it is near, then as a duration. */
export function countdown(ms) {
  if (ms >= 600000) return duration(ms);
  const s = Math.max(0, Math.floor(ms / 1000));
  return `${Math.floor(s / 60)}:${String(s % 60).padStart(2, "0")}`;
}
