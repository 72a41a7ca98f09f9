// Keeps the overview's numbers fresh without moving what is being read: words, numbers and
// bars are replaced in place; when cards come or go, a line offers the latest instead.
(() => {
  "use strict";
  const EVERY = 30_000;
  const parts = () => [...document.querySelectorAll("[data-fresh]")];
  const elements = (part) => [...part.querySelectorAll("*")];
  const shape = (part) => elements(part).map((one) => one.tagName).join();
  const texts = (part) => {
    const found = [], walker = document.createTreeWalker(part, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) if (walker.currentNode.data.trim()) found.push(walker.currentNode);
    return found;
  };

  const replace = (old, fresh) => {
    const before = texts(old), after = texts(fresh);
    if (shape(old) !== shape(fresh) || before.length !== after.length) return false;
    before.forEach((node, at) => { if (node.data !== after[at].data) node.data = after[at].data; });
    const now = elements(fresh);
    elements(old).forEach((one, at) => {
      for (const { name, value } of now[at].attributes) one.setAttribute(name, value);
    });
    return true;
  };

  const refresh = async () => {
    if (document.hidden) return;
    const answer = await fetch("/?poll=1", { headers: { Accept: "text/html" } }).catch(() => null);
    if (!answer || !answer.ok || answer.redirected) return;
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    const found = [...fresh.querySelectorAll("[data-fresh]")];
    window.latchkeyEnhance?.(fresh);
    const same = parts().map((part) => {
      const other = found.find((one) => one.dataset.fresh === part.dataset.fresh);
      return Boolean(other) && replace(part, other);
    });
    const changed = same.includes(false) || found.length !== parts().length;
    document.querySelector("[data-fresh-changed]").hidden = !changed;
  };

  setInterval(refresh, EVERY);
  document.addEventListener("visibilitychange", refresh);
})();
