// Suggestions under a search box: an ARIA combobox. The arrows go through them,
// Enter follows the one chosen (or searches, when there is none), Escape closes.

const pause = 150; // milliseconds of silence before asking

class Suggest {
  #timer = 0;
  #aborter = null;
  #chosen = -1;

  constructor(input, index) {
    this.input = input;
    this.list = document.createElement("ul");
    this.list.id = `suggestions-${index}`;
    this.list.className = "suggestions";
    this.list.setAttribute("role", "listbox");
    this.list.setAttribute("aria-label", document.documentElement.lang === "en" ? "Suggestions" : "Propositions");
    this.list.hidden = true;
    input.after(this.list);
    for (const [name, value] of Object.entries({
      role: "combobox", autocomplete: "off", "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": this.list.id,
    })) input.setAttribute(name, value);

    input.addEventListener("input", () => this.#wait());
    input.addEventListener("keydown", (event) => this.#key(event));
    input.addEventListener("blur", () => this.#close());
    // Before the box loses the focus and the list closes under the pointer.
    this.list.addEventListener("pointerdown", (event) => event.preventDefault());
    this.list.addEventListener("click", (event) => this.#follow(event.target.closest("[role=option]")));
  }

  #wait() {
    clearTimeout(this.#timer);
    this.#aborter?.abort();
    if (this.input.value.trim().length < 2) return this.#close();
    this.#timer = setTimeout(() => this.#ask(), pause);
  }

  async #ask() {
    const { signal } = (this.#aborter = new AbortController());
    try {
      const answer = await fetch(`/api/v1/suggest?${new URLSearchParams({ q: this.input.value })}`, { signal });
      if (!answer.ok) return this.#close();
      this.#show((await answer.json()).suggestions);
    } catch {
      if (!signal.aborted) this.#close(); // suggestions are a comfort: the search works without
    }
  }

  #show(suggestions) {
    this.#choose(-1);
    this.list.replaceChildren(...suggestions.map((suggestion, i) => this.#option(suggestion, i)));
    this.#open(suggestions.length > 0 && document.activeElement === this.input);
  }

  #option({ text, detail, kind, path }, i) {
    const item = document.createElement("li");
    item.id = `${this.list.id}-${i}`;
    item.className = `suggestion kind-${kind || "theme"}`;
    item.dataset.path = path;
    item.setAttribute("role", "option");
    item.setAttribute("aria-selected", "false");
    item.append(text);
    if (detail) {
      const small = document.createElement("small");
      small.textContent = detail;
      item.append(" ", small);
    }
    return item;
  }

  #key(event) {
    if (event.isComposing || this.list.hidden) return;
    const options = this.list.children;
    switch (event.key) {
      case "ArrowDown":
        this.#choose(this.#chosen + 1 < options.length ? this.#chosen + 1 : -1);
        break;
      case "ArrowUp":
        this.#choose(this.#chosen < 0 ? options.length - 1 : this.#chosen - 1);
        break;
      case "Escape":
        this.#close();
        break;
      case "Enter":
        if (this.#chosen < 0) return;
        this.#follow(options[this.#chosen]);
        break;
      default:
        return;
    }
    event.preventDefault();
  }

  // choose marks an option; -1 goes back to the text itself.
  #choose(i) {
    this.#chosen = i;
    [...this.list.children].forEach((option, j) => option.setAttribute("aria-selected", String(i === j)));
    const option = this.list.children[i];
    if (option) this.input.setAttribute("aria-activedescendant", option.id);
    else this.input.removeAttribute("aria-activedescendant");
    option?.scrollIntoView({ block: "nearest" });
  }

  #follow(option) {
    if (option) location.assign(option.dataset.path);
  }

  #open(open) {
    this.list.hidden = !open;
    this.input.setAttribute("aria-expanded", String(open));
  }

  #close() {
    clearTimeout(this.#timer);
    this.#aborter?.abort();
    this.#choose(-1);
    this.#open(false);
  }
}

[...document.querySelectorAll('input[type="search"][name="q"]')].forEach((input, i) => new Suggest(input, i));
