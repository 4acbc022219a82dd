// A figure is enlarged by a click on it, or by its button; Escape, a click beside it or the cross
// closes it.
const ICON =
  '<svg viewBox="0 0 24 24" aria-hidden="true"><path d="M14 4h6v6M20 4l-7 7M10 20H4v-6M4 20l7-7"/></svg>';

function enlarge(drawing, button) {
  const dialog = document.createElement("dialog");
  dialog.className = "enlarged";
  dialog.setAttribute("aria-label", say("Figure, enlarged"));
  const close = document.createElement("button");
  Object.assign(close, { type: "button", className: "close", textContent: "×" });
  close.setAttribute("aria-label", say("Close"));
  close.addEventListener("click", () => dialog.close());
  const copy = drawing.cloneNode(true);
  copy.querySelector(".enlarge").remove();
  const { width, height } = drawing.querySelector("svg").viewBox.baseVal;
  copy.style.setProperty("--shape", width / height);
  const pane = document.createElement("div");
  pane.className = "pane";
  pane.append(copy);
  dialog.append(close, pane);
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog) dialog.close();
  });
  dialog.addEventListener("close", () => {
    dialog.remove();
    button.focus();
  });
  document.body.append(dialog);
  dialog.showModal();
}

document.addEventListener("DOMContentLoaded", () => {
  for (const drawing of document.querySelectorAll("figure.drawn .drawing")) {
    const button = document.createElement("button");
    Object.assign(button, { type: "button", className: "enlarge", innerHTML: ICON });
    button.setAttribute("aria-label", say("Enlarge the figure"));
    drawing.append(button);
    drawing.addEventListener("click", () => {
      if (!getSelection().toString()) enlarge(drawing, button);
    });
  }
});
