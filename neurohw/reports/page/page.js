"use strict";
// Sorting, tooltips, theme and lazy charts. plotly.js is text until the first chart needs it, when the browser has
// nothing else to do: reading it takes seconds on a slow machine, and the tables answer before.
const neurohw = (() => {
  const figures = JSON.parse(document.getElementById("figures").textContent);

  // sorting: by number where all that is known is a number, by text otherwise; what is not known stays at the end
  const key = (row, column) => {
    const cell = row.cells[column];
    return cell.dataset.value !== undefined ? Number(cell.dataset.value) : cell.textContent.trim();
  };
  const sort = (heading) => {
    const table = heading.closest("table"), body = table.tBodies[0], column = heading.cellIndex;
    const down = heading.getAttribute("aria-sort") === "ascending";
    for (const other of heading.parentNode.cells) other.setAttribute("aria-sort", "none");
    heading.setAttribute("aria-sort", down ? "descending" : "ascending");
    const rows = [...body.rows].map((row) => [key(row, column), row]);
    const numbers = rows.some(([value]) => typeof value === "number");
    rows.sort(([a], [b]) => {
      if (numbers) {
        if (typeof a !== "number" || typeof b !== "number") return (typeof a !== "number") - (typeof b !== "number");
        return down ? b - a : a - b;
      }
      return down ? b.localeCompare(a) : a.localeCompare(b);
    });
    body.append(...rows.map(([, row]) => row));
  };
  for (const button of document.querySelectorAll("table.sortable thead button"))
    button.addEventListener("click", () => sort(button.closest("th")));

  // tooltips: on hover and on keyboard focus, gone with Escape
  const box = document.createElement("div");
  box.id = "tooltip";
  box.setAttribute("role", "tooltip");
  box.hidden = true;
  document.body.append(box);
  const show = (event) => {
    const at = event.target.closest && event.target.closest(".tip");
    if (!at) return;
    box.textContent = at.dataset.tip;
    box.hidden = false;
    const place = at.getBoundingClientRect(), width = document.documentElement.clientWidth;
    box.style.left = `${Math.max(4, Math.min(place.left, width - box.offsetWidth - 8))}px`;
    const below = place.bottom + 6;
    box.style.top = `${below + box.offsetHeight > window.innerHeight ? place.top - box.offsetHeight - 6 : below}px`;
    at.setAttribute("aria-describedby", "tooltip");
  };
  const hide = () => {
    box.hidden = true;
    for (const at of document.querySelectorAll(".tip[aria-describedby]")) at.removeAttribute("aria-describedby");
  };
  for (const name of ["mouseover", "focusin"]) document.addEventListener(name, show);
  for (const name of ["mouseout", "focusout", "scroll"]) document.addEventListener(name, hide, true);
  document.addEventListener("keydown", (event) => { if (event.key === "Escape") hide(); });

  // theme: the system's, until the button says otherwise
  document.getElementById("theme").addEventListener("click", () => {
    const root = document.documentElement, dark = matchMedia("(prefers-color-scheme: dark)").matches;
    const now = root.dataset.theme || (dark ? "dark" : "light");
    root.dataset.theme = now === "dark" ? "light" : "dark";
  });

  const link = document.getElementById("download");
  link.addEventListener("click", () => {
    const text = JSON.stringify(JSON.parse(document.getElementById("document").textContent), null, 2);
    link.href = URL.createObjectURL(new Blob([text], { type: "application/json" }));
  });

  // charts: drawn when they come near the screen, all of them before printing
  const base = {
    paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)", font: { family: "system-ui, sans-serif", size: window.innerWidth < 500 ? 10 : 12 },
    margin: { l: 60, r: 16, t: 16, b: 48 }, hovermode: "closest", legend: { orientation: "h", traceorder: "normal", y: 1.02, yanchor: "bottom", x: 0 },
  };
  const load = () => {
    if (window.Plotly) return;
    const source = document.getElementById("plotly"), script = document.createElement("script");
    script.textContent = source.textContent;
    document.head.append(script);
    source.remove();
  };
  const plot = (element) => {
    if (element.dataset.drawn) return;
    load();
    element.dataset.drawn = "1";
    const figure = figures[element.dataset.chart], layout = { ...base, ...figure.layout };
    for (const axis of ["xaxis", "yaxis"]) layout[axis] = { automargin: true, gridcolor: "#8884", zeroline: false, ...layout[axis] };
    Plotly.newPlot(element, figure.data, layout, { responsive: true, displayModeBar: false });
  };
  const draw = () => {
    const all = [...document.querySelectorAll(".chart")];
    const watch = new IntersectionObserver((entries) => {
      for (const entry of entries) if (entry.isIntersecting) { watch.unobserve(entry.target); plot(entry.target); }
    }, { rootMargin: "300px" });
    const idle = window.requestIdleCallback || ((act) => setTimeout(act, 200));
    const start = () => all.forEach((element) => watch.observe(element));
    window.addEventListener("load", () => setTimeout(() => idle(start), 100));
    window.addEventListener("beforeprint", () => {
      all.forEach(plot);
      for (const part of document.querySelectorAll("details")) part.open = true;
    });
  };
  return { draw };
})();
