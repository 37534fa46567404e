// The set-up page: one form, then the first API key. The token comes in the address behind #, where no log sees it.
const part = (id) => document.getElementById(id);
const token = new URLSearchParams(location.hash.slice(1)).get("token");

function show(id) {
  for (const section of document.querySelectorAll("section")) section.hidden = section.id !== id;
  part(id).focus();
}

function complain(sentence) {
  part("fault").textContent = sentence;
  part("fault").hidden = false;
}

async function post(path, body, login) {
  const headers = { "content-type": "application/json", ...(login && { authorization: `Bearer ${login}` }) };
  const response = await fetch(path, { method: "POST", headers, body: JSON.stringify(body) }).catch(() => null);
  const answer = await response?.json().catch(() => null);
  if (!answer) throw new Error("Waygate does not answer. Is it still running?");
  if (!response.ok) throw new Error(answer.errors?.[0]?.message ?? answer.detail);
  return answer;
}

// From here on the link is used up: whatever happens to the key, the account is there.
async function setUp() {
  const person = { username: part("username").value, password: part("password").value };
  const { account, token: login } = await post("api/v1/setup", { token, ...person });
  history.replaceState(null, "", location.pathname);
  part("who").textContent = account.username;
  try {
    // With the token, not the cookie: behind a proxy that is not set up yet only the token is sure to count.
    part("key").textContent = (await post("api/v1/keys", { name: "first key" }, login)).key;
  } catch (error) {
    part("with-key").hidden = true;
    part("without-key").hidden = false;
    part("reason").textContent = error.message;
  }
  show("done");
}

part("form").addEventListener("submit", async (event) => {
  event.preventDefault();
  part("fault").hidden = true;
  const wrong = event.target.querySelector("input:invalid");
  if (wrong !== null) {
    wrong.focus();
    return complain(`${wrong.labels[0].textContent}: ${wrong.validationMessage}`);
  }
  if (part("password").value !== part("again").value) return complain("The two passwords are not the same.");
  const button = event.target.querySelector("button");
  button.disabled = true;
  try {
    await setUp();
  } catch (error) {
    complain(error.message);
  } finally {
    button.disabled = false;
  }
});

// Over plain HTTP there is no navigator.clipboard; the old way works there.
part("copy").addEventListener("click", async () => {
  getSelection().selectAllChildren(part("key"));
  const isCopied = await navigator.clipboard?.writeText(part("key").textContent).then(
    () => true,
    () => false,
  );
  part("copy").textContent = isCopied || document.execCommand("copy") ? "Copied" : "Press Ctrl+C to copy it";
});

if (token === null) {
  part("example").textContent = `${new URL("setup", document.baseURI).href}#token=…`;
}
show(token === null ? "no-link" : "form-part");
