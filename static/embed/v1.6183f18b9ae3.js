/* Latchkey: <latchkey-form><a href="https://…/f/ID">Sign up</a></latchkey-form> shows the form that its link leads to. MIT. */
(() => {
  "use strict";
  if (!window.customElements || customElements.get("latchkey-form")) return;

  const LEAST = 100, MOST = 5000, USUAL = 520; // pixels
  const PATIENCE = 3000; // milliseconds that a loaded page has to say that it is a form's
  const EVENTS = ["ready", "submitted", "error"];

  // The frame's address for a link, or nothing when it leads elsewhere. Of this page it takes campaign and address along.
  const addressFor = (link) => {
    if (!/^https?:$/.test(link.protocol) || !/\/f\/[a-z0-9]+$/.test(link.pathname)) return null;
    const address = new URL(link.pathname + "/embed", link.origin);
    for (const [name, value] of new URLSearchParams(location.search)) {
      if (/^utm_(source|medium|campaign|term|content)$/.test(name)) address.searchParams.set(name, value.slice(0, 200));
    }
    if (location.origin !== "null") address.searchParams.set("page", (location.origin + location.pathname).slice(0, 500));
    return address;
  };

  class LatchkeyForm extends HTMLElement {
    constructor() {
      super();
      this.attachShadow({ mode: "open" });
      this.watcher = new MutationObserver(() => this.show());
      this.listener = (event) => this.hear(event);
    }

    connectedCallback() {
      addEventListener("message", this.listener);
      this.watcher.observe(this, { childList: true, subtree: true, attributes: true, attributeFilter: ["href"] });
      this.show();
    }

    disconnectedCallback() {
      removeEventListener("message", this.listener);
      this.watcher.disconnect();
      this.stop();
      this.shadowRoot.replaceChildren();
      this.link = this.frame = null;
    }

    // The link stays where it is, unseen; a page that takes the element out and puts it back finds it as it was.
    show() {
      const link = this.querySelector("a[href]");
      const address = link && addressFor(link);
      if (this.frame && link && this.link === link.href) return;
      this.link = link && link.href;
      if (!address) {
        this.frame = null;
        return this.shadowRoot.replaceChildren(document.createElement("slot"));
      }
      const frame = this.frame = document.createElement("iframe");
      this.origin = address.origin;
      this.heard = false;
      this.stop();
      frame.title = this.title || link.textContent.trim() || document.title;
      frame.loading = "lazy";
      frame.referrerPolicy = "strict-origin";
      frame.style.cssText = "display:block;width:100%;border:0;color-scheme:normal";
      this.grow(+this.getAttribute("height") || USUAL);
      frame.addEventListener("load", () => this.loaded());
      frame.src = address;
      this.shadowRoot.replaceChildren(frame);
    }

    // A page of ours says so before it has loaded, or just after. One that refuses or is down says nothing: then the
    // link is a way on.
    loaded() {
      if (this.heard) this.heard = false;
      else this.timer = setTimeout(() => {
        this.timer = 0;
        if (!this.shadowRoot.querySelector("slot")) this.shadowRoot.prepend(document.createElement("slot"));
        this.tell("error");
      }, PATIENCE);
    }

    hear({ source, origin, data }) {
      if (!this.frame || source !== this.frame.contentWindow || origin !== this.origin || !data) return;
      this.grow(data.height);
      if (!EVENTS.includes(data.latchkey)) return;
      this.heard = !this.timer;
      this.stop();
      this.shadowRoot.querySelector("slot")?.remove();
      if (data.latchkey !== "ready" && this.frame.getBoundingClientRect().top < 0) this.frame.scrollIntoView();
      this.tell(data.latchkey);
    }

    stop() {
      clearTimeout(this.timer);
      this.timer = 0;
    }

    grow(height) {
      if (Number.isFinite(height)) this.frame.style.height = Math.min(MOST, Math.max(LEAST, Math.ceil(height))) + "px";
    }

    tell(what) {
      this.dispatchEvent(new Event("latchkey:" + what, { bubbles: true, composed: true }));
    }
  }

  customElements.define("latchkey-form", LatchkeyForm);
})();
