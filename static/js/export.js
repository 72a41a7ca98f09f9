// An export with its progress. Without this file the same link is an ordinary download.
(() => {
  "use strict";
  const link = document.querySelector("[data-export]");
  const panel = document.querySelector("[data-export-panel]");
  if (!link || !panel || !window.AbortController) return;
  const bar = panel.querySelector("progress");
  const words = panel.querySelector("[data-export-words]");
  const told = document.querySelector("[data-export-told]"); // read out, at the beginning and the end only
  const stop = panel.querySelector("[data-export-stop]");
  const number = new Intl.NumberFormat(document.documentElement.lang || "en");
  const PIECE = 8 * 1024 * 1024; // bytes that are given away to a Blob, which the browser may keep on disk
  let stopping = null;

  // How many there will be is known where somebody has counted them.
  const say = (what, done, total) => {
    words.textContent = panel.dataset[what + (total ? "" : "Some")].replace("{done}", number.format(done)).replace("{total}", number.format(total));
  };

  // A record ends with CR LF, and nothing else in the file holds the two together.
  const counter = () => {
    let lines = 0, wasReturn = false;
    return (bytes) => {
      for (const byte of bytes) {
        lines += wasReturn && byte === 10;
        wasReturn = byte === 13;
      }
      return Math.max(0, lines - 1); // the first names the columns
    };
  };

  // Behind the last line the server says how many there were. Without that it broke off, however it looks.
  const END = 32;
  const trueNumber = async (file) => {
    const found = /\r\n\x04(\d+)$/.exec(await file.slice(-END).text());
    return found && { number: Number(found[1]), file: file.slice(0, -(found[0].length - 2), "text/csv") };
  };

  const read = async (answer, total, tell) => {
    const count = counter(), reader = answer.body.getReader();
    let file = new Blob([]), parts = [], size = 0;
    for (;;) {
      const { done, value } = await reader.read();
      if (value) {
        parts.push(value);
        size += value.length;
        tell(count(value));
      }
      if (done || size > PIECE) {
        file = new Blob([file, ...parts]);
        parts = [];
        size = 0;
      }
      if (done) return file;
    }
  };

  const save = (file, name) => {
    const address = URL.createObjectURL(file), away = document.createElement("a");
    away.href = address;
    away.download = name;
    away.click();
    setTimeout(() => URL.revokeObjectURL(address), 60_000);
  };

  const show = (broken) => {
    panel.hidden = false;
    panel.classList.toggle("is-broken", broken);
    stop.hidden = !stopping;
    link.setAttribute("aria-disabled", String(Boolean(stopping)));
  };

  const run = async () => {
    let done = 0, total = 0, outcome = "broken", stopped = false;
    stopping = new AbortController();
    stopping.signal.addEventListener("abort", () => { stopped = true; });
    bar.value = 0;
    words.textContent = told.textContent = ""; // what was said of the export before is not of this one
    show(false);
    try {
      const answer = await fetch(link.href, { headers: { "X-Mark-End": "1" }, signal: stopping.signal });
      if (answer.redirected) return location.reload(); // signed out meanwhile
      total = Number(answer.headers.get("X-Export-Rows"));
      if (total) bar.max = total;
      else bar.removeAttribute("value");
      say("exporting", 0, total);
      told.textContent = words.textContent;
      const file = answer.ok ? await read(answer, total, (lines) => {
        done = lines;
        if (total) bar.value = lines;
        say("exporting", lines, total);
      }) : null;
      const end = file && await trueNumber(file);
      if (end && end.number === done) {
        save(end.file, /filename="([^"]+)"/.exec(answer.headers.get("Content-Disposition"))?.[1] || "signups.csv");
        outcome = "exported";
        bar.value = bar.max = Math.max(1, done);
      }
    } catch {
      // stopped, or the connection broke
    }
    stopping = null;
    show(outcome === "broken" && !stopped);
    if (!bar.hasAttribute("value")) bar.value = 0;
    say(stopped ? "stopped" : outcome, done, total);
    told.textContent = words.textContent;
  };

  link.addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    if (!stopping) run();
  });
  stop.addEventListener("click", () => stopping?.abort());
  window.addEventListener("beforeunload", (event) => { if (stopping) event.preventDefault(); });
})();
