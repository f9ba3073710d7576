// A position for one's own page: asked only on a click, put in the form and sent with
// it, and made as coarse as chosen before it is kept.
for (const button of document.querySelectorAll("[data-position]")) {
  if (!("geolocation" in navigator)) continue;
  button.hidden = false;
  const status = document.getElementById(button.getAttribute("aria-describedby"));
  button.addEventListener("click", () => {
    status.textContent = button.dataset.waiting;
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => {
        button.form.elements.lat.value = coords.latitude.toFixed(4);
        button.form.elements.lon.value = coords.longitude.toFixed(4);
        status.textContent = button.dataset.done;
      },
      () => { status.textContent = button.dataset.failed; },
      { maximumAge: 600000, timeout: 10000 },
    );
  });
}
