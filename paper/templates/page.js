"use strict";
(() => {
  // Light or dark: the system's choice until the reader makes one.
  const root = document.documentElement;
  document.getElementById("theme").addEventListener("click", () => {
    const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
    root.dataset.theme = dark ? "light" : "dark";
  });

  // What a symbol is, while the pointer is over it.
  const said = document.getElementById("said");
  document.addEventListener("pointerover", (event) => {
    const symbol = event.target.closest && event.target.closest("[data-say]");
    said.hidden = !symbol;
    if (!symbol) return;
    said.textContent = symbol.dataset.say;
    const box = symbol.getBoundingClientRect();
    const left = Math.min(box.left, innerWidth - said.offsetWidth - 8);
    said.style.left = `${Math.max(left, 4) + scrollX}px`;
    said.style.top = `${box.bottom + scrollY + 6}px`;
  });

  // The LaTeX of a formula.
  const copied = async (text) => {
    if (navigator.clipboard) {
      try { await navigator.clipboard.writeText(text); return; } catch { /* not allowed here: the old way */ }
    }
    const area = document.createElement("textarea");
    area.value = text;
    document.body.append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
  };
  for (const button of document.querySelectorAll(".copy")) {
    button.addEventListener("click", async () => {
      await copied(button.dataset.latex);
      button.textContent = "copied";
      setTimeout(() => { button.textContent = "LaTeX"; }, 1200);
    });
  }

  // What scrolls sideways can be reached by keyboard.
  const reachable = () => {
    for (const box of document.querySelectorAll(".formula, .scroll")) {
      if (box.scrollWidth > box.clientWidth) box.tabIndex = 0; else box.removeAttribute("tabindex");
    }
  };
  addEventListener("resize", reachable);
  reachable();

  // A claim of the graph leads to its entry, opened.
  for (const link of document.querySelectorAll("svg.claims a")) {
    link.addEventListener("click", () => {
      const entry = document.getElementById(link.getAttribute("href").slice(1)).querySelector("details");
      entry.open = true;
      entry.querySelector("summary").focus({ preventScroll: true });
    });
  }

  // The wavefront step by step: what comes later is veiled.
  for (const figure of document.querySelectorAll("figure.steps")) {
    const drawing = figure.querySelector("svg"), slider = figure.querySelector("input");
    const [first, width] = [Number(figure.dataset.first), Number(figure.dataset.width)];
    const settled = figure.dataset.settled.split(";").map((row) => row.split(",", 2).map(Number));
    const height = drawing.viewBox.baseVal.height, last = Number(slider.max);
    const later = document.createElementNS("http://www.w3.org/2000/svg", "rect");
    later.setAttribute("class", "later");
    later.setAttribute("height", height);
    later.setAttribute("y", 0);
    drawing.append(later);
    const show = () => {
      const step = Number(slider.value);
      later.setAttribute("x", first + width * (step + 1));
      later.setAttribute("width", width * (last - step));
      const [x, s] = [0, 1].map((which) => settled.filter((row) => row[which] <= step).length);
      figure.querySelector("output").textContent = step;
      figure.querySelector("[role=status]").textContent =
        `After step ${step}: activations are exact at ${x} of ${settled.length} vertices, sensitivities at ${s}.`;
    };
    slider.addEventListener("input", show);
    drawing.addEventListener("pointerdown", (event) => {
      const at = new DOMPoint(event.clientX, event.clientY).matrixTransform(drawing.getScreenCTM().inverse()).x;
      slider.value = Math.max(0, Math.min(last, Math.floor((at - first) / width)));
      show();
      slider.focus();
    });
    show();
  }
})();
