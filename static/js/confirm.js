/* A mail's link opens this page, and one press anywhere confirms: a person's, which the browser vouches for.
   Nothing happens by itself, since mail scanners open links with a browser, too, and wait. */
"use strict";
{
  const form = document.querySelector("form[data-confirm]");
  const KEYS = ["Enter", " "]; // others move about on the page

  const press = (event) => {
    if (!event.isTrusted || event.target.closest?.("a, button, input, summary")) return;
    if (event.type === "keydown" && !KEYS.includes(event.key)) return;
    for (const kind of KINDS) removeEventListener(kind, press);
    form.requestSubmit();
  };

  const KINDS = ["pointerup", "keydown"]; // a finger that scrolls ends in pointercancel
  if (form?.requestSubmit) for (const kind of KINDS) addEventListener(kind, press);
}
