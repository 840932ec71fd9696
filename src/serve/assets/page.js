// What pages gain with a script: hits while one types, suggestions, the why at a pointer's touch, and "/" for the search box.
// Without it every page works as it is.
"use strict";

const box = document.getElementById("q");
const list = document.getElementById("suggestions");

// Answers that come late belong to words that are no longer there: each new request cancels the last.
function latest() {
  let running;
  return async (address) => {
    running?.abort();
    running = new AbortController();
    try {
      const response = await fetch(address, { signal: running.signal });
      return response.ok ? response : null;
    } catch {
      return null;
    }
  };
}

function after(milliseconds, act) {
  let timer;
  return (...given) => {
    clearTimeout(timer);
    timer = setTimeout(() => act(...given), milliseconds);
  };
}

// Hits while one types: the page that a submitted form would give, of which the results are taken over.
const fetchPage = latest();
const showHits = after(180, async () => {
  const results = document.getElementById("results");
  if (!results) return;
  const address = new URL("/search", location.href);
  address.searchParams.set("q", box.value);
  for (const filter of new URL(location.href).searchParams.getAll("filter")) address.searchParams.append("filter", filter);
  const response = await fetchPage(address);
  if (!response) return;
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  const fresh = page.getElementById("results");
  if (!fresh) return;
  results.replaceWith(fresh);
  unfold();
  document.title = page.title;
  document.getElementById("said").textContent = fresh.querySelector(".count")?.textContent ?? "";
  history.replaceState(null, "", address);
});

// Suggestions for the word that is being typed.
const fetchSuggestions = latest();
let chosen = -1;

function close() {
  list.hidden = true;
  chosen = -1;
  box.setAttribute("aria-expanded", "false");
  box.removeAttribute("aria-activedescendant");
}

function take(text) {
  box.value = text;
  close();
  box.focus();
  showHits();
}

function choose(next) {
  const options = list.children;
  options[chosen]?.setAttribute("aria-selected", "false");
  chosen = (next + options.length) % options.length;
  const option = options[chosen];
  option.setAttribute("aria-selected", "true");
  option.scrollIntoView({ block: "nearest" });
  box.setAttribute("aria-activedescendant", option.id);
}

const suggest = after(90, async () => {
  const prefix = box.value.trim();
  if (prefix.length < 2) return close();
  const response = await fetchSuggestions("/api/v1/suggest?n=6&prefix=" + encodeURIComponent(prefix));
  if (!response || document.activeElement !== box) return close();
  const { suggestions } = await response.json();
  list.replaceChildren(
    ...suggestions.map((suggestion, n) => {
      const option = document.createElement("li");
      option.id = "suggestion-" + n;
      option.setAttribute("role", "option");
      option.setAttribute("aria-selected", "false");
      const kind = document.createElement("small");
      kind.textContent = suggestion.type ?? "consult";
      option.append(suggestion.text, kind);
      option.addEventListener("mousedown", (event) => {
        event.preventDefault();
        take(suggestion.text);
      });
      return option;
    }),
  );
  chosen = -1;
  list.hidden = suggestions.length === 0;
  box.setAttribute("aria-expanded", String(!list.hidden));
});

if (box && list) {
  box.setAttribute("role", "combobox");
  box.setAttribute("aria-autocomplete", "list");
  box.setAttribute("aria-controls", "suggestions");
  box.setAttribute("aria-expanded", "false");
  box.addEventListener("input", () => {
    showHits();
    suggest();
  });
  box.addEventListener("blur", close);
  box.addEventListener("keydown", (event) => {
    if (event.key === "Escape") return close();
    if (list.hidden) return;
    if (event.key === "ArrowDown") choose(chosen + 1);
    else if (event.key === "ArrowUp") choose(chosen < 0 ? -1 : chosen - 1);
    else if (event.key === "Enter" && chosen >= 0) take(list.children[chosen].firstChild.textContent);
    else return;
    event.preventDefault();
  });
}

document.addEventListener("keydown", (event) => {
  const typing = event.target.closest("input, textarea, [contenteditable]");
  if (event.key !== "/" || typing || event.ctrlKey || event.metaKey || event.altKey || !box) return;
  event.preventDefault();
  box.focus();
  box.select();
});

// The why opens while a mouse rests on it; a tap or a key keeps it open.
for (const why of document.querySelectorAll("details.why")) {
  let byPointer = false;
  why.addEventListener("pointerenter", (event) => {
    if (event.pointerType === "mouse" && !why.open) byPointer = why.open = true;
  });
  why.addEventListener("pointerleave", () => {
    if (byPointer) byPointer = why.open = false;
  });
  why.addEventListener("click", (event) => {
    if (!byPointer) return;
    event.preventDefault();
    byPointer = false;
  });
}

// Facets stand open beside the hits, and are folded above them on a phone.
const wide = matchMedia("(min-width: 46.01rem)");
const unfold = () => {
  for (const facets of document.querySelectorAll("details.facets")) facets.open = wide.matches;
};
wide.addEventListener("change", unfold);
if (!wide.matches) unfold();
