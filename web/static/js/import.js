// Shows how far an import is without loading its page again and again. Without this
// script the page comes back by itself every two seconds.
const every = 700; // ms

for (const box of document.querySelectorAll("[data-progress]")) follow(box);

async function follow(box) {
  const bar = box.querySelector("progress");
  const words = box.querySelector("[data-words]");
  let failures = 0;
  let told = ""; // a screen reader is told one time in ten
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve, every));
    try {
      const answer = await fetch(box.dataset.progress, { headers: { Accept: "application/json" }, redirect: "error" });
      if (!answer.ok) throw new Error(answer.status);
      const at = await answer.json();
      if (at.over) return location.reload();
      failures = 0;
      if (at.total > 0) {
        bar.max = at.total;
        bar.value = at.done;
      }
      const tenth = `${at.total} ${Math.floor((10 * at.done) / at.total)}`;
      if (tenth !== told) words.textContent = at.words;
      told = tenth;
    } catch {
      if (++failures > 5) return location.reload(); // the page says what happened
    }
  }
}
