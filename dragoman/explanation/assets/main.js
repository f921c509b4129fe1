// Light and dark: as the reader's system has it, or as the switch says.
const themeListeners = [];
function onThemeChange(listener) { themeListeners.push(listener); }
(() => {
  const prefersDark = matchMedia("(prefers-color-scheme: dark)");
  const isDark = () => (document.documentElement.dataset.theme ?? (prefersDark.matches ? "dark" : "light")) === "dark";
  const button = make("button", { type: "button", class: "tool theme" });
  const name = () => {
    button.textContent = isDark() ? "☀ Light" : "☾ Dark";
    themeListeners.forEach(listener => listener());
  };
  button.addEventListener("click", () => {
    document.documentElement.dataset.theme = isDark() ? "light" : "dark";
    name();
  });
  prefersDark.addEventListener("change", name);
  document.querySelector("nav .column").append(button);
  name();
})();

document.querySelectorAll("[data-panel]").forEach(root => {
  const values = Object.fromEntries(Object.entries(JSON.parse(root.dataset.values)).map(([name, value]) =>
    [name, typeof value === "string" && value.startsWith("/") ? valueAt(value) : value]));
  panels[root.dataset.panel](root, values);
});
