// Tells the page that frames this form how tall it is and what happened. Nothing typed leaves the frame.
(() => {
  "use strict";
  if (parent === window) return;
  const said = document.querySelector(".error-summary, .notice-error, [data-latchkey]");
  const what = said ? said.dataset.latchkey || "error" : "ready";
  const tell = (message) => parent.postMessage({ ...message, height: document.body.getBoundingClientRect().height }, "*");

  tell({ latchkey: what });
  new ResizeObserver(() => tell({})).observe(document.body);
  // Browsers give no autofocus to a frame of another site; but this page came of a press in it, so the focus belongs here.
  if (said) said.focus({ preventScroll: true });
})();
