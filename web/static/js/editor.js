// What the editor's forms gain with JavaScript: a toolbar for Markdown, and communes
// completed while one types. None of it is needed.

const english = document.documentElement.lang === "en";
const words = english
  ? { label: "Layout", bold: "Bold", italic: "Italic", title: "Title", list: "List", link: "Link", text: "text" }
  : { label: "Mise en forme", bold: "Gras", italic: "Italique", title: "Titre", list: "Liste", link: "Lien", text: "texte" };

// Each tool is how it is drawn, and what it does to the text that is selected.
const tools = {
  bold: { sign: "G", apply: (s) => ({ text: `**${s || words.text}**`, from: 2, to: -2 }) },
  italic: { sign: "I", apply: (s) => ({ text: `*${s || words.text}*`, from: 1, to: -1 }) },
  title: { sign: "T", lines: true, apply: (s) => ({ text: prefixed(s, () => "## "), from: 3, to: 0 }) },
  list: { sign: "•", lines: true, apply: (s) => ({ text: prefixed(s, () => "- "), from: 2, to: 0 }) },
  link: { sign: "↗", apply: (s) => ({ text: `[${s || words.text}](https://)`, from: (s || words.text).length + 3, to: -1 }) },
};

function prefixed(text, prefix) {
  return (text || words.text).split("\n").map((line) => prefix() + line.replace(/^(#{1,6}|-) /, "")).join("\n");
}

/** use applies a tool to a text area, so that the browser can undo it. */
function use(tool, area) {
  let { selectionStart: start, selectionEnd: end } = area;
  if (tool.lines) {
    start = area.value.lastIndexOf("\n", start - 1) + 1;
    const next = area.value.indexOf("\n", end);
    end = next < 0 ? area.value.length : next;
  }
  const { text, from, to } = tool.apply(area.value.slice(start, end));
  area.focus();
  area.setSelectionRange(start, end);
  if (!document.execCommand("insertText", false, text)) {
    area.setRangeText(text, start, end);
    area.dispatchEvent(new Event("input", { bubbles: true }));
  }
  area.setSelectionRange(start + from, start + text.length + to);
}

for (const area of document.querySelectorAll("textarea[data-markdown]")) {
  const bar = document.createElement("div");
  bar.className = "toolbar";
  bar.setAttribute("role", "group");
  bar.setAttribute("aria-label", words.label);
  for (const [name, tool] of Object.entries(tools)) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = english && name === "bold" ? "B" : tool.sign;
    button.title = words[name];
    button.setAttribute("aria-label", words[name]);
    button.dataset.tool = name;
    button.addEventListener("click", () => use(tool, area));
    bar.append(button);
  }
  area.before(bar);
}

const commune = document.querySelector("input[name=commune]");
if (commune) {
  const list = document.createElement("datalist");
  list.id = "communes";
  commune.after(list);
  commune.setAttribute("list", list.id);
  commune.autocomplete = "off";
  let timer = 0;
  let asked = "";
  commune.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(async () => {
      asked = commune.value.trim();
      if (asked.length < 2) return;
      try {
        const answer = await fetch(`/api/v1/communes?${new URLSearchParams({ q: asked })}`);
        if (!answer.ok || asked !== commune.value.trim()) return;
        list.replaceChildren(...(await answer.json()).items.map(({ label }) => new Option(label, label)));
      } catch {
        // the name can be typed whole
      }
    }, 150);
  });
}

// A field of the summary of mistakes may be folded away.
for (const link of document.querySelectorAll("#erreurs a[href^='#']")) {
  link.addEventListener("click", () => {
    for (let fold = document.querySelector(link.hash)?.closest("details"); fold; fold = fold.parentElement.closest("details")) fold.open = true;
  });
}
