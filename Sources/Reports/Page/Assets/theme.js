"use strict";

/** Makes an element with properties, attributes (names with a dash or role) and children. */
const element = (name, properties = {}, ...children) => {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (key.includes("-")) made.setAttribute(key, value);
    else made[key] = value;
  }
  made.append(...children);
  return made;
};

/** A button that turns the page from dark to light and back, for this visit. */
const addThemeButton = () => {
  const root = document.documentElement;
  const preference = window.matchMedia("(prefers-color-scheme: dark)");
  const isDark = () => (root.dataset.theme ?? (preference.matches ? "dark" : "light")) === "dark";
  const button = element("button", { type: "button", id: "theme" });
  const name = () => { button.textContent = isDark() ? "Light" : "Dark"; };
  button.title = "Change between light and dark";
  button.addEventListener("click", () => {
    root.dataset.theme = isDark() ? "light" : "dark";
    name();
  });
  preference.addEventListener("change", name);
  name();
  document.querySelector(".top").append(button);
};
