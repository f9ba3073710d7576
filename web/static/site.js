// What the pages gain with JavaScript; none of it is needed.

// « Près de moi » : the reader's position, asked only on a click.
for (const button of document.querySelectorAll("[data-near]")) {
  if (!("geolocation" in navigator)) continue;
  button.hidden = false;
  const status = document.getElementById(button.getAttribute("aria-describedby"));
  button.addEventListener("click", () => {
    status.textContent = button.dataset.waiting;
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => {
        const url = new URL(button.dataset.near, location.href);
        // Two decimals, about a kilometre: enough to search, too little to follow.
        url.searchParams.set("lat", coords.latitude.toFixed(2));
        url.searchParams.set("lon", coords.longitude.toFixed(2));
        url.searchParams.set("radius_km", "25");
        location.assign(url);
      },
      () => { status.textContent = button.dataset.failed; },
      { maximumAge: 600000, timeout: 10000 },
    );
  });
}

// On a phone the menu slides: it starts where one is.
const here = document.querySelector(".menu [aria-current]");
const menu = here?.closest(".menu");
if (menu && menu.scrollWidth > menu.clientWidth) menu.scrollLeft = here.offsetLeft - (menu.clientWidth - here.offsetWidth) / 2;

// Copy a handle.
for (const button of document.querySelectorAll("[data-copy]")) {
  if (!navigator.clipboard) continue;
  button.hidden = false;
  const label = button.textContent;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(button.dataset.copy);
    button.textContent = button.dataset.done;
    setTimeout(() => { button.textContent = label; }, 2000);
  });
}

// Pass a message on with what the phone has: messages, a chat, mail.
for (const button of document.querySelectorAll("[data-share]")) {
  if (!navigator.share) continue;
  button.hidden = false;
  button.addEventListener("click", () => navigator.share({ text: button.dataset.share }).catch(() => {})); // given up: nothing to say
}

for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => window.print());
}

// A form that was sent has arrived: what autosave.js kept of it is forgotten. To be
// asked who one is instead means that it has not.
const asked = location.pathname === "/connexion";
if (asked || document.querySelector(".notice.done, [data-arrived]")) {
  try {
    for (const key of Object.keys(localStorage)) {
      const kept = key.startsWith("maillage:") ? localStorage.getItem(key) : "";
      if (!kept.includes('"sending":true')) continue;
      if (asked) localStorage.setItem(key, kept.replace('"sending":true', '"sending":false'));
      else localStorage.removeItem(key);
    }
  } catch {
    // nothing is kept in this browser
  }
}
