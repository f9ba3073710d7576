// Two sliders over the months of the events, beside the two fields of dates that the
// page has anyway: the fields are what is sent.

export class Timeline {
  constructor(box, { words, lang }) {
    const { first, last } = box?.dataset ?? {};
    if (!first || !last || first === last) return;
    this.first = monthNumber(first);
    this.steps = monthNumber(last) - this.first;
    Object.assign(this, { words, format: new Intl.DateTimeFormat(lang, { month: "long", year: "numeric", timeZone: "UTC" }) });
    this.from = this.#slider(box.querySelector("[name=from]"), words.since);
    this.to = this.#slider(box.querySelector("[name=to]"), words.until);
    this.from.range.addEventListener("input", () => this.#moved(this.from, this.to));
    this.to.range.addEventListener("input", () => this.#moved(this.to, this.from));
    for (const slider of [this.from, this.to]) {
      slider.field.addEventListener("change", () => this.#follow(slider));
      box.append(slider.line);
      this.#follow(slider);
    }
  }

  // One step before the first month, and one after the last, mean no limit.
  #slider(field, label) {
    const start = field.name === "from";
    const range = document.createElement("input");
    Object.assign(range, { type: "range", min: start ? -1 : 0, max: start ? this.steps : this.steps + 1, step: 1, id: `slider-${field.name}` });
    const name = document.createElement("label");
    name.htmlFor = range.id;
    name.textContent = label;
    const text = document.createElement("output");
    text.htmlFor = range.id;
    const line = document.createElement("p");
    line.className = "slider";
    line.append(name, range, text);
    return { field, range, text, line, start, none: start ? -1 : this.steps + 1 };
  }

  // The end never comes before the beginning: the other slider is pushed.
  #moved(slider, other) {
    if (Number(this.from.range.value) > Number(this.to.range.value)) {
      other.range.value = slider.range.value;
      this.#write(other);
    }
    this.#write(slider);
  }

  // write puts the slider's month into the field; the form hears of it (change) when
  // the hand lets go.
  #write(slider) {
    const value = Number(slider.range.value);
    slider.field.value = value === slider.none ? "" : dayOf(this.first + value, !slider.start);
    this.#say(slider);
  }

  #follow(slider) {
    const { value } = slider.field;
    slider.range.value = value ? monthNumber(value) - this.first : slider.none;
    this.#say(slider);
  }

  #say(slider) {
    const { value } = slider.field;
    const words = value ? this.format.format(new Date(value)) : this.words.always;
    slider.text.textContent = words;
    slider.range.setAttribute("aria-valuetext", words);
  }
}

// monthNumber counts months from year 0: "2027-03" or "2027-03-14".
function monthNumber(text) {
  const [year, month] = text.split("-").map(Number);
  return year * 12 + month - 1;
}

// dayOf is the first or the last day of a month.
function dayOf(month, last) {
  const at = new Date(Date.UTC(Math.floor(month / 12), (month % 12) + (last ? 1 : 0), last ? 0 : 1));
  return at.toISOString().slice(0, 10);
}
