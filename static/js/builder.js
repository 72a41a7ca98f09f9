// The builder's comforts: a preview that follows, rows that move without a new page, a word before changes are lost.
(() => {
  "use strict";
  const form = document.querySelector("[data-builder]");
  if (!form) return;
  const show = document.querySelector("[data-preview]");
  const space = document.querySelector(".preview-space");
  const told = form.querySelector("[data-told]");
  const colour = form.querySelector("[data-contrast]");
  const words = form.querySelector("[data-unsaved-words]");
  let frame = space.querySelector("iframe");
  let unsaved = "unsaved" in form.dataset;
  let shown = 0;
  let waiting;

  const later = (milliseconds, act) => {
    clearTimeout(waiting);
    waiting = setTimeout(act, milliseconds);
  };

  // Each preview comes in a frame of its own, so that the Back button does not go through all of them.
  const preview = () => {
    const next = frame.cloneNode();
    const place = frame.contentWindow?.scrollY || 0;
    const old = frame;
    for (const stale of space.querySelectorAll(".is-coming")) stale.remove();
    next.classList.add("is-coming");
    next.name = show.formTarget = `preview-${++shown}`; // a frame keeps the name that it was made with
    next.addEventListener("load", () => {
      if (next.contentWindow.location.href === "about:blank") return;
      old.remove();
      next.classList.remove("is-coming");
      next.contentWindow.scrollTo(0, place);
      frame = next;
    });
    space.append(next);
    form.requestSubmit(show);
  };

  const changed = () => {
    unsaved = true;
    words.hidden = false;
    later(300, preview);
  };

  // What is wider than the space is made smaller, as a whole.
  const fit = () => {
    const wide = frame.offsetWidth;
    space.style.setProperty("--fit", wide ? Math.min(1, space.clientWidth / wide) : 1);
  };

  // The server moves, adds and removes; only the rows of its answer are taken over.
  const move = async (button) => {
    const typed = new FormData(form, button);
    const answer = await fetch(form.action, { method: "POST", body: new URLSearchParams(typed) });
    if (!answer.ok) return false;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const rows = page.querySelector("[data-asked]");
    if (!rows) return false;
    const [how, key] = button.value.split(":");
    const open = new Set([...form.querySelectorAll("[data-row] details[open]")].map((one) => one.closest("li").dataset.row));
    form.querySelector("[data-asked]").replaceWith(rows);
    showHandles();
    for (const row of rows.querySelectorAll("[data-row]")) if (open.has(row.dataset.row)) row.querySelector("details").open = true;
    look(how, key, rows);
    told.textContent = page.querySelector("[data-told]").textContent;
    changed();
    return true;
  };

  // After a removal the focus goes to Undo: the button that was pressed is gone.
  const look = (how, key, rows) => {
    if (how === "drop") return;
    const id = how === "remove" ? `undo_${key}` : `${how}_${key}`;
    const button = how === "add" ? null : document.getElementById(id);
    (button || rows.querySelector("[autofocus]") || document.getElementById("add"))?.focus();
  };

  // Rows are dragged by their handle, with a mouse, a pen or a finger; the server then counts them anew.
  const showHandles = () => { for (const handle of form.querySelectorAll("[data-drag]")) handle.hidden = false; };

  const drag = (down) => {
    const handle = down.target.closest("[data-drag]"), row = handle?.closest("[data-row]");
    if (!row || down.button) return;
    down.preventDefault();
    form.setPointerCapture(down.pointerId); // the handle moves, and would lose it
    row.classList.add("is-dragged");
    const before = [...row.parentElement.children].indexOf(row);
    const follow = (event) => {
      for (const other of row.parentElement.children) {
        const { top, height } = other.getBoundingClientRect(), isAbove = event.clientY < top + height / 2;
        const comesBefore = row.compareDocumentPosition(other) & Node.DOCUMENT_POSITION_PRECEDING;
        if (other !== row && isAbove && comesBefore) return other.before(row);
        if (other !== row && !isAbove && !comesBefore && event.clientY > top) other.after(row);
      }
    };
    const drop = () => {
      form.removeEventListener("pointermove", follow);
      row.classList.remove("is-dragged");
      if ([...row.parentElement.children].indexOf(row) === before) return;
      const place = Object.assign(document.createElement("button"), { name: "move", value: `drop:${row.dataset.row}` });
      place.id = `drop_${row.dataset.row}`;
      place.hidden = true;
      row.append(place);
      form.requestSubmit(place);
    };
    form.addEventListener("pointermove", follow);
    form.addEventListener("lostpointercapture", drop, { once: true });
  };

  const readable = async (typed) => {
    const asked = typed.value;
    const answer = await fetch(`${colour.dataset.contrast}?accent=${encodeURIComponent(asked)}`);
    if (answer.ok && typed.value === asked) document.getElementById("contrast").innerHTML = await answer.text();
  };

  // One after the other: each starts from what the one before has left.
  let moves = Promise.resolve();
  form.addEventListener("submit", (event) => {
    const pressed = event.submitter;
    if (pressed?.name === "move") {
      event.preventDefault();
      moves = moves.then(async () => {
        const button = document.getElementById(pressed.id);
        if (!button || await move(button).catch(() => false)) return;
        unsaved = false; // the page that comes has all of it
        HTMLFormElement.prototype.submit.call(withMove(button));
      });
    } else if (pressed?.name === "look") {
      event.preventDefault();
      putOn(pressed);
    } else if (pressed !== show) unsaved = false;
  });

  // A look fills in the inputs below it.
  const putOn = (look) => {
    for (const name of ["accent", "radius", "font", "scheme"]) document.getElementById(name).value = look.dataset[name];
    for (const other of form.querySelectorAll("[name=look]")) other.setAttribute("aria-pressed", String(other === look));
    picker.value = typed.value;
    readable(typed);
    changed();
  };

  // The closing time in the zone of who reads it; the server is told which that is.
  const closing = document.getElementById("closes_at"), zone = document.getElementById("zone");
  const here = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const zoneWords = form.querySelector("[data-zone-words]");
  if (here && closing) {
    const moment = new Date(closing.dataset.utc || NaN);
    if (!Number.isNaN(moment.valueOf())) {
      const local = new Date(moment - moment.getTimezoneOffset() * 60_000);
      closing.value = local.toISOString().slice(0, 16);
    }
    zone.value = here;
    zoneWords.textContent = zoneWords.dataset.zoneWords.replace("{zone}", here.replaceAll("_", " "));
  }

  const withMove = (button) => {
    const hidden = document.createElement("input");
    Object.assign(hidden, { type: "hidden", name: "move", value: button.value });
    form.append(hidden);
    return form;
  };

  form.addEventListener("input", (event) => {
    if (event.target.id === "filter" || event.target.id === "add") return;
    changed();
  });

  form.addEventListener("pointerdown", drag);
  showHandles();

  // Alt with an arrow moves the field that one is in.
  form.addEventListener("keydown", (event) => {
    const how = { ArrowUp: "up", ArrowDown: "down" }[event.key];
    const row = event.target.closest("[data-row]");
    if (!event.altKey || !how || !row || event.target.matches("select")) return; // there it opens the list
    event.preventDefault();
    form.requestSubmit(document.getElementById(`${how}_${row.dataset.row}`));
  });

  const typed = document.getElementById("accent");
  const picker = form.querySelector("[data-picks]");
  picker.hidden = false;
  picker.addEventListener("input", () => {
    typed.value = picker.value;
    readable(typed);
  });
  typed.addEventListener("input", () => {
    if (/^#[0-9a-f]{6}$/i.test(typed.value)) picker.value = typed.value;
    readable(typed);
  });

  addEventListener("beforeunload", (event) => { if (unsaved) event.preventDefault(); });
  for (const width of document.querySelectorAll("[name=preview_width]")) width.addEventListener("change", fit);
  new ResizeObserver(fit).observe(space);
  form.querySelector("[data-with-script]").hidden = false;
  space.classList.add("is-fitted");
  words.hidden = !unsaved;
  show.hidden = true;
  preview();
})();
