// What makes a password too weak, said in a sentence. Length counts most; the list catches what people really type.

export const minPasswordLength = 12;

// Common passwords of twelve characters and more, and the stems that people stretch to that length.
const stems = [
  "password",
  "passwort",
  "motdepasse",
  "contrasena",
  "contraseña",
  "qwerty",
  "qwertz",
  "azerty",
  "asdfgh",
  "letmein",
  "iloveyou",
  "welcome",
  "administrator",
  "admin",
  "whatsapp",
  "waygate",
  "changeme",
  "default",
  "secret",
  "monkey",
  "dragon",
  "football",
  "baseball",
  "superman",
  "batman",
  "trustno",
  "sunshine",
  "princess",
  "starwars",
  "1q2w3e4r",
  "zaq12wsx",
  "1qaz2wsx",
  "correcthorsebatterystaple",
];
const runs = [
  "abcdefghijklmnopqrstuvwxyz",
  "qwertyuiopasdfghjklzxcvbnm",
  "qwertzuiopasdfghjklyxcvbnm",
  "azertyuiopqsdfghjklmwxcvbn",
  "01234567890123456789",
  "98765432109876543210",
  "1234567890qwertyuiop",
  "1q2w3e4r5t6y7u8i9o0p",
  "1qaz2wsx3edc4rfv5tgb6yhn7ujm",
  "qazwsxedcrfvtgbyhnujmikolp",
];

/** Why the password is refused, or null when it is good enough. */
export function passwordWeakness(password: string, username: string): string | null {
  if ([...password].length < minPasswordLength) {
    return `The password needs at least ${minPasswordLength} characters.`;
  }
  const plain = unleet(password.toLowerCase());
  if (new Set(plain).size < 5) return "The password repeats too few characters.";
  if (isMostly(plain, username.toLowerCase())) return "The password is little more than the user name.";
  if (stems.some((stem) => isMostly(plain, unleet(stem)))) return "The password is one of the common ones.";
  if (runs.some((run) => isMostly(plain, longestShared(plain, unleet(run))))) {
    return "The password is a run along the alphabet or the keyboard.";
  }
  return null;
}

function unleet(text: string): string {
  const twins: Record<string, string> = {
    "0": "o",
    "1": "i",
    "3": "e",
    "4": "a",
    "5": "s",
    "7": "t",
    "@": "a",
    $: "s",
    "!": "i",
  };
  return [...text].map((char) => twins[char] ?? char).join("");
}

/** True when taking every `part` out leaves fewer than six characters, digits and signs aside. */
function isMostly(password: string, part: string): boolean {
  if (part.length < 4 || !password.includes(part)) return false;
  return password.replaceAll(part, "").replace(/[^a-z]/g, "").length < 6;
}

function longestShared(text: string, run: string): string {
  let longest = "";
  for (let start = 0; start < text.length; start++) {
    let end = start + longest.length + 1;
    while (end <= text.length && run.includes(text.slice(start, end))) longest = text.slice(start, end++);
  }
  return longest;
}
