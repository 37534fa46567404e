// The set-up page: one form, then the first API key. The token comes in the address behind #, where no log sees it.
const part = (id) => document.getElementById(id);
const token = new URLSearchParams(location.hash.slice(1)).get("token");

function show(id) {
  for (const section of document.querySelectorAll("section")) section.hidden = section.id !== id;
}

function complain(sentence) {
  part("fault").textContent = sentence;
  part("fault").hidden = false;
}

async function post(path, body) {
  const response = await fetch(path, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  const answer = await response.json();
  if (!response.ok) throw new Error(answer.errors?.[0]?.message ?? answer.detail);
  return answer;
}

async function setUp() {
  const { account } = await post("api/v1/setup", {
    token,
    username: part("username").value,
    password: part("password").value,
  });
  const { key } = await post("api/v1/keys", { name: "first key" });
  history.replaceState(null, "", location.pathname);
  part("who").textContent = account.username;
  part("key").textContent = key;
  show("done");
}

part("form").addEventListener("submit", async (event) => {
  event.preventDefault();
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

part("copy").addEventListener("click", async () => {
  await navigator.clipboard.writeText(part("key").textContent);
  part("copy").textContent = "Copied";
});

if (token === null) {
  part("example").textContent = `${new URL("setup", document.baseURI).href}#token=…`;
  show("no-link");
}
