// Runs before the first paint, so that neither a wrong theme nor a name is seen for a moment.
(() => {
  const root = document.documentElement;
  root.dataset.script = "";
  try {
    const theme = localStorage.getItem("theme");
    if (theme === "light" || theme === "dark") root.dataset.theme = theme;
    if (sessionStorage.getItem("privacy") === "on") root.dataset.privacy = "";
    const corners = sessionStorage.getItem("corners");
    if (corners) root.dataset.corners = corners;
  } catch {
    // Storage may be forbidden; the system's theme and open names are the default.
  }
})();
