// A draft is saved a few seconds after something was written. When the connection is
// lost it stays in this browser, and is offered back on return.

const pause = 4000; // milliseconds without a change before saving
const form = document.querySelector("form[data-autosave]");

if (form) {
  const state = form.querySelector("[data-state]");
  const key = `maillage:${location.pathname}:${form.dataset.draft || "nouveau"}`;
  let timer = 0;
  let saving = null;
  let sent = "arrived" in form.dataset && written() ? "" : snapshot(); // what answers a form is in no draft yet
  let leaving = false;

  /** entries are the fields of the form, without files and buttons. */
  function entries() {
    return [...new FormData(form)].filter(([, value]) => typeof value === "string");
  }

  function snapshot() {
    return JSON.stringify(entries().filter(([name]) => name !== "brouillon"));
  }

  /** written says whether there is a word in the form. */
  function written() {
    return [...form.querySelectorAll("input:not([type=hidden], [type=checkbox], [type=radio], [type=file]), textarea")].some((field) => field.value.trim());
  }

  function keepHere(sending = false) {
    try {
      localStorage.setItem(key, JSON.stringify({ sending, entries: entries() }));
    } catch {
      // a private window may refuse: what is on the page is still there
    }
  }

  function forgetHere() {
    try {
      localStorage.removeItem(key);
    } catch {
      // nothing was kept
    }
  }

  async function save() {
    const now = snapshot();
    if (now === sent || leaving) return;
    saving = new AbortController();
    const body = new URLSearchParams(entries());
    body.set("action", "brouillon");
    try {
      const answer = await fetch(form.getAttribute("action"), { // form.action is a button
        method: "POST", body, redirect: "error", signal: saving.signal, headers: { Accept: "application/json" },
      });
      const { message, draft } = await answer.json();
      state.textContent = message;
      if (!answer.ok) return keepHere();
      sent = now;
      forgetHere();
      if (draft && form.elements.brouillon.value !== draft) {
        form.elements.brouillon.value = draft;
        const here = new URL(location.href);
        here.searchParams.set("brouillon", draft);
        here.searchParams.delete("de");
        history.replaceState(null, "", here);
      }
    } catch {
      if (leaving) return;
      keepHere();
      state.textContent = form.dataset.lost;
      timer = setTimeout(save, 3 * pause);
    }
  }

  form.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(save, pause);
  });
  window.addEventListener("online", save);
  form.addEventListener("submit", () => {
    leaving = true;
    clearTimeout(timer);
    saving?.abort();
    keepHere(true); // in case it does not arrive; the page that answers forgets it: see site.js
  });
  // A tab that is closed, or put away by a phone.
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "hidden" && !leaving && snapshot() !== sent) {
      keepHere();
      save();
    }
  });

  offerBack();

  /** offerBack proposes what a lost connection left in this browser. */
  function offerBack() {
    let kept = null;
    try {
      kept = JSON.parse(localStorage.getItem(key));
    } catch {
      return;
    }
    if (!kept?.entries?.length) return;
    const same = JSON.stringify(kept.entries.filter(([name]) => name !== "brouillon")) === snapshot();
    if (same) return forgetHere();
    const box = document.createElement("div");
    box.className = "notice";
    box.setAttribute("role", "status");
    const text = document.createElement("p");
    text.textContent = form.dataset.found;
    box.append(text, button(form.dataset.take, () => fill(kept.entries)), " ", button(form.dataset.drop, forgetHere));
    form.before(box);

    function button(label, act) {
      const b = document.createElement("button");
      b.type = "button";
      b.className = "button small";
      b.textContent = label;
      b.addEventListener("click", () => {
        act();
        box.remove();
        form.querySelector("input:not([type=hidden])")?.focus();
      });
      return b;
    }
  }

  /** fill puts values back into the fields they came from, in order. */
  function fill(kept) {
    for (const box of form.querySelectorAll("input[type=checkbox], input[type=radio]")) {
      box.checked = kept.some(([name, value]) => name === box.name && value === box.value);
    }
    const next = {};
    for (const [name, value] of kept) {
      const fields = [...form.querySelectorAll(`[name="${CSS.escape(name)}"]`)].filter((f) => !["checkbox", "radio", "file"].includes(f.type) && f.tagName !== "BUTTON");
      const i = (next[name] = (next[name] ?? -1) + 1);
      if (fields[i] && name !== "vu" && name !== "brouillon") fields[i].value = value;
    }
    form.dispatchEvent(new Event("input", { bubbles: true }));
  }
}
