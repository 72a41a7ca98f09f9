// The upload of a file with its progress; too large a file is told before it is sent. Without this file it is an ordinary form.
(() => {
  "use strict";
  const start = () => {
    const form = document.querySelector("[data-upload]");
    if (!form) return;
    const file = form.querySelector("input[type=file]");
    const panel = form.querySelector("[data-upload-panel]");
    const bar = panel.querySelector("progress");
    const words = panel.querySelector("[data-upload-words]");
    const button = form.querySelector("button");

    const say = (text) => {
      panel.hidden = false;
      words.textContent = text;
    };

    const tooBig = () => file.files[0] && file.files[0].size > Number(form.dataset.most);

    file.addEventListener("change", () => {
      panel.hidden = !tooBig();
      bar.hidden = true;
      if (tooBig()) say(form.dataset.tooBig);
    });

    const broken = () => {
      button.disabled = false;
      bar.hidden = true;
      say(form.dataset.failed);
    };

    form.addEventListener("submit", (event) => {
      if (!file.files[0]) return;
      event.preventDefault();
      if (tooBig()) return file.focus();
      const sending = new XMLHttpRequest();
      bar.hidden = false;
      button.disabled = true;
      sending.upload.addEventListener("progress", ({ loaded, total }) => {
        const percent = Math.floor((loaded / total) * 100);
        bar.value = percent;
        say(percent < 100 ? form.dataset.uploading.replace("{percent}", percent) : form.dataset.reading);
      });
      // The answer is a page: the import's own after a redirect, or this one with its errors.
      sending.addEventListener("load", () => {
        if (sending.status === 200) return location.assign(sending.responseURL);
        const answer = new DOMParser().parseFromString(sending.responseText, "text/html").querySelector("main");
        if (!answer) return broken();
        document.querySelector("main").replaceWith(answer);
        document.querySelector(".error-summary")?.focus();
        start();
      });
      sending.addEventListener("error", broken);
      sending.open("POST", form.action);
      sending.send(new FormData(form));
    });
  };

  start();
})();
