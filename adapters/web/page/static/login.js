// The login form. Resolves once somebody is in.

import { show } from "./dom.js";

/** Show the form until the bot lets somebody in. */
export function askLogin(api) {
  const [section, form] = ["login", "login-form"].map((id) => document.getElementById(id));
  show(section, true);
  form.elements.username.focus();
  return new Promise((resolve) => {
    form.onsubmit = async (event) => {
      event.preventDefault();
      if (!(await tryLogin(api, form))) return;
      form.reset();
      show(section, false);
      resolve();
    };
  });
}

async function tryLogin(api, form) {
  const problem = document.getElementById("login-problem");
  const button = form.querySelector("button");
  problem.textContent = "";
  button.disabled = true;
  try {
    await api.login(form.elements.username.value.trim(), form.elements.password.value);
    return true;
  } catch (error) {
    problem.textContent = error.detail ?? error.message;
    form.elements.password.select();
    return false;
  } finally {
    button.disabled = false;
  }
}
