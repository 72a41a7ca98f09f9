/* One press is one sign-up, and none into the void: before the form is sent, a small file is asked for. When that does
   not come, the page stays as it is, with all that was typed, and says so. Nothing is stored in the browser. */
"use strict";
{
  const form = document.querySelector("form[data-probe]");
  const said = document.createElement("p");
  said.className = "notice notice-error";
  said.setAttribute("role", "alert");
  let state = "ready"; // then asking, going, gone

  const say = (words) => {
    said.textContent = words;
    form.lastElementChild.before(said);
  };

  const ready = () => {
    state = "ready";
    form.removeAttribute("aria-busy");
  };

  const connected = async () => {
    if (!navigator.onLine) return false;
    const tooLong = new AbortController();
    const clock = setTimeout(() => tooLong.abort(), 10_000);
    try {
      await fetch(form.dataset.probe, { method: "HEAD", mode: "no-cors", cache: "no-store", signal: tooLong.signal });
      return true;
    } catch {
      return false;
    } finally {
      clearTimeout(clock);
    }
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
    if (await connected()) {
      state = "going";
      form.requestSubmit(event.submitter);
    } else {
      ready();
      say(form.dataset.offline);
    }
  };

  if (form?.requestSubmit) {
    form.addEventListener("submit", send);
    addEventListener("pageshow", ready); // also when the Back button brings it
    addEventListener("online", () => said.isConnected && say(form.dataset.online));
  }
}
