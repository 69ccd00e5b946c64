// Keeps the page of a pull request as it is now. Without this script it is read all the same.
"use strict";
(() => {
  const main = document.querySelector("main[data-events]");
  const live = document.getElementById("live");
  if (!main || !window.EventSource) return;

  const words = (root) =>
    new Map([...root.querySelectorAll("[data-gate]")].map((gate) => [gate.dataset.gate, gate.dataset.word]));
  const source = new EventSource(main.dataset.events);
  let asking = false;
  let again = false;

  const refresh = async () => {
    const answer = await fetch(location.href, { headers: { accept: "text/html" } });
    if (!answer.ok) {
      live.textContent = "This page cannot be kept up to date any more; load it again.";
      source.close();
      return;
    }
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.querySelector("main[data-events]");
    if (!fresh) return;
    const [before, now] = [words(main), words(fresh)];
    for (const open of main.querySelectorAll("details[id][open]")) {
      const same = fresh.querySelector("#" + open.id);
      if (same) same.open = true;
    }
    main.replaceChildren(...fresh.childNodes);
    const changed = [...now].filter(([gate, word]) => before.get(gate) !== word);
    if (changed.length) live.textContent = changed.map(([gate, word]) => gate + ": " + word).join(", ");
  };

  source.addEventListener("changed", async () => {
    again = true;
    if (asking) return;
    asking = true;
    while (again) {
      again = false;
      await refresh().catch(() => {});
    }
    asking = false;
  });
})();
