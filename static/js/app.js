// Small conveniences. Every page works without this file.
(() => {
  "use strict";
  const find = (root, selector) => root.querySelectorAll(selector);

  const enhance = (root) => {
    for (const button of find(root, "[data-copy]")) button.hidden = false;
    for (const time of find(root, "time[data-time]")) localise(time);
    for (const all of find(root, "[data-choose-all]")) chooseAll(all);
    for (const filter of find(root, "[data-filter-of]")) filterChoices(filter);
    for (const tabs of find(root, "[data-tabs]")) makeTabs(tabs);
  };

  // Links to parts of a page become tabs; the address names the one that is open.
  const makeTabs = (whole) => {
    const list = whole.querySelector(".tabs"), tabs = [...find(list, "a")];
    const panel = (tab) => document.getElementById(tab.hash.slice(1));
    const show = (chosen) => {
      for (const tab of tabs) {
        const isChosen = tab === chosen;
        tab.setAttribute("aria-selected", String(isChosen));
        tab.tabIndex = isChosen ? 0 : -1;
        panel(tab).hidden = !isChosen;
      }
    };
    const ofAddress = () => tabs.find((tab) => tab.hash === location.hash);
    list.setAttribute("role", "tablist");
    list.setAttribute("aria-label", whole.dataset.tabs);
    for (const tab of tabs) {
      tab.parentElement.setAttribute("role", "presentation");
      tab.setAttribute("role", "tab");
      tab.setAttribute("aria-controls", panel(tab).id);
      panel(tab).setAttribute("role", "tabpanel");
      panel(tab).setAttribute("aria-labelledby", tab.id);
      tab.addEventListener("click", (event) => {
        event.preventDefault();
        history.replaceState(null, "", tab.hash);
        show(tab);
      });
    }
    list.addEventListener("keydown", (event) => {
      const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
      const next = step && tabs.at((tabs.indexOf(event.target) + step) % tabs.length);
      if (!next) return;
      next.focus();
      next.click();
    });
    addEventListener("hashchange", () => ofAddress() && show(ofAddress()));
    show(ofAddress() || tabs[0]);
  };
  window.latchkeyEnhance = enhance; // for parts that a script fetches itself

  // One tick for every row of the page.
  const chooseAll = (all) => {
    const rows = () => [...find(all.form, "input[name=id]")];
    all.hidden = false;
    all.addEventListener("change", () => { for (const row of rows()) row.checked = all.checked; });
    all.form.addEventListener("change", () => {
      const ticked = rows().filter((row) => row.checked).length;
      all.checked = ticked === rows().length;
      all.indeterminate = ticked > 0 && !all.checked;
    });
  };

  // A long list of choices, narrowed while typing. What is ticked stays in sight.
  const filterChoices = (filter) => {
    const group = document.getElementById(filter.dataset.filterOf);
    const typed = filter.querySelector("input");
    const count = filter.querySelector("[data-filter-count]");
    const narrow = () => {
      const wanted = typed.value.trim().toLocaleLowerCase();
      let shown = 0, chosen = 0;
      for (const choice of find(group, ".choice")) {
        const ticked = choice.querySelector("input").checked;
        choice.hidden = !ticked && !choice.textContent.toLocaleLowerCase().includes(wanted);
        shown += !choice.hidden;
        chosen += ticked;
      }
      count.textContent = count.dataset.words.replace("{shown}", shown).replace("{chosen}", chosen);
    };
    filter.hidden = false;
    typed.addEventListener("input", narrow);
    typed.addEventListener("keydown", (event) => { if (event.key === "Enter") event.preventDefault(); });
    group.addEventListener("change", narrow);
    narrow();
  };

  // A reader of English in Britain wants 14:02, one in America 2:02 PM: the region comes from the browser.
  const page = document.documentElement.lang || "en";
  const language = navigator.languages.find((one) => one.split("-")[0] === page.split("-")[0]) || page;

  // The reader's own zone; the exact UTC stays in the title.
  const localise = (time) => {
    const moment = new Date(time.dateTime);
    if (Number.isNaN(moment.valueOf())) return;
    const thisYear = moment.getFullYear() === new Date().getFullYear();
    const day = { day: "numeric", month: "short", ...(thisYear ? {} : { year: "numeric" }) };
    const hour = new Intl.DateTimeFormat(language, { hour: "numeric" }).resolvedOptions().hour12 ? "numeric" : "2-digit";
    const shape = time.dataset.time === "date" ? day : { ...day, hour, minute: "2-digit" };
    const past = Date.now() - moment;
    const isRecent = time.dataset.time === "datetime" && past >= 0 && past < 86_400_000; // a day
    time.textContent = isRecent ? ago(moment) : new Intl.DateTimeFormat(language, shape).format(moment);
  };

  const ago = (moment) => {
    const seconds = (moment - Date.now()) / 1000;
    const [unit, size] = [["hour", 3600], ["minute", 60], ["second", 1]]
      .find(([, size]) => Math.abs(seconds) >= size) || ["second", 1];
    return new Intl.RelativeTimeFormat(language, { numeric: "auto" }).format(Math.round(seconds / size), unit);
  };

  const copy = async (button) => {
    const field = button.parentElement.querySelector("[data-copy-value]");
    const words = button.querySelector("[aria-live]");
    const before = words.textContent;
    field.select();
    try {
      await navigator.clipboard.writeText(field.value);
    } catch {
      // Plain http has no clipboard; the older way still does. Failing both, the text is selected for Ctrl+C.
      if (!document.execCommand("copy")) return;
    }
    words.textContent = button.dataset.done;
    button.classList.add("is-done");
    setTimeout(() => {
      words.textContent = before;
      button.classList.remove("is-done");
    }, 2000);
  };

  // An answer to a post, such as a form with its errors, is found again as a page: Back and Reload do not ask to send it
  // once more.
  const { posted, sending } = document.body.dataset;
  if (posted !== undefined) {
    const before = document.referrer.startsWith(`${location.origin}/`) ? document.referrer : location.href;
    history.replaceState(null, "", posted || before);
  }

  // A press that is not answered in a moment says that it is under way, and cannot be made twice. The button is not
  // disabled: it keeps its value and the focus.
  const SLOW = 400, GIVEN_UP = 30_000;
  const underWay = new Map();
  const begin = (form, button) => {
    const words = [...button.childNodes];
    const slow = setTimeout(() => {
      button.setAttribute("aria-disabled", "true");
      button.replaceChildren(sending);
    }, SLOW);
    const givenUp = setTimeout(() => end(form), GIVEN_UP);
    underWay.set(form, () => {
      clearTimeout(slow);
      clearTimeout(givenUp);
      if (button.getAttribute("aria-disabled") !== "true") return;
      button.removeAttribute("aria-disabled");
      button.replaceChildren(...words);
    });
  };

  const end = (form) => {
    underWay.get(form)?.();
    underWay.delete(form);
  };

  document.addEventListener("submit", (event) => {
    const form = event.target, button = event.submitter;
    const goesElsewhere = form.target || button?.formTarget || form.matches("[data-download]");
    if (event.defaultPrevented || !button || form.method !== "post" || goesElsewhere) return;
    if (underWay.has(form)) event.preventDefault();
    else begin(form, button);
  });
  addEventListener("pageshow", () => { for (const form of [...underWay.keys()]) end(form); });

  const closeMenus = (except) => {
    for (const menu of find(document, "details[data-menu][open]")) if (!menu.contains(except)) menu.open = false;
  };

  document.addEventListener("click", (event) => {
    closeMenus(event.target);
    const button = event.target.closest("[data-copy]");
    if (button) copy(button);
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    const menu = event.target.closest("details[data-menu][open]");
    closeMenus(null);
    if (menu) menu.querySelector("summary").focus();
  });

  for (const failed of ["htmx:response:error", "htmx:error"]) {
    document.addEventListener(failed, (event) => {
      const status = event.detail?.ctx?.response?.status;
      if (status === 400 || status === 422) return; // the form came back with its errors
      const message = document.querySelector("[data-when-failed]");
      if (message) message.hidden = false;
    });
  }
  document.addEventListener("htmx:after:swap", (event) => enhance(event.target.parentElement || document));

  enhance(document);
  setInterval(() => { for (const time of find(document, "time[data-time]")) localise(time); }, 60_000);
})();
