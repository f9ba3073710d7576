// Passkeys: the browser is asked what the node says, and its answer is sent back. The
// password works without any of this.

const supported = "PublicKeyCredential" in window && "credentials" in navigator;

/** bytes reads base64url as the server writes it. */
function bytes(text) {
  const binary = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(binary, (c) => c.charCodeAt(0));
}

/** text writes bytes as base64url. */
function text(buffer) {
  return btoa(String.fromCharCode(...new Uint8Array(buffer))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

/** ask posts a form to the node and returns its answer and whether it is good. */
async function ask(path, body, type) {
  const response = await fetch(path, { method: "POST", body, headers: type ? { "Content-Type": type } : {} });
  const json = response.headers.get("Content-Type")?.startsWith("application/json");
  return { ok: response.ok, answer: json ? await response.json() : {} };
}

/** posted is a credential as the server reads it. */
function posted(credential) {
  const { response } = credential;
  const answer = { clientDataJSON: text(response.clientDataJSON) };
  for (const name of ["attestationObject", "authenticatorData", "signature", "userHandle"]) {
    if (response[name]) answer[name] = text(response[name]);
  }
  if (response.getTransports) answer.transports = response.getTransports();
  return JSON.stringify({
    id: credential.id, rawId: text(credential.rawId), type: credential.type, response: answer,
    clientExtensionResults: credential.getClientExtensionResults(),
  });
}

async function signIn(button) {
  const asked = await ask("/connexion/cle/debut", new URLSearchParams());
  if (!asked.ok) return "";
  const { publicKey } = asked.answer;
  publicKey.challenge = bytes(publicKey.challenge);
  const credential = await navigator.credentials.get({ publicKey });
  const { ok, answer } = await ask(`/connexion/cle?${new URLSearchParams({ retour: button.dataset.back })}`, posted(credential), "application/json");
  return ok ? answer.to : "";
}

async function register(form) {
  const data = new URLSearchParams(new FormData(form));
  const asked = await ask("/compte/cles/debut", data);
  if (!asked.ok) return { message: asked.answer.errors?.[0]?.message };
  const { publicKey } = asked.answer;
  publicKey.challenge = bytes(publicKey.challenge);
  publicKey.user.id = bytes(publicKey.user.id);
  for (const known of publicKey.excludeCredentials ?? []) known.id = bytes(known.id);
  const credential = await navigator.credentials.create({ publicKey });
  const { ok, answer } = await ask(`/compte/cles?${new URLSearchParams({ label: data.get("label") })}`, posted(credential), "application/json");
  return ok ? { to: answer.to } : {};
}

/** attempt runs a ceremony and leads on, or says that it failed. */
async function attempt(element, status, ceremony) {
  status.textContent = "";
  try {
    const { to, message } = await ceremony();
    if (to) location.assign(to);
    else status.textContent = message || element.dataset.failed;
  } catch {
    status.textContent = element.dataset.failed; // refused, or no authenticator
  }
}

for (const button of supported ? document.querySelectorAll('[data-passkey="sign-in"]') : []) {
  button.hidden = false;
  const status = document.getElementById(button.getAttribute("aria-describedby"));
  button.addEventListener("click", () => attempt(button, status, async () => {
    const to = await signIn(button);
    if (!to || !button.form.elements.vers) return { to };
    HTMLFormElement.prototype.submit.call(button.form); // what waits to be sent comes along
    return { message: " " };
  }));
}

for (const form of supported ? document.querySelectorAll('[data-passkey="register"]') : []) {
  form.hidden = false;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    attempt(form, form.querySelector('[role="status"]'), () => register(form));
  });
}
