// Puts a Related Questions panel where this script stands:
// <script src="https://curbside.example/embed.js" data-thread="ID" data-n="5" async></script>
(() => {
  const script = document.currentScript;
  const base = new URL(script.src);
  const address = new URL("/embed/" + encodeURIComponent(script.dataset.thread || ""), base);
  if (script.dataset.n) address.searchParams.set("n", script.dataset.n);
  fetch(address)
    .then((response) => (response.ok ? response.text() : Promise.reject(new Error(response.status))))
    .then((fragment) => {
      const place = document.createElement("div");
      // A shadow root keeps the page's styles out of the panel and the panel's out of the page.
      const root = place.attachShadow({ mode: "open" });
      // The page's own policy may forbid <style>, but not a sheet that a script makes.
      const read = new DOMParser().parseFromString(fragment, "text/html");
      const sheet = new CSSStyleSheet();
      for (const style of read.querySelectorAll("style")) sheet.replaceSync(style.textContent), style.remove();
      root.adoptedStyleSheets = [sheet];
      root.append(...read.body.children);
      for (const link of root.querySelectorAll('a[href^="/"]')) link.href = new URL(link.getAttribute("href"), base);
      script.after(place);
    })
    .catch((error) => console.warn("curbside: no panel:", error.message));
})();
