/* One press is one sign-up, and none into the void: before the form is sent, a small file is asked for. When that does
   not come, the page stays as it is, with all that was typed, and says so. While somebody types, a proof of work is
   computed (proof.js). Nothing is stored in the browser. */
"use strict";
{
  const form = document.querySelector("form[data-probe]");
  const { begun, challenge, offline, online, probe, sending, solver } = form?.dataset ?? {};
  const said = document.createElement("p");
  said.className = "notice notice-error";
  said.setAttribute("role", "alert");
  let state = "ready"; // then asking, going, gone
  let again; // gives the button its words back
  let solving; // a promise, once somebody has begun

  const say = (words) => {
    said.textContent = words;
    form.lastElementChild.before(said);
  };

  // The button keeps its value: it is not disabled.
  const slow = (button) => {
    const words = button.textContent;
    const clock = setTimeout(() => {
      button.setAttribute("aria-disabled", "true");
      button.textContent = sending;
    }, 400);
    again = () => {
      clearTimeout(clock);
      button.removeAttribute("aria-disabled");
      button.textContent = words;
    };
  };

  const ready = () => {
    state = "ready";
    form.removeAttribute("aria-busy");
    again?.();
    again = null;
  };

  const connected = async () => {
    if (!navigator.onLine) return false;
    const tooLong = new AbortController();
    const clock = setTimeout(() => tooLong.abort(), 10_000);
    try {
      await fetch(probe, { method: "HEAD", mode: "no-cors", cache: "no-store", signal: tooLong.signal });
      return true;
    } catch {
      return false;
    } finally {
      clearTimeout(clock);
    }
  };

  const solved = (counter) => {
    const input = document.createElement("input");
    input.type = "hidden";
    input.name = "proof";
    input.value = counter;
    form.prepend(input);
  };

  const solve = () => new Promise((done) => {
    const onThePage = () => {
      const script = document.createElement("script");
      script.src = solver;
      script.onload = () => self.solveOnPage(challenge, done);
      document.head.append(script);
    };
    try {
      const worker = new Worker(solver);
      worker.onmessage = ({ data }) => done(data);
      worker.onerror = onThePage;
      worker.postMessage(challenge);
    } catch { // a frame with an origin of its own
      onThePage();
    }
  }).then(solved);

  const begin = () => {
    if (challenge) solving ??= solve();
  };

  // The proof is as good as done by the time of the press; who was faster waits a moment for it.
  const proven = () => {
    begin();
    const most = challenge?.split(".")[2] / 100; // milliseconds
    return Promise.race([solving, new Promise((done) => setTimeout(done, most))]);
  };

  const send = async (event) => {
    if (state === "going") {
      state = "gone";
      setTimeout(ready, 15_000); // stopped, or never answered: it can be pressed again, and is the same sign-up
      return;
    }
    event.preventDefault();
    if (state !== "ready") return;
    state = "asking";
    form.setAttribute("aria-busy", "true");
    said.remove();
    if (event.submitter) slow(event.submitter);
    const [isConnected] = await Promise.all([connected(), proven()]);
    if (isConnected) {
      state = "going";
      form.requestSubmit(event.submitter);
    } else {
      ready();
      say(offline);
    }
  };

  // Back and Reload of a form with errors do not ask to send it again.
  const { posted } = document.body.dataset;
  if (posted) history.replaceState(null, "", posted);

  if (form?.requestSubmit) {
    form.addEventListener("submit", send);
    addEventListener("pageshow", ready); // also when the Back button brings it
    addEventListener("online", () => said.isConnected && say(online));
    for (const what of ["focusin", "input", "pointerdown"]) form.addEventListener(what, begin);
    if (begun) form.addEventListener("input", () => navigator.sendBeacon?.(begun), { once: true });
    else begin(); // the page came back: it may be sent at once
  }
}
