// Small comforts; every page works without them. No data leaves the page, nothing is loaded from elsewhere.
"use strict";

// A box that ticks all boxes of its table.
for (const box of document.querySelectorAll("input[data-tick-all]")) {
  box.closest(".field")?.removeAttribute("hidden");
  box.addEventListener("change", () => {
    for (const one of document.querySelectorAll(`input[type=checkbox][name="${box.dataset.tickAll}"]`)) {
      one.checked = box.checked;
    }
  });
}

// What does not fit is what a person hears first, also where the browser does not take focus there by itself.
document.getElementById("complaints")?.focus();

// A job under way: its progress is fetched again until it has ended, and then the page.
const live = document.querySelector("[data-live]");
if (live) {
  const look = async () => {
    try {
      const answer = await fetch(location.href, { headers: { "x-part": "live" }, credentials: "same-origin" });
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const fresh = page.querySelector("[data-live]");
      if (!answer.ok || !fresh) {
        location.reload();
        return;
      }
      live.replaceChildren(...fresh.childNodes);
    } catch {
      // The next look may succeed.
    }
    setTimeout(look, 1500);
  };
  setTimeout(look, 1000);
}
