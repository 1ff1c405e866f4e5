// What stands in an element with data-live is replaced whenever the server says that it changed; not while the page
// is hidden. Without this script the page shows how things stood when it was loaded.
for (const place of document.querySelectorAll("[data-live]")) {
  let source = null;
  const follow = () => {
    if (document.hidden) {
      source?.close();
      source = null;
    } else if (source === null) {
      source = new EventSource(place.dataset.live);
      source.onmessage = (event) => { place.innerHTML = event.data; };
    }
  };
  document.addEventListener("visibilitychange", follow);
  follow();
}
