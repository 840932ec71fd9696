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
  // Filters and the order stay; the place in the list does not.
  for (const [name, value] of new URL(location.href).searchParams) {
    if (name !== "q" && name !== "from") address.searchParams.append(name, value);
  }
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
let suggested = [];
let chosen = -1;

function close() {
  list.hidden = true;
  chosen = -1;
  box.setAttribute("aria-expanded", "false");
  box.removeAttribute("aria-activedescendant");
}

// A consult is opened, all else is searched for.
function take(suggestion) {
  close();
  if (suggestion.id) return location.assign("/threads/" + encodeURIComponent(suggestion.id));
  box.value = suggestion.text;
  box.focus();
  if (document.getElementById("results")) showHits();
  else box.form.requestSubmit();
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
  if (!response || document.activeElement !== box || box.value.trim() !== prefix) return close();
  suggested = (await response.json()).suggestions;
  list.replaceChildren(
    ...suggested.map((suggestion, n) => {
      const option = document.createElement("li");
      option.id = "suggestion-" + n;
      option.setAttribute("role", "option");
      option.setAttribute("aria-selected", "false");
      const name = document.createElement("span");
      name.textContent = suggestion.text;
      const kind = document.createElement("small");
      kind.textContent = suggestion.id ? "consult" : suggestion.type;
      option.append(name, kind);
      option.addEventListener("mousedown", (event) => {
        event.preventDefault();
        take(suggestion);
      });
      return option;
    }),
  );
  chosen = -1;
  list.hidden = suggested.length === 0;
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
    if (list.hidden) return;
    if (event.key === "ArrowDown") choose(chosen + 1);
    else if (event.key === "ArrowUp") choose(chosen < 0 ? -1 : chosen - 1);
    else if (event.key === "Enter" && chosen >= 0) take(suggested[chosen]);
    // Once the list is closed, the browser's own Escape empties the box.
    else if (event.key === "Escape") close();
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

// The why opens while a mouse rests on it, over what stands below, so that nothing moves under the pointer; a click, a tap or a key
// keeps it open, in its place.
for (const why of document.querySelectorAll("details.why")) {
  why.addEventListener("pointerenter", (event) => {
    if (event.pointerType !== "mouse" || why.open) return;
    why.classList.add("peek");
    why.open = true;
  });
  why.addEventListener("pointerleave", () => {
    if (!why.classList.contains("peek")) return;
    why.classList.remove("peek");
    why.open = false;
  });
  why.addEventListener("click", (event) => {
    if (!why.classList.contains("peek")) return;
    event.preventDefault();
    why.classList.remove("peek");
  });
}

// Facets stand open beside the hits, and are folded above them on a phone.
const wide = matchMedia("(min-width: 46.01rem)");
const unfold = () => {
  for (const facets of document.querySelectorAll("details.facets")) facets.open = wide.matches;
};
wide.addEventListener("change", unfold);
if (!wide.matches) unfold();
